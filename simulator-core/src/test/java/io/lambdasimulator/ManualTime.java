package io.lambdasimulator;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Time that stands still until a test moves it; what becomes due runs on the test's own thread. */
final class ManualTime extends Clock {

    private final List<Due> tasks = new ArrayList<>();
    private final Scheduler scheduler = new Scheduler();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    ScheduledThreadPoolExecutor scheduler() {
        return scheduler;
    }

    void advance(Duration duration) {
        Instant target = instant().plus(duration);
        while (true) {
            Due next;
            synchronized (this) {
                next = tasks.stream()
                        .filter(task -> !task.isDone() && !task.at.isAfter(target))
                        .min(Comparator.comparing(task -> task.at))
                        .orElse(null);
                tasks.remove(next);
                now = next == null ? target : next.at;
            }
            if (next == null) {
                return;
            }
            next.run();
        }
    }

    /** Waits, in real time, until something is scheduled that becomes due within a duration. */
    synchronized void awaitDueWithin(Duration duration) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (tasks.stream().noneMatch(task -> !task.isDone() && !task.at.isAfter(now.plus(duration)))) {
            long rest = Duration.ofNanos(end - System.nanoTime()).toMillis();
            if (rest <= 0) {
                throw new AssertionError("nothing was scheduled to become due within " + duration);
            }
            wait(rest);
        }
    }

    @Override
    public synchronized Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }

    private final class Due extends FutureTask<Object> implements RunnableScheduledFuture<Object> {
        private final Instant at;

        Due(Callable<Object> task, Instant at) {
            super(task);
            this.at = at;
        }

        @Override
        public boolean isPeriodic() {
            return false;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(Duration.between(instant(), at));
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    private final class Scheduler extends ScheduledThreadPoolExecutor {
        Scheduler() {
            super(0);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            synchronized (ManualTime.this) {
                Due due = new Due(
                        () -> {
                            command.run();
                            return command;
                        },
                        now.plusNanos(unit.toNanos(delay)));
                tasks.add(due);
                ManualTime.this.notifyAll();
                return due;
            }
        }
    }
}

package io.lambdasimulator.internal.participant;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.time.VirtualClock;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler of one participant in this JVM. While the environment is frozen it begins nothing: what becomes due waits for
 * the thaw, as the timers of a process do. What runs already goes on, since a thread cannot be stopped.
 */
final class FreezableScheduler extends AbstractExecutorService implements ScheduledExecutorService {

    /** How the thread of a task waits; on a virtual clock, time has to go on meanwhile. */
    interface Waiting {
        void until(CompletableFuture<@Nullable Void> thaw) throws InterruptedException, ExecutionException;
    }

    private final ScheduledExecutorService timer;
    private final Waiting waiting;
    private volatile CompletableFuture<@Nullable Void> thaw = CompletableFuture.completedFuture(null);

    /** @param timer of this scheduler alone, so that its end is no one else's */
    FreezableScheduler(ScheduledExecutorService timer, Waiting waiting) {
        this.timer = timer;
        this.waiting = waiting;
    }

    /** The scheduler of a participant, in simulated time under a virtual clock and else in real time. */
    static FreezableScheduler of(Participant participant, Clock clock) {
        if (clock instanceof VirtualClock virtual) {
            return new FreezableScheduler(virtual.newScheduler(), virtual::await);
        }
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "lambda-" + participant.name() + "-timer");
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        return new FreezableScheduler(timer, CompletableFuture::get);
    }

    void freeze() {
        thaw = new CompletableFuture<>();
    }

    void thaw() {
        thaw.complete(null);
    }

    // For the next thaw, whatever comes after it: a participant that is never awake for long would wait for ever.
    private void awaitThaw() throws InterruptedException {
        CompletableFuture<@Nullable Void> next = thaw;
        if (!next.isDone()) {
            try {
                waiting.until(next);
            } catch (ExecutionException e) {
                throw new IllegalStateException("a thaw does not fail", e);
            }
        }
    }

    private Runnable held(Runnable task) {
        return () -> {
            try {
                awaitThaw();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return; // the participant has ended
            }
            task.run();
        };
    }

    private <V extends @Nullable Object> Callable<V> held(Callable<V> task) {
        return () -> {
            awaitThaw();
            return task.call();
        };
    }

    @Override
    public void execute(Runnable command) {
        timer.execute(held(command));
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return timer.schedule(held(command), delay, unit);
    }

    @Override
    public <V extends @Nullable Object> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return timer.schedule(held(callable), delay, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return timer.scheduleAtFixedRate(held(command), initialDelay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return timer.scheduleWithFixedDelay(held(command), initialDelay, delay, unit);
    }

    @Override
    public void shutdown() {
        timer.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
        return timer.shutdownNow();
    }

    @Override
    public boolean isShutdown() {
        return timer.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return timer.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return timer.awaitTermination(timeout, unit);
    }
}

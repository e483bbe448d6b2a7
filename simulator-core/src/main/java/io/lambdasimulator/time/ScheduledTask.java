package io.lambdasimulator.time;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A task of a {@link VirtualScheduler}, and the future of it. */
final class ScheduledTask<V extends @Nullable Object> extends FutureTask<V>
        implements RunnableScheduledFuture<V>, Agenda.Entry {

    /** What follows a run: nothing, another at a fixed rate, or another after a fixed delay. */
    record Repetition(Duration period, boolean fixedRate) {
        static final Repetition NONE = new Repetition(Duration.ZERO, false);
    }

    private final Agenda agenda;
    private final VirtualScheduler scheduler;
    private final Repetition repetition;
    private final String name;

    /** Complete when the task is done; what the futures' waits pause on. */
    private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();

    private volatile Instant due;

    // Guarded by the agenda's lock: who is busy while it runs.
    private @Nullable BusyToken token;

    ScheduledTask(VirtualScheduler scheduler, Callable<V> task, Object named, Instant due, Repetition repetition) {
        super(task);
        this.scheduler = scheduler;
        this.agenda = scheduler.agenda();
        this.due = due;
        this.repetition = repetition;
        this.name = nameOf(named);
    }

    // A lambda's class is called after the one it stands in, and a number.
    private static String nameOf(Object task) {
        String type = task.getClass().getName();
        int lambda = type.indexOf("$$Lambda");
        return "a task of " + (lambda < 0 ? type : type.substring(0, lambda));
    }

    @Override
    public Instant due() {
        return due;
    }

    @Override
    public void begin() {
        BusyToken begun = agenda.begin(name, true);
        token = begun;
        agenda.threads().execute(() -> {
            begun.run(this);
            agenda.locked(() -> {
                token = null;
                ranOrRepeats();
                begun.close();
            });
        });
    }

    @Override
    public void run() {
        if (isPeriodic()) {
            runAndReset();
        } else {
            super.run();
        }
    }

    private void ranOrRepeats() {
        if (isDone()) {
            scheduler.ended(this);
        } else {
            due = (repetition.fixedRate() ? due : agenda.now()).plus(repetition.period());
            scheduler.repeat(this);
        }
    }

    /** Under the agenda's lock. */
    boolean isRunning() {
        return token != null;
    }

    @Override
    protected void done() {
        agenda.locked(() -> {
            if (!isRunning()) {
                scheduler.ended(this);
            }
        });
        done.complete(null);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (mayInterruptIfRunning) {
            agenda.locked(() -> {
                if (token != null && !isDone()) {
                    token.wake();
                }
            });
        }
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        agenda.remove(this);
        return cancelled;
    }

    /** Under the agenda's lock. */
    void interrupt() {
        if (token != null) {
            token.interrupt();
        }
    }

    @Override
    public V get() throws InterruptedException, ExecutionException {
        if (agenda.isBusyThread()) {
            agenda.await(done);
        }
        return super.get();
    }

    @Override
    public V get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        if (!agenda.isBusyThread()) {
            return super.get(timeout, unit);
        }
        if (!agenda.await(done, Duration.ofNanos(unit.toNanos(timeout)))) {
            throw new TimeoutException(name + " is not done at " + agenda.now());
        }
        return super.get();
    }

    @Override
    public boolean isPeriodic() {
        return !repetition.period().isZero();
    }

    @Override
    public long getDelay(TimeUnit unit) {
        return unit.convert(Duration.between(agenda.now(), due));
    }

    @Override
    public int compareTo(Delayed other) {
        return other instanceof ScheduledTask<?> task
                ? due.compareTo(task.due)
                : Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
}

package io.lambdasimulator.time;

import io.lambdasimulator.time.ScheduledTask.Repetition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler on an {@link Agenda}. After {@link #shutdown()} what is delayed still runs when it becomes due, and what repeats
 * does not, as with the JDK's own scheduler.
 */
final class VirtualScheduler extends AbstractExecutorService implements ScheduledExecutorService {

    private final Agenda agenda;

    // Guarded by the agenda's lock: queued or running, in order of scheduling.
    private final Set<ScheduledTask<?>> tasks = new LinkedHashSet<>();
    private boolean shutDown;

    private final CompletableFuture<@Nullable Void> terminated = new CompletableFuture<>();

    VirtualScheduler(Agenda agenda) {
        this.agenda = agenda;
    }

    Agenda agenda() {
        return agenda;
    }

    // ---- scheduling

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return add(Executors.callable(command), command, delay, unit, Repetition.NONE);
    }

    @Override
    public <V extends @Nullable Object> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return add(callable, callable, delay, unit, Repetition.NONE);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return add(Executors.callable(command), command, initialDelay, unit, repetition(period, unit, true));
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return add(Executors.callable(command), command, initialDelay, unit, repetition(delay, unit, false));
    }

    private static Repetition repetition(long period, TimeUnit unit, boolean fixedRate) {
        if (period <= 0) {
            throw new IllegalArgumentException("a period has to be positive, not " + period + " " + unit);
        }
        return new Repetition(Duration.ofNanos(unit.toNanos(period)), fixedRate);
    }

    private <V extends @Nullable Object> ScheduledTask<V> add(
            Callable<V> callable, Object named, long delay, TimeUnit unit, Repetition repetition) {
        Instant due = agenda.now().plusNanos(Math.max(0, unit.toNanos(delay)));
        ScheduledTask<V> task = new ScheduledTask<>(this, callable, named, due, repetition);
        agenda.locked(() -> {
            if (shutDown) {
                throw new RejectedExecutionException("the scheduler is shut down; it takes no " + task);
            }
            tasks.add(task);
            agenda.add(task);
        });
        return task;
    }

    @Override
    public void execute(Runnable command) {
        var unused = schedule(command, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Future<?> submit(Runnable task) {
        return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public <T extends @Nullable Object> Future<T> submit(Runnable task, T result) {
        return add(Executors.callable(task, result), task, 0, TimeUnit.NANOSECONDS, Repetition.NONE);
    }

    @Override
    public <T extends @Nullable Object> Future<T> submit(Callable<T> task) {
        return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    /** For {@code invokeAll} and {@code invokeAny}, which then execute it. */
    @Override
    protected <T extends @Nullable Object> RunnableFuture<T> newTaskFor(Callable<T> callable) {
        return new ScheduledTask<>(this, callable, callable, agenda.now(), Repetition.NONE);
    }

    // ---- what tasks report, under the agenda's lock

    void repeat(ScheduledTask<?> task) {
        if (shutDown) {
            task.cancel(false);
        } else {
            agenda.add(task);
        }
    }

    void ended(ScheduledTask<?> task) {
        tasks.remove(task);
        terminateIfOver();
    }

    // ---- the end

    @Override
    public void shutdown() {
        agenda.locked(() -> {
            shutDown = true;
            for (ScheduledTask<?> task : List.copyOf(tasks)) {
                if (task.isPeriodic()) {
                    task.cancel(false);
                }
            }
            terminateIfOver();
        });
    }

    @Override
    public List<Runnable> shutdownNow() {
        List<Runnable> waiting = new ArrayList<>();
        agenda.locked(() -> {
            shutDown = true;
            for (ScheduledTask<?> task : List.copyOf(tasks)) {
                if (task.isRunning()) {
                    task.interrupt();
                } else {
                    agenda.remove(task);
                    tasks.remove(task);
                    waiting.add(task);
                }
            }
            terminateIfOver();
        });
        return waiting;
    }

    private void terminateIfOver() {
        if (shutDown && tasks.isEmpty()) {
            terminated.complete(null);
        }
    }

    @Override
    public boolean isShutdown() {
        return agenda.lockedGet(() -> shutDown);
    }

    @Override
    public boolean isTerminated() {
        return terminated.isDone();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        if (agenda.isBusyThread()) {
            return agenda.await(terminated, Duration.ofNanos(unit.toNanos(timeout)));
        }
        try {
            terminated.get(timeout, unit);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("nobody completes this exceptionally", e);
        }
    }
}

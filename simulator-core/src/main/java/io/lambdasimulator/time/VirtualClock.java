package io.lambdasimulator.time;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A clock and a scheduler whose time moves when a test says so. A timeout of 15 minutes or a day of periodic flushes takes
 * milliseconds, and everything happens at exactly its instant.
 *
 * <pre>{@code
 * VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
 * try (LambdaSimulator lambda = LambdaSimulator.builder()
 *         .time(clock)
 *         .freeze(FreezeMode.NONE)
 *         .extension("my-extension", context -> new MyExtension(context)) // takes context.clock() and context.scheduler()
 *         .runtime((event, context) -> event)
 *         .start()) {
 *
 *     clock.advance(Duration.ofHours(24));
 * }
 * }</pre>
 *
 * <p>{@link #advance} goes from one due instant to the next. Before each step everything has to have settled: no task runs,
 * and nobody is {@linkplain Busy busy}, be it the simulator, a request it works on or a participant in this JVM. Tasks run
 * on threads of the clock, one at a time, in the order of their due times and for the same instant in the order of their
 * scheduling; what is due already, as with {@link #execute}, runs at once. Otherwise they behave as those of
 * {@link java.util.concurrent.ScheduledThreadPoolExecutor}.
 *
 * <p>A task or participant that waits for time to pass says so, since nothing can tell a thread that waits from one that works:
 * with {@link #sleep}, {@link #await}, or by waiting for a future of this clock. In such a thread the timeouts of these futures
 * and of {@link #awaitTermination} are simulated too; in a test's own thread they are real. All methods are safe for use by
 * any thread. The clock holds no threads while nothing runs and need not be closed.
 */
public final class VirtualClock extends Clock implements ScheduledExecutorService, AutoCloseable {

    private static final Duration SETTLES_WITHIN = Duration.ofSeconds(10);

    private final Agenda agenda;
    private final VirtualScheduler scheduler;

    private VirtualClock(Instant start) {
        this.agenda = new Agenda(start);
        this.scheduler = new VirtualScheduler(agenda);
    }

    /**
     * Makes a clock.
     *
     * @param start what it shows until it is moved
     * @return a clock of its own
     */
    public static VirtualClock startingAt(Instant start) {
        return new VirtualClock(start);
    }

    // ---- for the test

    /**
     * Lets time pass, as {@link #advance(Duration, Duration)} does within 10 s.
     *
     * @param duration how much time; none is allowed and runs what is due now
     * @throws IllegalArgumentException as {@link #advance(Duration, Duration)} does
     * @throws IllegalStateException when something does not settle within 10 s of real time
     */
    public void advance(Duration duration) {
        advance(duration, SETTLES_WITHIN);
    }

    /**
     * Lets time pass: waits until everything has settled, then goes to the next due instant, runs what is due, waits again,
     * and so on until the duration is over and everything has settled. What is scheduled on the way, for before the end, runs
     * as well. If something does not settle, time stays at the instant at which that happened.
     *
     * @param duration how much time; none is allowed and runs what is due now
     * @param atMost how long settling may take at each instant, in real time
     * @throws IllegalArgumentException when the duration is negative, or leads beyond 100,000 days after the clock's start
     * @throws IllegalStateException when something does not settle in time, with the names of who was busy and where; when the
     *     waiting thread is interrupted; or when a task or participant calls this, for which time would have to wait
     */
    public void advance(Duration duration, Duration atMost) {
        agenda.advance(duration, atMost);
    }

    /**
     * Lets time pass until an instant, as {@link #advance(Duration)} does.
     *
     * @param instant the time to be shown
     * @throws IllegalArgumentException when the instant is past, or later than 100,000 days after the clock's start
     * @throws IllegalStateException when something does not settle within 10 s of real time
     */
    public void advanceTo(Instant instant) {
        agenda.advanceTo(instant, SETTLES_WITHIN);
    }

    /**
     * Waits until everything has settled, and moves no time.
     *
     * @throws IllegalStateException when something does not settle within 10 s of real time
     */
    public void settle() {
        settle(SETTLES_WITHIN);
    }

    /**
     * Waits until everything has settled, and moves no time.
     *
     * @param atMost how long, in real time
     * @throws IllegalStateException as {@link #advance(Duration, Duration)} does
     */
    public void settle(Duration atMost) {
        agenda.settle(atMost);
    }

    /**
     * When the next task becomes due, or the next sleep or timeout ends.
     *
     * @return the instant; empty when nothing is waiting
     */
    public Optional<Instant> nextDue() {
        return agenda.nextDue();
    }

    // ---- for tasks and participants

    /**
     * Waits until time has passed.
     *
     * @param duration how long, in simulated time; returns at once unless positive
     * @throws InterruptedException when the thread is interrupted
     */
    public void sleep(Duration duration) throws InterruptedException {
        agenda.sleep(duration);
    }

    /**
     * Waits for what time, or something that it brings about, completes. In the thread of a task or of a participant's own this
     * lets time go on meanwhile; in any other it waits as {@code get()} does. For a wait without end, complete the stage never.
     *
     * @param stage what to wait for
     * @param <T> its result
     * @return its result
     * @throws InterruptedException when the thread is interrupted
     * @throws ExecutionException when the stage fails; the cause is its failure
     */
    public <T extends @Nullable Object> T await(CompletionStage<T> stage)
            throws InterruptedException, ExecutionException {
        return agenda.await(stage);
    }

    /**
     * Stops time until the returned object is closed or paused. For work that neither the clock nor the simulator can see.
     *
     * @param who what a message calls it
     * @return to be closed when the work is done
     */
    public Busy busy(String who) {
        return agenda.begin(who, false);
    }

    /**
     * Makes a scheduler on this clock that can be shut down without harm to others.
     *
     * @return a scheduler of its own
     */
    public ScheduledExecutorService newScheduler() {
        return new VirtualScheduler(agenda);
    }

    // ---- the clock

    @Override
    public Instant instant() {
        return agenda.now();
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        Objects.requireNonNull(zone, "zone");
        return zone.equals(getZone()) ? this : new Elsewhere(this, zone);
    }

    private static final class Elsewhere extends Clock {
        private final VirtualClock clock;
        private final ZoneId zone;

        Elsewhere(VirtualClock clock, ZoneId zone) {
            this.clock = clock;
            this.zone = zone;
        }

        @Override
        public Instant instant() {
            return clock.instant();
        }

        @Override
        public ZoneId getZone() {
            return zone;
        }

        @Override
        public Clock withZone(ZoneId other) {
            return clock.withZone(other);
        }
    }

    @Override
    public String toString() {
        return "VirtualClock[" + agenda + "]";
    }

    // ---- the scheduler

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return scheduler.schedule(command, delay, unit);
    }

    @Override
    public <V extends @Nullable Object> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return scheduler.schedule(callable, delay, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return scheduler.scheduleAtFixedRate(command, initialDelay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return scheduler.scheduleWithFixedDelay(command, initialDelay, delay, unit);
    }

    @Override
    public void execute(Runnable command) {
        scheduler.execute(command);
    }

    @Override
    public Future<?> submit(Runnable task) {
        return scheduler.submit(task);
    }

    @Override
    public <T extends @Nullable Object> Future<T> submit(Runnable task, T result) {
        return scheduler.submit(task, result);
    }

    @Override
    public <T extends @Nullable Object> Future<T> submit(Callable<T> task) {
        return scheduler.submit(task);
    }

    @Override
    public <T extends @Nullable Object> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks)
            throws InterruptedException {
        return scheduler.invokeAll(tasks);
    }

    @Override
    public <T extends @Nullable Object> List<Future<T>> invokeAll(
            Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit) throws InterruptedException {
        return scheduler.invokeAll(tasks, timeout, unit);
    }

    @Override
    public <T extends @Nullable Object> T invokeAny(Collection<? extends Callable<T>> tasks)
            throws InterruptedException, ExecutionException {
        return scheduler.invokeAny(tasks);
    }

    @Override
    public <T extends @Nullable Object> T invokeAny(
            Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        return scheduler.invokeAny(tasks, timeout, unit);
    }

    /**
     * Takes no more tasks; what is delayed still runs when it becomes due, what repeats does not. Time goes on, and so do the
     * simulator and the {@linkplain #newScheduler() schedulers} beside this one.
     */
    @Override
    public void shutdown() {
        scheduler.shutdown();
    }

    /**
     * Takes no more tasks, interrupts what runs and forgets what waits. Time goes on, and so do the simulator and the
     * {@linkplain #newScheduler() schedulers} beside this one.
     *
     * @return what was waiting
     */
    @Override
    public List<Runnable> shutdownNow() {
        return scheduler.shutdownNow();
    }

    @Override
    public boolean isShutdown() {
        return scheduler.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return scheduler.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return scheduler.awaitTermination(timeout, unit);
    }

    /** Does what {@link #shutdownNow()} does and waits for nothing. */
    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}

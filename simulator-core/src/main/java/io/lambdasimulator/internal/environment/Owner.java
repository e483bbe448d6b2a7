package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.time.Busy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The single owner of an environment's state: one lock, one clock, one log, and the effects that were decided on. A change
 * takes the lock for a few instructions; what it decided to do to the outside happens after it has let the lock go.
 */
final class Owner {

    private static final String A_STEP = "a step of the environment";

    private final ReentrantLock lock = new ReentrantLock();
    private final Effects effects = new Effects();
    private final Clock clock;
    private final ScheduledExecutorService scheduler;
    private final Executor callbacks;
    private final RecordingEventLog log;
    private final Activity activity;
    private Instant now = Instant.EPOCH;

    Owner(
            Clock clock,
            ScheduledExecutorService scheduler,
            Executor callbacks,
            RecordingEventLog log,
            Activity activity) {
        this.clock = clock;
        this.scheduler = scheduler;
        this.callbacks = callbacks;
        this.log = log;
        this.activity = activity;
    }

    /** A decision that an API call's caller may have to be refused for. */
    @FunctionalInterface
    interface Decision<T> {
        T make() throws CallRefused;
    }

    /** A {@link Decision} without a result. */
    @FunctionalInterface
    interface Action {
        void take() throws CallRefused;
    }

    void act(Runnable action) {
        change(() -> {
            action.run();
            return true;
        });
    }

    <T> T change(Supplier<T> decision) {
        Busy busy = activity.begin(A_STEP);
        try {
            lock.lock();
            try {
                now = clock.instant();
                return decision.get();
            } finally {
                lock.unlock();
            }
        } finally {
            carryOutEffects();
            busy.close();
        }
    }

    void actOrRefuse(Action action) throws CallRefused {
        changeOrRefuse(() -> {
            action.take();
            return true;
        });
    }

    <T> T changeOrRefuse(Decision<T> decision) throws CallRefused {
        Busy busy = activity.begin(A_STEP);
        try {
            lock.lock();
            try {
                now = clock.instant();
                return decision.make();
            } finally {
                lock.unlock();
            }
        } finally {
            carryOutEffects();
            busy.close();
        }
    }

    // A change made within another one leaves its effects to the outer one, which holds the lock.
    private void carryOutEffects() {
        if (!lock.isHeldByCurrentThread()) {
            effects.carryOut();
        }
    }

    <T> T inspect(Supplier<T> look) {
        lock.lock();
        try {
            return look.get();
        } finally {
            lock.unlock();
        }
    }

    /** The instant of the change under way: everything that one change does happens at one instant. */
    Instant now() {
        return now;
    }

    Clock clock() {
        return clock;
    }

    /** Whether a participant waits for an event. */
    void waits(Participant participant, boolean waits) {
        activity.waits(participant, waits);
    }

    void record(Event event) {
        record(now, event);
    }

    /** Records what happened at an earlier instant. */
    void record(Instant when, Event event) {
        log.append(when, event);
    }

    /** The place in the event log that the next record has. */
    long place() {
        return log.nextSequence();
    }

    /** Decides on something to do to the outside; it must not block. */
    void effect(Runnable effect) {
        effects.add(effect);
    }

    Future<?> schedule(Duration delay, Runnable action) {
        return scheduler.schedule(() -> act(action), delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Completes after a while, on a thread that may be kept for a moment. */
    CompletionStage<?> after(Duration delay) {
        CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
        var unused = scheduler.schedule(
                () -> callbacks.execute(() -> over.complete(null)), delay.toNanos(), TimeUnit.NANOSECONDS);
        return over;
    }

    /** Where users' callbacks run. */
    Executor callbacks() {
        return callbacks;
    }
}

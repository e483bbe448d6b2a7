package io.lambdasimulator;

import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** Waits for what a step of a test causes, by the event log. */
final class Moments {

    private final LambdaSimulator lambda;

    Moments(LambdaSimulator lambda) {
        this.lambda = lambda;
    }

    /** Takes a step and returns once it has caused a further event of this kind. */
    <E extends Event> void causes(Class<E> type, Predicate<? super E> condition, Runnable step) {
        long before = lambda.eventLog().events(type).stream().filter(condition).count();
        AtomicLong seen = new AtomicLong();
        step.run();
        lambda.eventLog().await(type, event -> condition.test(event) && seen.incrementAndGet() > before, Wire.PATIENCE);
    }

    /** Takes a step that brings the runtime into a state. */
    void bringsRuntimeTo(RuntimeState state, Runnable step) {
        causes(Event.RuntimeStateChanged.class, change -> change.to() == state, step);
    }

    /** Takes a step that brings an extension into a state. */
    void bringsExtensionTo(ExtensionState state, String name, Runnable step) {
        causes(Event.ExtensionStateChanged.class, change -> change.name().equals(name) && change.to() == state, step);
    }

    /** Takes a step that lets a poll end without an answer. */
    void withdrawsPoll(Runnable step) {
        causes(Event.PollWithdrawn.class, withdrawn -> true, step);
    }
}

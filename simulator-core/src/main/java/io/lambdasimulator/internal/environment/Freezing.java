package io.lambdasimulator.internal.environment;

import io.lambdasimulator.event.Event;
import org.jspecify.annotations.Nullable;

/**
 * Whether the environment runs or is frozen. Stopping and waking take a moment each and happen outside; while they do, the
 * environment is neither, and nothing is dispatched. Guarded by the owner's lock.
 */
final class Freezing {

    private enum State {
        THAWED,
        /** Being stopped. */
        FREEZING,
        FROZEN,
        /** Being woken, be it from a freeze that was not complete. */
        THAWING
    }

    private final Owner owner;
    private final Participants participants;
    private State state = State.THAWED;

    /** Counts freezes, so that what is reported late is not taken for the newest one. */
    private long round;

    private Event.@Nullable EnvironmentFrozen frozen;

    Freezing(Owner owner, Participants participants) {
        this.owner = owner;
        this.participants = participants;
    }

    boolean isThawed() {
        return state == State.THAWED;
    }

    void freeze() {
        if (state == State.THAWED) {
            state = State.FREEZING;
            long begun = ++round;
            owner.effect(() -> participants.freeze(begun));
        }
    }

    /** Returns whether the environment is frozen now: nothing has come in between, and every process stands still. */
    boolean frozen(long begun, Event.EnvironmentFrozen outcome) {
        if (begun != round || state != State.FREEZING) {
            return false;
        }
        state = State.FROZEN;
        owner.record(outcome);
        frozen = outcome;
        return true;
    }

    /** Begins to wake everything up; does nothing while that is under way or not needed. */
    void thaw() {
        if (state == State.FREEZING || state == State.FROZEN) {
            state = State.THAWING;
            long begun = round;
            owner.effect(() -> participants.thaw(begun));
        }
    }

    boolean thawed(long begun) {
        if (begun != round || state != State.THAWING) {
            return false;
        }
        state = State.THAWED;
        if (frozen != null) {
            frozen = null;
            owner.record(new Event.EnvironmentThawed());
        }
        return true;
    }
}

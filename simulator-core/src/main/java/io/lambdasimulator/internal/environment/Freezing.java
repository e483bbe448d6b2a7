package io.lambdasimulator.internal.environment;

/**
 * Whether the environment runs or is frozen. Stopping and waking take a moment each and happen outside; while they do, the
 * environment is neither, and nothing is dispatched. Guarded by the owner's lock.
 */
final class Freezing {

    private enum State {
        THAWED,
        /** Being stopped. */
        FREEZING,
        /** Stopped, as far as that was possible. */
        STOPPED,
        /** Being woken, be it from a freeze that was not complete. */
        THAWING
    }

    private final Owner owner;
    private final Participants participants;
    private final Subscribers subscribers;
    private State state = State.THAWED;

    /** Counts freezes, so that what is reported late is not taken for the newest one. */
    private long round;

    private boolean standsStill;

    Freezing(Owner owner, Participants participants, Subscribers subscribers) {
        this.owner = owner;
        this.participants = participants;
        this.subscribers = subscribers;
    }

    boolean isThawed() {
        return state == State.THAWED;
    }

    void freeze() {
        if (state == State.THAWED) {
            state = State.FREEZING;
            long begun = ++round;
            owner.effect(subscribers::pause);
            owner.effect(() -> participants.freeze(begun));
        }
    }

    /** Whether it is the newest freeze that has ended, and nothing has come in between. */
    boolean stopped(long begun, boolean isComplete) {
        if (begun != round || state != State.FREEZING) {
            return false;
        }
        state = State.STOPPED;
        standsStill = isComplete;
        return true;
    }

    /**
     * Begins to wake everything up; does nothing while that is under way or not needed.
     *
     * @return whether everything has stood still until now
     */
    boolean thaw() {
        if (state != State.FREEZING && state != State.STOPPED) {
            return false;
        }
        boolean stoodStill = standsStill;
        state = State.THAWING;
        standsStill = false;
        long begun = round;
        owner.effect(() -> participants.thaw(begun));
        return stoodStill;
    }

    /** Whether everything runs again, and was not known to. */
    boolean thawed(long begun) {
        if (begun != round || state != State.THAWING) {
            return false;
        }
        state = State.THAWED;
        return true;
    }
}

package io.lambdasimulator.internal.environment;

/**
 * A call that waits for an event. The environment calls exactly one of the three methods, once and outside its lock; none
 * may block. The transport says {@link ExecutionEnvironment#withdraw} when the client has gone, be it before or while the
 * event was sent.
 */
public abstract class Poll<E> {

    // Set by the transport before it reports the loss, so that a poll that dies on its way in is not parked.
    private volatile boolean gone;

    /** Answers with the event. */
    public abstract void deliver(E event);

    /** Answers with an error. */
    public abstract void refuse(CallRefused refusal);

    /** Ends the connection without an answer. */
    public abstract void drop();

    final void markGone() {
        gone = true;
    }

    final boolean isGone() {
        return gone;
    }
}

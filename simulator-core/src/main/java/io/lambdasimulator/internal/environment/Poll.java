package io.lambdasimulator.internal.environment;

/**
 * A call that waits for an event. The environment answers, refuses or drops it once, outside its lock; no method
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

    /**
     * Looks whether the client is still there, now rather than when word of its departure comes. If it is not,
     * {@link ExecutionEnvironment#withdraw} has been called when this returns.
     */
    public abstract void probe();

    /** Ends the connection without an answer. */
    public abstract void drop();

    final void markGone() {
        gone = true;
    }

    final boolean isGone() {
        return gone;
    }
}

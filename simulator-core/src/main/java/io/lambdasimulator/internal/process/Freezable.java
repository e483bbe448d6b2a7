package io.lambdasimulator.internal.process;

import java.time.Duration;

/** A process that stops and continues together with its descendants. May be used by several threads. */
public interface Freezable {

    /**
     * Stops the process and its descendants with SIGSTOP, and waits until every thread of theirs is stopped. A
     * {@link #thaw} by another thread ends the wait and wins. Freezing what is frozen confirms it again.
     *
     * @param bound how long to wait at most
     * @return how far it got
     */
    FreezeResult freeze(Duration bound);

    /** Continues all that {@link #freeze} stopped, wherever they are now; returns at once. Does nothing when nothing is frozen. */
    void thaw();
}

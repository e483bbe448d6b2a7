package io.lambdasimulator.internal.process;

/** A running process and the group it leads. Signals reach the whole group and are refused once it is known to be gone. */
public interface LaunchedProcess extends Freezable {

    long pid();

    /**
     * Runs a task once the listener has every line that the process had written when this was called, on another thread or
     * at once: it must not block.
     */
    void afterOutput(Runnable task);

    /** SIGTERM to the group, which is thawed to take it; does nothing once the process has ended. */
    void terminate();

    /**
     * SIGKILL to the group, also after the leader's end so that no descendant stays. Returns at once; takes a few
     * milliseconds on a machine with many processes. Descendants that left the group are killed when the launcher is
     * closed. Frozen processes are killed as well.
     */
    void kill();

    /** Kills the group, and all descendants that have left it. */
    void killTree();
}

package io.lambdasimulator.environment;

/**
 * The phase of an execution environment, after the life cycle that AWS documents ("Understanding the Lambda execution
 * environment lifecycle").
 */
public enum EnvironmentPhase {
    /** Built, not started: the APIs do not answer yet. */
    NEW,
    /**
     * Extensions and the runtime start; ends when the runtime and every registered extension asked for their next event.
     * After a failure this is part of the next invocation, under the function timeout.
     */
    INIT,
    /** Initialised and idle. */
    READY,
    /** Idle and stopped: nothing in it runs until the next invocation or the shutdown thaws it. */
    FROZEN,
    /** An invocation is under way, until the runtime and every extension that received it asked for their next event. */
    INVOKE,
    /** Something fatal happened: what still runs is ended as in a shutdown, extensions receive {@code SHUTDOWN}. */
    RESET,
    /** Reset after something fatal: nothing runs, and the next invocation begins with an init. */
    FAILED,
    /** The runtime is ended and extensions receive {@code SHUTDOWN}. */
    SHUTDOWN,
    /** Over: no process, no open poll, no listener. */
    CLOSED
}

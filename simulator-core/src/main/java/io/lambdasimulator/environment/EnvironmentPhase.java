package io.lambdasimulator.environment;

/**
 * The phase of an execution environment, after the life cycle that AWS documents ("Understanding the Lambda execution
 * environment lifecycle").
 */
public enum EnvironmentPhase {
    /** Built, not started: the APIs do not answer yet. */
    NEW,
    /** Extensions and the runtime start; ends when the runtime and every registered extension asked for their next event. */
    INIT,
    /** Initialised and idle. */
    READY,
    /** An invocation is under way, until the runtime and every extension that received it asked for their next event. */
    INVOKE,
    /** Something fatal happened: what was running has ended and every further invocation is answered with the cause. */
    FAILED,
    /** The runtime is ended and extensions receive {@code SHUTDOWN}. */
    SHUTDOWN,
    /** Over: no process, no open poll, no listener. */
    CLOSED
}

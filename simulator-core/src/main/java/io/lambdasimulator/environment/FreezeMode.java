package io.lambdasimulator.environment;

/** How an idle execution environment is frozen, as AWS does between invocations. */
public enum FreezeMode {
    /**
     * Processes by {@code SIGSTOP} and {@code SIGCONT} to the whole group, participants in this JVM by holding back their
     * scheduler, clients that connect by themselves not at all unless {@code registerProcess} has named their process.
     */
    SIGNAL,
    /** Not at all: whatever runs goes on between invocations. */
    NONE
}

package io.lambdasimulator.environment;

/**
 * The state of an extension as the Extensions API and the {@code EXTENSION} log line print it.
 */
public enum ExtensionState {
    /** Launched or expected, not registered yet. */
    STARTED("Started"),
    /** Registered, has not asked for an event yet. */
    REGISTERED("Registered"),
    /** Waits for an event. */
    READY("Ready"),
    /** Has received an event and not yet asked for the next one. */
    RUNNING("Running"),
    /** Reported an initialisation error; terminal. */
    INIT_ERROR("InitError"),
    /** Reported an error before exiting; terminal. */
    EXIT_ERROR("ExitError"),
    /** Ended with code 0 during shutdown; terminal. */
    EXITED("Exited"),
    /** Ended otherwise, or had to be killed, during shutdown; terminal. */
    SHUTDOWN_FAILED("ShutdownFailed"),
    /** Could not be launched; terminal. */
    LAUNCH_ERROR("LaunchError");

    private final String wireName;

    ExtensionState(String wireName) {
        this.wireName = wireName;
    }

    /**
     * The name in the API's messages.
     *
     * @return the name, such as {@code InitError}
     */
    public String wireName() {
        return wireName;
    }
}

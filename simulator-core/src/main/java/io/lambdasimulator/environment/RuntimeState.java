package io.lambdasimulator.environment;

/**
 * The state of the runtime as the Runtime API prints it in error messages.
 */
public enum RuntimeState {
    /** Launched, has not asked for an invocation yet. */
    STARTED("Started"),
    /** Reported an initialisation error; terminal. */
    INIT_ERROR("InitError"),
    /** Waits for an invocation. */
    READY("Ready"),
    /** Works on an invocation. */
    RUNNING("Running"),
    /** Is sending the response of its invocation. */
    INVOCATION_RESPONSE("InvocationResponse"),
    /** Is sending the error of its invocation. */
    INVOCATION_ERROR_RESPONSE("InvocationErrorResponse"),
    /** Has answered its invocation and not yet asked for the next one. */
    RESPONSE_SENT("RuntimeResponseSentState");

    private final String wireName;

    RuntimeState(String wireName) {
        this.wireName = wireName;
    }

    /**
     * The name in the API's messages.
     *
     * @return the name, such as {@code RuntimeResponseSentState}
     */
    public String wireName() {
        return wireName;
    }
}

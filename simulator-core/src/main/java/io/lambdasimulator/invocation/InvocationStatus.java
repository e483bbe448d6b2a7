package io.lambdasimulator.invocation;

import java.util.Locale;

/** How an invocation ended, as in the {@code status} of {@code platform.report}. */
public enum InvocationStatus {
    /** The runtime answered, with a result or with a function error that it handled. */
    SUCCESS,
    /** The runtime or an extension exited or crashed. */
    ERROR,
    /** The platform failed, or ended the environment meanwhile. */
    FAILURE,
    /** The function timeout passed before the runtime and all extensions were done. */
    TIMEOUT;

    /**
     * The name in records and log lines.
     *
     * @return the name in lower case
     */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}

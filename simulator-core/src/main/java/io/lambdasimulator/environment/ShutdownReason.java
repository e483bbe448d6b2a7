package io.lambdasimulator.environment;

import java.util.Locale;

/** Why an execution environment shuts down, as told to extensions. */
public enum ShutdownReason {
    /** The environment is no longer needed. */
    SPINDOWN,
    /** A deadline passed. */
    TIMEOUT,
    /** The runtime or an extension failed. */
    FAILURE;

    /**
     * The value of {@code shutdownReason} in the {@code SHUTDOWN} event.
     *
     * @return the name in lower case
     */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}

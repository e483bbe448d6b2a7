package io.lambdasimulator.telemetry;

import java.util.Locale;

/** The kinds of records that an extension may subscribe to. */
public enum TelemetryType {
    /** What the service tells of the life of the environment. */
    PLATFORM,
    /** What the function writes to its log. */
    FUNCTION,
    /** What extensions write to their logs. */
    EXTENSION;

    /**
     * The name in a subscription's {@code types}.
     *
     * @return the name in lower case
     */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package io.lambdasimulator.environment;

import java.util.Locale;

/** In which phase an init ran, as in the {@code phase} of {@code platform.initReport} and the {@code INIT_REPORT} line. */
public enum InitPhase {
    /** The init of a new environment, before its first invocation. */
    INIT,
    /** An init inside an invocation, because the one before it failed or the environment was reset. */
    INVOKE;

    /**
     * The name in records and log lines.
     *
     * @return the name in lower case
     */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}

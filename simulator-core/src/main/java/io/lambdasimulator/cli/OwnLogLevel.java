package io.lambdasimulator.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How much the simulator says of itself on standard error: the levels of AWS's emulator, in those of our logger. */
enum OwnLogLevel {
    PANIC("error"),
    FATAL("error"),
    ERROR("error"),
    WARNING("warn"),
    WARN("warn"),
    INFO("info"),
    DEBUG("debug"),
    TRACE("trace");

    private static final String PROPERTY = "org.slf4j.simpleLogger.log.io.lambdasimulator";

    private final String ofLogger;

    OwnLogLevel(String ofLogger) {
        this.ofLogger = ofLogger;
    }

    static OwnLogLevel of(Setting setting) {
        return Arrays.stream(values())
                .filter(level -> level.name().equalsIgnoreCase(setting.value()))
                .findFirst()
                .orElseThrow(() -> setting.wrong("is no log level: use " + names()));
    }

    static String names() {
        String all = Arrays.stream(values())
                .map(level -> level.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        int last = all.lastIndexOf(", ");
        return all.substring(0, last) + " or " + all.substring(last + 2);
    }

    /** Has to come before the first logger is made: a logger reads its level once. */
    static void use(OwnLogLevel level) {
        System.setProperty(PROPERTY, level.ofLogger);
    }

    /** As {@link #use}, unless the JVM was started with a level. */
    static void useByDefault(OwnLogLevel level) {
        @Nullable String given = System.getProperty(PROPERTY);
        if (given == null) {
            use(level);
        }
    }
}

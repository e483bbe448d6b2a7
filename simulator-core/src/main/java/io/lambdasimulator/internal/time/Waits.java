package io.lambdasimulator.internal.time;

import java.time.Duration;

/** How long somebody waits. */
public final class Waits {

    /** What a {@code long} of nanoseconds holds: 292 years. */
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

    private Waits() {}

    /** As long as that, but not longer than can be counted. */
    private static Duration atMost(Duration duration) {
        if (duration.isNegative()) {
            return Duration.ZERO;
        }
        return duration.compareTo(LONGEST) > 0 ? LONGEST : duration;
    }

    /** In nanoseconds. */
    public static long nanos(Duration duration) {
        return atMost(duration).toNanos();
    }

    /** Words for a wait that was in vain. */
    public static String within(Duration duration) {
        return "within " + atMost(duration).toMillis() + " ms";
    }
}

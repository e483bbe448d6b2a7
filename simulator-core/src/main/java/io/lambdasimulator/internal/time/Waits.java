package io.lambdasimulator.internal.time;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How long somebody waits, however long he says: 292 years are the most that can be counted. */
public final class Waits {

    private Waits() {}

    /** In nanoseconds; none for less than none. */
    public static long nanos(Duration duration) {
        return Math.max(0, TimeUnit.NANOSECONDS.convert(duration));
    }

    /** Words for a wait that was in vain. */
    public static String within(Duration duration) {
        return "within " + Math.max(0, TimeUnit.MILLISECONDS.convert(duration)) + " ms";
    }
}

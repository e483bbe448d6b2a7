package io.lambdasimulator.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.Locale;

/** What a program says of what it measured. */
final class Report {

    private Report() {}

    static void say(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }

    /** How busy the machine was, which every figure depends on. */
    static void sayLoad() {
        say(
                "load of the machine: %.1f",
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }
}

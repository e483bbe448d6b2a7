package io.lambdasimulator.internal.event;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Where on a line each instant is. Between two events the line is as long as the time, but for two things: stretches that are
 * long against all others are cut short, so that an idle day does not squash the milliseconds around it, and no stretch is
 * shorter than the eye can see.
 */
final class TimeScale {

    /** No stretch without events takes more than this part of the line. */
    private static final double LONGEST_PART = 0.14;

    /** The idle ones together take no more than this. */
    private static final double IDLE_PART = 0.5;

    /** What is cut is at least so many times as long as it is shown; less is not worth a mark. */
    private static final double WORTH_CUTTING = 2;

    private static final double SHORTEST = 4;
    private static final double ROOM_FOR_EACH = 7;

    /**
     * A stretch that is shown shorter than it is.
     *
     * @param at its middle on the line
     * @param duration how long it is
     */
    record Cut(double at, Duration duration) {}

    private final Instant[] instants;
    private final double[] places;
    private final List<Cut> cuts = new ArrayList<>();

    /**
     * @param events when something happens, at least once
     * @param isIdle whether nothing is under way from such an instant on
     * @param start where the line begins
     * @param leastLength how long it is, unless there are very many events
     */
    TimeScale(SortedSet<Instant> events, Predicate<Instant> isIdle, double start, double leastLength) {
        instants = events.toArray(Instant[]::new);
        places = new double[instants.length];
        places[0] = start;
        int gaps = instants.length - 1;
        double[] lengths = new double[gaps];
        boolean[] idle = new boolean[gaps];
        for (int i = 0; i < gaps; i++) {
            lengths[i] = Duration.between(instants[i], instants[i + 1]).toNanos();
            idle[i] = isIdle.test(instants[i]);
        }
        double[] shown = shorten(lengths, idle);
        double sum = Math.max(1, Arrays.stream(shown).sum());
        double proportional = Math.max(leastLength, gaps * ROOM_FOR_EACH) - gaps * SHORTEST;
        for (int i = 0; i < gaps; i++) {
            double length = SHORTEST + proportional * shown[i] / sum;
            places[i + 1] = places[i] + length;
            if (shown[i] < lengths[i]) {
                cuts.add(new Cut(places[i] + length / 2, Duration.ofNanos((long) lengths[i])));
            }
        }
    }

    private static double[] shorten(double[] lengths, boolean[] idle) {
        double part = Math.max(LONGEST_PART, 1.5 / Math.max(1, lengths.length));
        double longest = Arrays.stream(lengths).max().orElse(0);
        while (longest > part * sum(lengths, longest)) {
            longest *= 0.95;
        }
        double[] busyOnes = where(idle, false, lengths);
        double[] idleOnes = where(idle, true, lengths);
        double busy = sum(busyOnes, longest);
        double longestIdle = longest;
        while (busy > 0 && sum(idleOnes, longestIdle) > IDLE_PART / (1 - IDLE_PART) * busy) {
            longestIdle *= 0.95;
        }
        double[] shown = new double[lengths.length];
        for (int i = 0; i < shown.length; i++) {
            shown[i] = shown(lengths[i], idle[i] ? longestIdle : longest);
        }
        return shown;
    }

    private static double[] where(boolean[] idle, boolean wanted, double[] lengths) {
        return IntStream.range(0, lengths.length)
                .filter(i -> idle[i] == wanted)
                .mapToDouble(i -> lengths[i])
                .toArray();
    }

    private static double shown(double length, double longest) {
        return length > WORTH_CUTTING * longest ? longest : length;
    }

    private static double sum(double[] lengths, double longest) {
        return Arrays.stream(lengths).map(length -> shown(length, longest)).sum();
    }

    double end() {
        return places[places.length - 1];
    }

    List<Cut> cuts() {
        return cuts;
    }

    double at(Instant time) {
        int found = Arrays.binarySearch(instants, time);
        if (found >= 0) {
            return places[found];
        }
        int after = -found - 1;
        if (after == 0) {
            return places[0];
        }
        if (after == instants.length) {
            return end();
        }
        double whole = Duration.between(instants[after - 1], instants[after]).toNanos();
        double part = Duration.between(instants[after - 1], time).toNanos() / whole;
        return places[after - 1] + part * (places[after] - places[after - 1]);
    }
}

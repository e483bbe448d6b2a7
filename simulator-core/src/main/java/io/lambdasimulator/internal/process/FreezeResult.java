package io.lambdasimulator.internal.process;

import java.time.Duration;
import java.util.List;

/**
 * What became of an attempt to freeze a process and its descendants.
 *
 * @param outcome how far it got
 * @param took from the first signal to the last look
 * @param processes how many living processes were looked at; 0 when the system does not show them
 * @param running the ids of those that had not stopped; empty unless the outcome is {@link Outcome#PARTLY}
 */
public record FreezeResult(Outcome outcome, Duration took, int processes, List<Long> running) {

    /** How far it got. */
    public enum Outcome {
        /** Every thread of every process is stopped. */
        CONFIRMED,
        /** Some had not stopped within the bound; all have been told to. */
        PARTLY,
        /** All have been told to stop, and the system shows neither {@code /proc} nor {@code ps}. */
        UNCONFIRMED,
        /** Nobody is left to be frozen. */
        NOBODY,
        /** A thaw came before it was over: everybody runs. */
        THAWED
    }

    public FreezeResult {
        running = List.copyOf(running);
    }

    @Override
    public String toString() {
        String time = took.toNanos() / 1_000_000.0 + " ms";
        return switch (outcome) {
            case CONFIRMED -> processes + (processes == 1 ? " process" : " processes") + " stopped in " + time;
            case PARTLY -> "after " + time + " still running: " + running + " of " + processes + " processes";
            case UNCONFIRMED -> "told to stop, unconfirmed: neither /proc nor ps shows the processes";
            case NOBODY -> "nobody left to stop";
            case THAWED -> "thawed after " + time + ", before it was confirmed";
        };
    }
}

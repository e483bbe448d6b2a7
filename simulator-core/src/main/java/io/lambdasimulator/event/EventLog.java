package io.lambdasimulator.event;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;

/**
 * Everything that happened in an execution environment, in order. It is append-only and bounded: beyond its capacity, or
 * beyond 64 Mi characters of output, the oldest entries make room, and {@link #dropped()} counts them. Safe for use by any thread.
 */
public interface EventLog {

    /**
     * One event with its place and time.
     *
     * @param sequence its place, from 0 on, without gaps
     * @param time when it happened, by the environment's clock
     * @param event what happened
     */
    record Entry(long sequence, Instant time, Event event) {}

    /**
     * What is in the log now.
     *
     * @return an immutable copy, oldest first
     */
    List<Entry> entries();

    /**
     * The events of one type that are in the log now.
     *
     * @param type the type
     * @param <E> the type
     * @return an immutable list, oldest first
     */
    default <E extends Event> List<E> events(Class<E> type) {
        return entries().stream()
                .map(Entry::event)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    /**
     * How many entries made room for newer ones.
     *
     * @return the number of dropped entries
     */
    long dropped();

    /**
     * Waits for an event, which may be in the log already.
     *
     * @param type the event's type
     * @param condition what it has to fulfil
     * @param atMost how long to wait, in real time
     * @param <E> the event's type
     * @return the first such event
     * @throws IllegalStateException when there is none in time, or the environment was closed without one; the message
     *     shows the newest events instead
     */
    <E extends Event> E await(Class<E> type, Predicate<? super E> condition, Duration atMost);

    /**
     * Writes what is in the log now as JSON Lines, oldest first: one object a line, in the shape of the Telemetry API's
     * records, with {@code sequence}, {@code time}, {@code type} (the event's simple name) and {@code record}.
     *
     * <pre>{@code
     * {"sequence":4,"time":"2026-01-01T12:00:00.015Z","type":"InitReported","record":{"status":"success","durationMs":12.5}}
     * }</pre>
     *
     * <p>The members of {@code record} are the event's components by their names. States, reasons and statuses have AWS's
     * spelling, a duration has the ending {@code Ms} and fractions, an instant is ISO 8601, and what is empty is left out.
     * Values of the environment's credentials are replaced by {@code ***}.
     *
     * @param out where to write
     * @throws IOException when writing fails
     */
    void writeJsonLines(Appendable out) throws IOException;

    /**
     * The log as JSON Lines, as {@link #writeJsonLines} writes it.
     *
     * @return a text that ends in a line feed, or is empty
     */
    String toJsonLines();
}

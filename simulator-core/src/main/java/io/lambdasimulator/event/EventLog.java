package io.lambdasimulator.event;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;

/**
 * Everything that happened in an execution environment, in order. It is append-only and bounded: beyond its capacity the
 * oldest entries make room, and {@link #dropped()} counts them. Safe for use by any thread.
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
}

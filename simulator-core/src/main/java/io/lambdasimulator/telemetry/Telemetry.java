package io.lambdasimulator.telemetry;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/**
 * What the Telemetry API has to tell of an environment, whether or not anybody has subscribed: every kind of record, from
 * the first one on, in the order of the event log, whose bounds it shares. Safe for use by any thread.
 *
 * <pre>{@code
 * PlatformReport report = lambda.telemetry().awaitEvent(PlatformReport.class, r -> r.metrics().initDuration().isPresent());
 * }</pre>
 */
public interface Telemetry {

    /**
     * What there is now.
     *
     * @return an immutable list, oldest first
     */
    List<TelemetryEvent> events();

    /**
     * The records of one type that there are now.
     *
     * @param type the type, or {@link TelemetryRecord} for all
     * @param <R> the type
     * @return an immutable list, oldest first
     */
    <R extends TelemetryRecord> List<R> events(Class<R> type);

    /**
     * The records of one invocation that there are now.
     *
     * @param requestId the invocation
     * @return an immutable list, oldest first
     */
    List<TelemetryRecord> of(String requestId);

    /**
     * Waits for a record, which may be there already; at most ten seconds of real time.
     *
     * @param type the type
     * @param condition what it has to fulfil
     * @param <R> the type
     * @return the first such record
     * @throws IllegalStateException when there is none in time, or the environment was closed without one; the message
     *     shows the records of that type that there are instead, or the newest ones of any
     */
    default <R extends TelemetryRecord> R awaitEvent(Class<R> type, Predicate<? super R> condition) {
        return awaitEvent(type, condition, Duration.ofSeconds(10));
    }

    /**
     * Waits for a record, which may be there already.
     *
     * @param type the type
     * @param condition what it has to fulfil
     * @param atMost how long to wait, in real time
     * @param <R> the type
     * @return the first such record
     * @throws IllegalStateException when there is none in time, or the environment was closed without one; the message
     *     shows the records of that type that there are instead, or the newest ones of any
     */
    <R extends TelemetryRecord> R awaitEvent(Class<R> type, Predicate<? super R> condition, Duration atMost);

    /**
     * Waits for the report of an invocation; at most ten seconds of real time.
     *
     * @param requestId the invocation
     * @return its report
     * @throws IllegalStateException when there is none in time, or the environment was closed without one
     */
    default TelemetryRecord.PlatformReport awaitReport(String requestId) {
        return awaitEvent(
                TelemetryRecord.PlatformReport.class,
                report -> report.requestId().equals(requestId));
    }

    /**
     * Writes what there is now as JSON Lines, each line as a subscriber with the newest schema version receives it. Values
     * of the environment's credentials are replaced by {@code ***}.
     *
     * @param out where to write
     * @throws IOException when writing fails
     */
    void writeJsonLines(Appendable out) throws IOException;

    /**
     * What {@link #writeJsonLines} writes.
     *
     * @return a text that ends in a line feed, or is empty
     */
    String toJsonLines();

    /**
     * The extensions that have subscribed, to either API, in the order of their first subscription.
     *
     * @return an immutable list
     */
    List<TelemetrySubscription> subscriptions();

    /**
     * The subscription of an extension.
     *
     * @param extension its name
     * @return the subscription
     * @throws IllegalArgumentException when it has none; the message names those that there are
     */
    TelemetrySubscription subscription(String extension);
}

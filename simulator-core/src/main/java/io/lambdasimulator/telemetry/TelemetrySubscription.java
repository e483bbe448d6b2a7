package io.lambdasimulator.telemetry;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The subscription of an extension to the Telemetry API or the Logs API, and what was delivered to it. */
public interface TelemetrySubscription {

    /**
     * Whose it is.
     *
     * @return the extension's name
     */
    String extension();

    /**
     * Which API it is.
     *
     * @return the API
     */
    TelemetryApi api();

    /**
     * The version of its records.
     *
     * @return such as {@code 2025-01-29}
     */
    String schemaVersion();

    /**
     * What it asked for.
     *
     * @return as in its request
     */
    List<TelemetryType> types();

    /**
     * What has become of its events so far.
     *
     * @return all at one moment
     */
    Delivery delivery();

    /**
     * Waits until the extension has accepted everything up to the report of an invocation.
     *
     * @param requestId the invocation
     * @param atMost how long to wait, in real time, for the report and its delivery
     * @throws IllegalStateException when that does not happen in time, or some of it was dropped; the message says how far
     *     it got
     */
    void awaitReport(String requestId, Duration atMost);

    /**
     * What was delivered, and what was not. Every event that it asked for is accepted, dropped, waiting or still to be read
     * from the event log.
     *
     * @param accepted how many events a consumer has accepted
     * @param dropped how many events were given up
     * @param droppedBytes how much that was
     * @param waiting how many events are on their way
     * @param attempts how often it was tried to send a batch
     * @param lag the events of the log, of whatever kind, behind the newest that was accepted or needed no delivery
     * @param batches the newest batches, oldest first
     */
    record Delivery(
            long accepted,
            long dropped,
            long droppedBytes,
            long waiting,
            long attempts,
            long lag,
            List<Batch> batches) {}

    /**
     * A batch.
     *
     * @param events how many events it holds
     * @param bytes its size
     * @param attempts how often it was sent
     * @param openedAt when its first event was put into it
     * @param endedAt when it was accepted or dropped; empty while it waits
     * @param accepted whether it was accepted
     */
    record Batch(int events, long bytes, int attempts, Instant openedAt, Optional<Instant> endedAt, boolean accepted) {}
}

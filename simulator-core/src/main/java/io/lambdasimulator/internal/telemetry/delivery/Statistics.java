package io.lambdasimulator.internal.telemetry.delivery;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What has been delivered to a subscriber, at one moment. What has been taken from the log is {@code accepted + dropped + waiting}.
 * Bytes are those of events, without what holds them together; notices count nowhere.
 *
 * @param batches the newest 10,000 that were closed, oldest first; those that wait come last
 * @param attempts that were begun
 * @param accepted events that the destination took
 * @param acceptedBytes of these
 * @param dropped events that it will never get
 * @param droppedBytes of these
 * @param waiting events that were taken and are neither
 * @param waitingBytes of these
 * @param lag how far the destination is behind the log
 * @param dropping the drop episode that no accepted batch has told of yet
 */
public record Statistics(
        List<BatchReport> batches,
        long attempts,
        long accepted,
        long acceptedBytes,
        long dropped,
        long droppedBytes,
        long waiting,
        long waitingBytes,
        Lag lag,
        Optional<DropEpisode> dropping) {

    public Statistics {
        batches = List.copyOf(batches);
    }

    /** What has become of a batch. */
    public enum BatchOutcome {
        WAITING,
        ACCEPTED,
        DROPPED
    }

    /**
     * A batch that was closed.
     *
     * @param first the place in the log of its first event; -1 for a notice without events
     * @param last that of its last
     * @param events how many, without a notice
     * @param bytes of these
     * @param attempts begun so far
     * @param opened when its first event came
     * @param closed when it was complete
     * @param settled when it was accepted or dropped
     */
    public record BatchReport(
            long first,
            long last,
            int events,
            long bytes,
            int attempts,
            Instant opened,
            Instant closed,
            Optional<Instant> settled,
            BatchOutcome outcome) {}

    /**
     * How far behind.
     *
     * @param entries of the log, from the newest that was accepted to the newest there is
     * @param duration since the oldest event that waits began to; zero when none does
     */
    public record Lag(long entries, Duration duration) {}

    /**
     * Events that were dropped.
     *
     * @param records how many
     * @param bytes of these; what the log's retention dropped has none that were known
     * @param reason of the first
     */
    public record DropEpisode(long records, long bytes, String reason) {}
}

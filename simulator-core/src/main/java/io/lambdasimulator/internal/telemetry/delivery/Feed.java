package io.lambdasimulator.internal.telemetry.delivery;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one subscriber reads: its events, rendered, in order. Safe for use by any thread; nothing here blocks. */
public interface Feed {

    /**
     * Reads on. What was read before is done with.
     *
     * @param from where the chunk before ended
     * @param atMost for so many entries of the log
     */
    Chunk read(long from, int atMost);

    /** The place that the next entry of the log will have. */
    long end();

    /** Nothing more is read. */
    default void close() {}

    /**
     * The notice of a drop episode, {@code platform.logsDropped}, as a complete JSON object in UTF-8.
     *
     * @return null when the subscriber did not ask for platform events
     */
    byte @Nullable [] logsDropped(long records, long bytes, String reason);

    /**
     * Some entries of the log.
     *
     * @param events their events in order; an entry yields none, one or several
     * @param next where to go on
     * @param lost events of this subscriber that the log's retention had dropped before they were read
     */
    record Chunk(List<Line> events, long next, long lost) {
        public Chunk {
            events = List.copyOf(events);
        }
    }

    /**
     * One event.
     *
     * @param place of the log's entry
     * @param json a complete JSON object in UTF-8, without a line break; nobody changes it
     */
    @SuppressWarnings("ArrayRecordComponent") // one of a million, and compared by nobody
    record Line(long place, byte[] json) {}
}

package io.lambdasimulator.telemetry;

import java.time.Instant;

/** An event of the Telemetry API: a record with its time and type. */
public interface TelemetryEvent {

    /**
     * When the service produced the event, by the environment's clock. On the wire it has milliseconds.
     *
     * @return the instant
     */
    Instant time();

    /**
     * The type on the wire.
     *
     * @return such as {@code platform.start} or {@code function}
     */
    default String type() {
        return record().type();
    }

    /**
     * What happened.
     *
     * @return the record
     */
    TelemetryRecord record();

    /**
     * The event as a subscriber with the newest schema version, {@code 2025-01-29}, receives it.
     *
     * @return an object with {@code time}, {@code type} and {@code record}
     */
    String toJson();
}

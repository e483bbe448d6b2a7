package io.lambdasimulator.telemetry;

import java.util.Optional;

/**
 * The {@code tracing} of a record; only a sampled trace has one.
 *
 * @param value the trace header
 * @param spanId the segment of the service itself, which the simulator does not write
 */
public record TraceContext(String value, Optional<String> spanId) {}

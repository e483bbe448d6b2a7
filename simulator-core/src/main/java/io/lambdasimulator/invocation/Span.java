package io.lambdasimulator.invocation;

import java.time.Duration;
import java.time.Instant;

/**
 * A part of an invocation, as in the {@code spans} of {@code platform.runtimeDone} and {@code platform.report}.
 *
 * @param name {@code responseLatency}, {@code responseDuration}, {@code runtimeOverhead} or {@code extensionOverhead}
 * @param start when it began
 * @param duration how long it took
 * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#span">Span</a>
 */
public record Span(String name, Instant start, Duration duration) {}

package io.lambdasimulator.internal.telemetry.delivery;

import java.time.Duration;

/**
 * When a batch closes: with the event that makes it so many or so large, or so long after its first.
 *
 * @param maxItems events
 * @param maxBytes bytes of events; the last one may exceed it
 * @param timeout from the batch's first event on
 */
public record Buffering(int maxItems, int maxBytes, Duration timeout) {
    public Buffering {
        if (maxItems < 1 || maxBytes < 1 || timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("buffering has to be positive, not " + maxItems + " items, " + maxBytes
                    + " bytes, " + timeout.toMillis() + " ms");
        }
    }
}

package io.lambdasimulator.internal.environment;

import io.lambdasimulator.internal.environment.EnvironmentSettings.Bandwidth;
import java.time.Duration;
import java.time.Instant;

/** Lambda's shaping of streamed responses: a burst, then a steady rate. Not safe for use by several threads. */
final class TokenBucket {

    private final Bandwidth bandwidth;
    private double tokens;
    private Instant refilledAt;

    TokenBucket(Bandwidth bandwidth, Instant now) {
        this.bandwidth = bandwidth;
        this.tokens = bandwidth.burstBytes();
        this.refilledAt = now;
    }

    /** Takes bytes and tells how long to wait before more are taken. */
    Duration take(long bytes, Instant now) {
        double seconds = Duration.between(refilledAt, now).toNanos() / 1e9;
        tokens = Math.min((double) bandwidth.burstBytes(), tokens + Math.max(0, seconds) * bandwidth.bytesPerSecond());
        refilledAt = now;
        tokens -= bytes;
        return tokens >= 0 ? Duration.ZERO : Duration.ofNanos((long) (-tokens / bandwidth.bytesPerSecond() * 1e9));
    }
}

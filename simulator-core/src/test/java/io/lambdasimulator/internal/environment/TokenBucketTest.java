package io.lambdasimulator.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.internal.environment.EnvironmentSettings.Bandwidth;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

    private static final long MIB = 1_048_576;
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final TokenBucket bucket = new TokenBucket(new Bandwidth(6 * MIB, 2 * MIB), START);

    @Test
    void the_burst_flows_at_full_speed() {
        assertThat(bucket.take(6 * MIB, START)).isZero();
    }

    @Test
    void what_exceeds_the_burst_flows_at_the_rate() {
        bucket.take(6 * MIB, START);

        assertThat(bucket.take(MIB, START)).isEqualTo(Duration.ofMillis(500));
        assertThat(bucket.take(MIB, START.plusMillis(500))).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void idle_time_fills_the_burst_again_and_no_more_than_that() {
        bucket.take(6 * MIB, START);

        assertThat(bucket.take(6 * MIB, START.plusSeconds(60))).isZero();
        assertThat(bucket.take(1, START.plusSeconds(60))).isPositive();
    }
}

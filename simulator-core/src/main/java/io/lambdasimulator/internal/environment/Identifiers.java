package io.lambdasimulator.internal.environment;

import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Ids as the service makes them. */
final class Identifiers {

    private final Clock clock;

    Identifiers(Clock clock) {
        this.clock = clock;
    }

    String requestId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long high = (random.nextLong() & ~0xf000L) | 0x4000L;
        long low = (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
        return new UUID(high, low).toString();
    }

    /** The form the service sends since 2025 when the caller sent none: not sampled. */
    String traceId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return String.format(
                "Root=1-%08x-%08x%016x;Parent=%016x;Sampled=0;Lineage=1:%08x:0",
                clock.instant().getEpochSecond(),
                random.nextInt(),
                random.nextLong(),
                random.nextLong(),
                random.nextInt());
    }
}

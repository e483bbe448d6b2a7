package io.lambdasimulator.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.time.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class OwnerTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private final Owner owner =
            new Owner(clock, clock, Runnable::run, new RecordingEventLog(clock, 10), Activity.under(clock));

    @Test
    void a_virtual_clock_waits_for_what_was_decided_until_it_is_carried_out_by_whichever_thread() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Boolean> second = new CompletableFuture<>();
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> owner.act(() -> owner.effect(() -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        })));
        begun.await();
        owner.act(() -> owner.effect(() -> second.complete(true))); // left to the other thread

        assertThatThrownBy(() -> clock.settle(Duration.ofMillis(50)))
                .hasMessageContaining("busy: a step of the environment.");
        assertThat(second).isNotDone();

        goOn.countDown();
        clock.settle();
        assertThat(second).isDone();
        assertThat(other).succeedsWithin(LIMIT);
    }
}

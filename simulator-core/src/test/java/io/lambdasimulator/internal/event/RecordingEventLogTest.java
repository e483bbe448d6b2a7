package io.lambdasimulator.internal.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RecordingEventLogTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final RecordingEventLog log = new RecordingEventLog(Clock.fixed(NOON, ZoneOffset.UTC), 3);

    @Test
    void the_oldest_entries_make_room_and_are_counted() {
        for (int i = 0; i < 5; i++) {
            log.append(new Event.InvocationQueued("r-" + i));
        }

        assertThat(log.entries()).extracting(EventLog.Entry::sequence).containsExactly(2L, 3L, 4L);
        assertThat(log.dropped()).isEqualTo(2);
        assertThat(log.events(Event.InvocationQueued.class))
                .extracting(Event.InvocationQueued::requestId)
                .containsExactly("r-2", "r-3", "r-4");
    }

    @Test
    void instants_never_run_backwards() {
        log.append(NOON.plusSeconds(1), new Event.InitStarted(InitPhase.INIT, ""));
        log.append(NOON, new Event.InitStarted(InitPhase.INIT, ""));

        assertThat(log.entries()).extracting(EventLog.Entry::time).containsOnly(NOON.plusSeconds(1));
    }

    @Test
    void awaiting_finds_what_happened_before() {
        log.append(new Event.InvocationQueued("r-1"));

        assertThat(log.await(Event.InvocationQueued.class, event -> true, Duration.ZERO)
                        .requestId())
                .isEqualTo("r-1");
    }

    @Test
    void awaiting_finds_what_happens_later_even_if_much_happens() {
        CompletableFuture<Event.InvocationQueued> found = CompletableFuture.supplyAsync(() -> log.await(
                Event.InvocationQueued.class, event -> event.requestId().equals("wanted"), LIMIT));
        for (int i = 0; i < 100; i++) {
            log.append(new Event.InitStarted(InitPhase.INIT, ""));
        }
        log.append(new Event.InvocationQueued("wanted"));

        assertThat(found).succeedsWithin(LIMIT);
    }

    @Test
    void awaiting_in_vain_tells_what_was_seen_instead() {
        log.append(new Event.InvocationQueued("r-1"));

        assertThatThrownBy(() -> log.await(
                        Event.InvocationQueued.class, event -> event.requestId().equals("r-2"), Duration.ofMillis(10)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("no InvocationQueued as expected within 10 ms")
                .hasMessageContaining("InvocationQueued[requestId=r-1]");
    }

    @Test
    void a_reader_is_told_the_end_once_it_has_read_everything() throws InterruptedException {
        log.append(new Event.InitStarted(InitPhase.INIT, ""));
        log.close();

        assertThat(log.awaitFrom(0)).hasSize(1);
        assertThat(log.awaitFrom(1)).isEmpty();
    }

    @Test
    void output_is_bounded_by_its_characters() {
        RecordingEventLog log = new RecordingEventLog(Clock.systemUTC(), 1_000);
        String mebi = "x".repeat(1 << 20);
        for (int i = 0; i < 100; i++) {
            log.append(new Event.ProcessOutput(Participant.RUNTIME, Event.OutputStream.STDOUT, mebi));
        }

        assertThat(log.entries()).hasSize(64);
        assertThat(log.entries().get(0).sequence()).isEqualTo(36);
        assertThat(log.dropped()).isEqualTo(36);
    }
}

package io.lambdasimulator.internal.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.Event.OutputStream;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.telemetry.delivery.Buffering;
import io.lambdasimulator.internal.telemetry.delivery.Destination;
import io.lambdasimulator.internal.telemetry.delivery.Feed;
import io.lambdasimulator.telemetry.TelemetryType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a subscriber reads of a log that keeps ten events. */
class LogFeedTest {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-01T12:00:00Z"), ZoneOffset.UTC);

    private final RecordingEventLog log = new RecordingEventLog(CLOCK, 10);

    private LogFeed platform() {
        Subscription subscription = new Subscription(
                Schema.TELEMETRY_2025_01_29,
                List.of(TelemetryType.PLATFORM),
                new Buffering(1000, 262_144, Duration.ofMillis(25)),
                new Destination.Tcp(9));
        return new LogFeed(log, 0, CLOCK, new TelemetryRecords(FunctionConfiguration.defaults()), subscription);
    }

    private void starts(int count) {
        for (int i = 0; i < count; i++) {
            log.append(new Event.InvocationStarted("r", "$LATEST", Instant.EPOCH, "", Optional.empty()));
        }
    }

    private void lines(int count, String line) {
        for (int i = 0; i < count; i++) {
            log.append(new Event.ProcessOutput(Participant.RUNTIME, OutputStream.STDOUT, line));
        }
    }

    @Test
    void what_was_gone_before_the_subscription_is_no_loss() {
        starts(3);
        lines(9, "a line");
        LogFeed feed = platform();

        Feed.Chunk chunk = feed.read(feed.begin(), 256);

        assertThat(feed.begin()).isEqualTo(2);
        assertThat(chunk.events()).hasSize(1);
        assertThat(chunk.lost()).isZero();
        assertThat(chunk.next()).isEqualTo(12);
    }

    @Test
    void of_what_goes_unread_only_that_counts_which_was_asked_for() {
        LogFeed feed = platform();
        starts(4);
        Feed.Chunk read = feed.read(feed.begin(), 2);
        lines(11, "a line");
        starts(1);

        Feed.Chunk chunk = feed.read(read.next(), 256);

        assertThat(read.events()).hasSize(2);
        assertThat(chunk.lost()).isEqualTo(2);
        assertThat(chunk.events()).hasSize(1);
        assertThat(feed.read(chunk.next(), 256)).isEqualTo(new Feed.Chunk(List.of(), 16, 0));
    }

    @Test
    void large_lines_are_read_a_few_at_once() {
        lines(6, "x".repeat(400_000));
        LogFeed feed = platform();

        assertThat(feed.read(0, 256).next()).isEqualTo(3);
        assertThat(feed.read(3, 256).next()).isEqualTo(6);
    }
}

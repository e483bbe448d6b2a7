package io.lambdasimulator.internal.telemetry.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchOutcome;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchReport;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.time.VirtualClock;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events as lines on a connection. */
@Timeout(60)
class TcpDeliveryTest {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final VirtualClock clock = VirtualClock.startingAt(START);
    private final ListFeed feed = new ListFeed();
    private final Deliveries deliveries = new Deliveries(clock, clock, Activity.under(clock));
    private TcpConsumer consumer = TcpConsumer.reading();

    @AfterEach
    void close() {
        deliveries.close();
        consumer.close();
    }

    private Subscriber subscribe(int maxItems) {
        Subscriber subscriber = deliveries.subscribe(
                "my-extension",
                feed,
                0,
                new Buffering(maxItems, 262_144, Duration.ofMillis(100)),
                new Destination.Tcp(consumer.port()));
        feed.wakes(subscriber);
        return subscriber;
    }

    @Test
    void each_event_is_a_line_on_one_connection() throws Exception {
        subscribe(2);
        feed.log("{\"ä\":1}", "2", "3", "4");

        assertThat(consumer.line()).isEqualTo("{\"ä\":1}");
        assertThat(consumer.line()).isEqualTo("2");
        assertThat(consumer.line()).isEqualTo("3");
        assertThat(consumer.line()).isEqualTo("4");
        assertThat(consumer.connections()).isEqualTo(1);
    }

    @Test
    void nobody_connects_before_there_is_an_event() {
        subscribe(1);
        clock.advance(Duration.ofMinutes(1));

        assertThat(consumer.connections()).isZero();
    }

    @Test
    void while_nobody_listens_it_is_tried_again() throws Exception {
        int port = consumer.port();
        Subscriber subscriber = subscribe(1);
        consumer.close();
        feed.log("1");
        clock.advance(Duration.ofMillis(500));
        assertThat(subscriber.statistics().attempts()).isEqualTo(3);

        consumer = TcpConsumer.readingAt(port);
        clock.advance(Duration.ofMillis(200));

        assertThat(consumer.line()).isEqualTo("1");
        assertThat(subscriber.statistics().batches().get(0).settled()).contains(START.plusMillis(700));
    }

    @Test
    void what_nobody_listened_for_is_dropped_in_the_end() {
        Subscriber subscriber = subscribe(1);
        consumer.close();
        feed.log("1");
        clock.advance(Duration.ofMinutes(1));

        assertThat(subscriber.statistics().batches())
                .extracting(BatchReport::attempts, BatchReport::outcome)
                .containsExactly(tuple(5, BatchOutcome.DROPPED));
        assertThat(subscriber.statistics().dropping().orElseThrow().reason())
                .isEqualTo("could not send events: Connection refused");
    }

    @Test
    void a_consumer_that_closed_the_connection_is_connected_to_anew() throws Exception {
        Subscriber subscriber = subscribe(1);
        feed.log("1");
        assertThat(consumer.line()).isEqualTo("1");
        assertThat(subscriber.accepted(0).toCompletableFuture()).succeedsWithin(LONG);
        Socket first = consumer.connection();
        first.getOutputStream().write(new byte[100]); // nobody asked for it
        first.close();

        feed.log("2");

        assertThat(consumer.line()).isEqualTo("2");
        assertThat(consumer.connections()).isEqualTo(2);
    }

    @Test
    void what_is_not_written_in_a_second_is_dropped_and_the_next_goes_by_another_connection() throws Exception {
        consumer.close();
        consumer = TcpConsumer.thatNeverReads();
        String large = "\"" + "x".repeat(7_000_000) + "\"";
        Subscriber subscriber = subscribe(1);
        feed.log(large, "2");
        clock.advance(Duration.ofSeconds(2));

        assertThat(subscriber.statistics().batches())
                .extracting(BatchReport::attempts, BatchReport::outcome, BatchReport::settled)
                .containsExactly(
                        tuple(1, BatchOutcome.DROPPED, Optional.of(START.plusSeconds(1))),
                        tuple(1, BatchOutcome.ACCEPTED, Optional.of(START.plusSeconds(1))));
        consumer.connection();
        consumer.connection();
        assertThat(subscriber.statistics().dropping()).isEmpty();
    }

    @Test
    void a_write_that_breaks_drops_the_batch_at_once() throws Exception {
        consumer.close();
        consumer = TcpConsumer.thatNeverReads();
        Subscriber subscriber = subscribe(1);
        feed.log("\"" + "x".repeat(7_000_000) + "\"");
        Socket connection = consumer.connection();
        connection.setSoLinger(true, 0);
        connection.close();
        clock.settle();

        assertThat(subscriber.statistics().dropped()).isEqualTo(1);
        assertThat(subscriber.statistics().attempts()).isEqualTo(1);
        assertThat(subscriber.statistics().dropping().orElseThrow().reason()).startsWith("could not send events: ");
    }

    @Test
    void while_paused_a_write_has_all_the_time() throws Exception {
        consumer.close();
        consumer = TcpConsumer.thatNeverReads();
        Subscriber subscriber = subscribe(1);
        feed.log("\"" + "x".repeat(7_000_000) + "\"");
        Socket connection = consumer.connection();
        subscriber.pause();
        clock.advance(Duration.ofHours(1));
        assertThat(subscriber.statistics().waiting()).isEqualTo(1);

        connection.getInputStream().readNBytes(7_000_003);

        assertThat(subscriber.accepted(0).toCompletableFuture()).succeedsWithin(LONG);
    }
}

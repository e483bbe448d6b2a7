package io.lambdasimulator.internal.telemetry.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.internal.telemetry.delivery.Statistics.DropEpisode;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.time.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is lost, and how a subscriber is told of it. */
@Timeout(60)
class DropsTest {

    private static final String TOO_SLOW =
            "Some logs were dropped because the downstream consumer is slower than the logs production rate";
    private static final String MEBIBYTE = "x".repeat(1024 * 1024);
    private static final HttpConsumer.Manner REFUSES = HttpConsumer.status("500 Internal Server Error");

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private ListFeed feed = new ListFeed();
    private final Deliveries deliveries = new Deliveries(clock, clock, Activity.under(clock));
    private HttpConsumer consumer = new HttpConsumer(clock, HttpConsumer.ACCEPTS);

    @AfterEach
    void close() {
        deliveries.close();
        consumer.close();
    }

    private void consumerThat(HttpConsumer.Manner usual, HttpConsumer.Manner... first) {
        consumer.close();
        consumer = new HttpConsumer(clock, usual, first);
    }

    private Subscriber subscribe() {
        Subscriber subscriber = deliveries.subscribe(
                "my-extension", feed, 0, new Buffering(1, 262_144, Duration.ofMillis(100)), consumer.destination());
        feed.wakes(subscriber);
        return subscriber;
    }

    private static String notice(long records, long bytes, String reason) {
        return "{\"dropped\":" + records + ",\"bytes\":" + bytes + ",\"reason\":\"" + reason + "\"}";
    }

    @Test
    void the_next_accepted_batch_carries_one_notice_of_the_episode() {
        consumerThat(HttpConsumer.ACCEPTS, REFUSES, REFUSES, REFUSES, REFUSES, REFUSES, REFUSES);
        feed.log("100", "200", "3", "4");

        Subscriber subscriber = subscribe();
        clock.advance(Duration.ofMinutes(1));

        String told = notice(1, 3, "could not send events: the consumer answered 500");
        assertThat(consumer.bodies().subList(5, 9))
                .containsExactly("[" + told + ",200]", "[" + told + ",200]", "[3]", "[4]");
        assertThat(subscriber.statistics().dropping()).isEmpty();
        assertThat(subscriber.statistics().dropped()).isEqualTo(1);
        assertThat(subscriber.statistics().droppedBytes()).isEqualTo(3);
        assertThat(subscriber.statistics().accepted()).isEqualTo(3);
    }

    @Test
    void a_notice_that_is_dropped_is_no_loss_and_causes_no_other() {
        consumerThat(REFUSES);
        feed.log("10", "20");
        Subscriber subscriber = subscribe();
        clock.advance(Duration.ofMinutes(1));
        assertThat(consumer.all()).hasSize(10);

        assertThat(subscriber.statistics().dropping())
                .contains(new DropEpisode(2, 4, "could not send events: the consumer answered 500"));
        assertThat(subscriber.statistics().dropped()).isEqualTo(2);
        clock.advance(Duration.ofHours(1));
        assertThat(consumer.all()).hasSize(10);
    }

    @Test
    void a_notice_that_waits_goes_with_a_flush_even_alone() {
        consumerThat(HttpConsumer.ACCEPTS, REFUSES, REFUSES, REFUSES, REFUSES, REFUSES);
        feed.log("1");
        Subscriber subscriber = subscribe();
        clock.advance(Duration.ofMinutes(1));
        assertThat(consumer.all()).hasSize(5);

        CompletableFuture<?> flush = subscriber.flush().toCompletableFuture();

        assertThat(flush).succeedsWithin(Duration.ofSeconds(20));
        assertThat(consumer.bodies().subList(5, 6))
                .containsExactly("[" + notice(1, 1, "could not send events: the consumer answered 500") + "]");
        assertThat(subscriber.statistics().dropping()).isEmpty();
        assertThat(subscriber.statistics().accepted()).isZero();
    }

    @Test
    void a_flush_to_a_dead_consumer_tries_its_notice_once_and_ends() {
        consumerThat(REFUSES);
        feed.log("1");
        Subscriber subscriber = subscribe();

        CompletableFuture<?> flush = subscriber.flush().toCompletableFuture();
        clock.advance(Duration.ofMinutes(1));

        assertThat(flush).isCompleted();
        assertThat(consumer.all()).hasSize(10);
        assertThat(subscriber.statistics().dropped()).isEqualTo(1);
    }

    @Test
    void who_did_not_ask_for_platform_events_gets_no_notice() {
        feed = new ListFeed(false);
        consumerThat(HttpConsumer.ACCEPTS, REFUSES, REFUSES, REFUSES, REFUSES, REFUSES);
        feed.log("1");
        Subscriber subscriber = subscribe();
        clock.advance(Duration.ofMinutes(1));

        assertThat(subscriber.flush().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(20));
        assertThat(consumer.all()).hasSize(5);
        feed.log("2");
        clock.settle();

        assertThat(consumer.bodies().subList(5, 6)).containsExactly("[2]");
        assertThat(subscriber.statistics().dropping()).isEmpty();
    }

    @Test
    void no_more_than_8_MiB_wait() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        consumerThat(HttpConsumer.ACCEPTS, REFUSES, REFUSES, HttpConsumer.once(answer, HttpConsumer.ACCEPTS));
        Subscriber subscriber = subscribe();
        for (int i = 0; i < 7; i++) {
            feed.log(MEBIBYTE);
            clock.settle();
        }
        clock.advance(Duration.ofMillis(100)); // the second attempt
        feed.log(MEBIBYTE, MEBIBYTE, "12", "");
        clock.settle();

        Statistics full = subscriber.statistics();
        assertThat(full.waiting()).isEqualTo(9);
        assertThat(full.waitingBytes()).isEqualTo(8 * 1024 * 1024);
        assertThat(full.dropping()).contains(new DropEpisode(2, 1024 * 1024 + 2, TOO_SLOW));
        assertThat(consumer.take().body()).isEqualTo("[" + MEBIBYTE + "]");
        assertThat(consumer.take().body()).isEqualTo("[" + MEBIBYTE + "]");
        Thread advancing = new Thread(() -> clock.advance(Duration.ofMillis(200)));
        advancing.start();
        assertThat(consumer.take().body()).isEqualTo("[" + notice(2, 1024 * 1024 + 2, TOO_SLOW) + "," + MEBIBYTE + "]");

        // What is dropped while the notice is under way belongs to the next episode.
        feed.log("7");
        assertThat(subscriber.accepted(11).toCompletableFuture()).failsWithin(Duration.ofSeconds(20));
        answer.countDown();
        advancing.join();
        clock.settle();

        assertThat(consumer.bodies().get(3)).isEqualTo("[" + notice(1, 1, TOO_SLOW) + "," + MEBIBYTE + "]");
        assertThat(consumer.bodies().get(4)).isEqualTo("[" + MEBIBYTE + "]");
        Statistics now = subscriber.statistics();
        assertThat(now.accepted()).isEqualTo(9);
        assertThat(now.dropped()).isEqualTo(3);
        assertThat(now.dropping()).isEmpty();
    }

    @Test
    void who_has_not_failed_loses_nothing_however_large_it_is() throws Exception {
        String large = MEBIBYTE.repeat(9);
        CountDownLatch answer = new CountDownLatch(1);
        consumerThat(HttpConsumer.ACCEPTS, HttpConsumer.once(answer, HttpConsumer.ACCEPTS));
        Subscriber subscriber = subscribe();
        feed.log("1");
        assertThat(consumer.take().body()).isEqualTo("[1]");

        feed.log("2", large, "3", large, large, "4");
        answer.countDown();

        assertThat(subscriber.accepted(6).toCompletableFuture()).succeedsWithin(Duration.ofSeconds(20));
        assertThat(consumer.bodies().subList(1, 7))
                .containsExactly("[2]", "[" + large + "]", "[3]", "[" + large + "]", "[" + large + "]", "[4]");
        assertThat(subscriber.statistics().dropped()).isZero();
    }

    @Test
    void what_does_not_fit_while_nothing_is_sent_stays_in_the_log() {
        Subscriber subscriber = subscribe();
        subscriber.pause();
        for (int i = 0; i < 20; i++) {
            feed.log(MEBIBYTE);
        }
        clock.settle();
        assertThat(subscriber.statistics().waitingBytes()).isEqualTo(Subscriber.MOST_WAITING_BYTES);
        assertThat(subscriber.statistics().dropped()).isZero();
        subscriber.resume();

        assertThat(subscriber.flush().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(20));
        assertThat(subscriber.statistics().accepted()).isEqualTo(20);
        assertThat(subscriber.statistics().dropped()).isZero();
    }

    @Test
    void closing_drops_what_has_stayed_in_the_log() {
        Subscriber subscriber = subscribe();
        subscriber.pause();
        for (int i = 0; i < 300; i++) {
            feed.log(MEBIBYTE.substring(0, 100_000));
        }
        clock.settle();

        subscriber.close();

        assertThat(subscriber.ended().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(20));
        assertThat(subscriber.statistics().dropped()).isEqualTo(300);
        assertThat(subscriber.statistics().droppedBytes()).isEqualTo(30_000_000);
    }

    @Test
    void what_the_log_had_dropped_counts_as_lost() {
        feed.log("1", "2", "3");
        feed.forget(2);
        Subscriber subscriber = subscribe();
        clock.settle();

        assertThat(consumer.bodies()).containsExactly("[" + notice(2, 0, TOO_SLOW) + ",3]");
        assertThat(subscriber.statistics().dropped()).isEqualTo(2);
    }

    @Test
    void closing_drops_what_waits() {
        consumerThat(HttpConsumer.HANGS);
        Subscriber subscriber = subscribe();
        subscriber.hold(5);
        feed.log("1", "2", "3");
        clock.advance(Duration.ofMillis(200));
        feed.log("4", "5", "6", "7");

        subscriber.close();

        assertThat(subscriber.ended().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(20));
        assertThat(subscriber.statistics().accepted()).isZero();
        assertThat(subscriber.statistics().waiting()).isZero();
        assertThat(subscriber.statistics().waitingBytes()).isZero();
        assertThat(subscriber.statistics().dropped()).isEqualTo(7);
        assertThat(subscriber.accepted(0).toCompletableFuture())
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .withMessageContaining("7 records were dropped: the subscription was closed");
    }
}

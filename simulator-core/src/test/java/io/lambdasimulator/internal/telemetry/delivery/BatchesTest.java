package io.lambdasimulator.internal.telemetry.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchOutcome;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchReport;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.time.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which events go together, and when, on a clock that the test moves. */
@Timeout(60)
class BatchesTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final VirtualClock clock = VirtualClock.startingAt(START);
    private final ListFeed feed = new ListFeed();
    private final Deliveries deliveries = new Deliveries(clock, clock, Activity.under(clock));
    private HttpConsumer consumer = new HttpConsumer(clock, HttpConsumer.ACCEPTS);

    @AfterEach
    void close() {
        deliveries.close();
        consumer.close();
        assertThat(clock.nextDue()).as("timers that are left").isEmpty();
    }

    private Subscriber subscribe(int maxItems, int maxBytes, Duration timeout) {
        Subscriber subscriber = deliveries.subscribe(
                "my-extension", feed, 0, new Buffering(maxItems, maxBytes, timeout), consumer.destination());
        feed.wakes(subscriber);
        return subscriber;
    }

    private Subscriber subscribe() {
        return subscribe(1000, 262_144, Duration.ofMillis(100));
    }

    private void consumerThat(HttpConsumer.Manner usual, HttpConsumer.Manner... first) {
        consumer.close();
        consumer = new HttpConsumer(clock, usual, first);
    }

    private static Instant at(long millis) {
        return START.plusMillis(millis);
    }

    private static @Nullable Throwable failureOf(CompletableFuture<?> future) {
        try {
            future.orTimeout(20, TimeUnit.SECONDS).join();
            return null;
        } catch (CompletionException e) {
            return e.getCause();
        }
    }

    @Nested
    class A_batch_closes {

        @Test
        void with_the_event_that_makes_it_full() {
            feed.log("1", "2", "3", "4", "5");
            Subscriber subscriber = subscribe(2, 262_144, Duration.ofMillis(100));

            clock.settle();

            assertThat(consumer.bodies()).containsExactly("[1,2]", "[3,4]");
            assertThat(subscriber.statistics().waiting()).isEqualTo(1);
        }

        @Test
        void with_the_event_that_makes_it_large_enough() {
            feed.log("12345", "67890", "1");
            subscribe(1000, 6, Duration.ofMillis(100));

            clock.settle();

            assertThat(consumer.bodies()).containsExactly("[12345,67890]");
        }

        @Test
        void so_long_after_its_first_event() {
            subscribe();
            clock.advance(Duration.ofMillis(30));
            feed.log("1");
            clock.advance(Duration.ofMillis(99));
            feed.log("2");
            assertThat(consumer.all()).isEmpty();

            clock.advance(Duration.ofSeconds(1));

            assertThat(consumer.all()).singleElement().satisfies(request -> {
                assertThat(request.at()).isEqualTo(at(130));
                assertThat(request.body()).isEqualTo("[1,2]");
            });
        }

        @Test
        void without_what_comes_at_that_very_instant_whoever_is_heard_first() {
            var before = clock.schedule(() -> feed.log("before the batch's timer"), 100, TimeUnit.MILLISECONDS);
            feed.log("1");
            subscribe();
            clock.settle();
            var behind = clock.schedule(() -> feed.log("behind the batch's timer"), 100, TimeUnit.MILLISECONDS);

            clock.advance(Duration.ofMillis(200));

            assertThat(before.isDone()).isTrue();
            assertThat(behind.isDone()).isTrue();
            assertThat(consumer.all())
                    .extracting(HttpConsumer.Received::at, HttpConsumer.Received::body)
                    .containsExactly(
                            tuple(at(100), "[1]"),
                            tuple(at(200), "[before the batch's timer,behind the batch's timer]"));
        }

        @Test
        void anywhere_in_an_entry_of_several_events() {
            feed.logEntry("1", "2", "3");
            feed.logEntry();
            Subscriber subscriber = subscribe(2, 262_144, Duration.ofMillis(100));
            CompletableFuture<?> first = subscriber.accepted(0).toCompletableFuture();
            clock.settle();

            assertThat(consumer.bodies()).containsExactly("[1,2]");
            assertThat(first).isNotDone();
            clock.advance(Duration.ofMillis(100));
            assertThat(consumer.bodies()).containsExactly("[1,2]", "[3]");
            assertThat(first).isCompleted();
            assertThat(subscriber.accepted(1).toCompletableFuture()).succeedsWithin(Duration.ofSeconds(20));
        }
    }

    @Nested
    class One_batch_is_in_flight {

        @Test
        void and_the_next_goes_when_it_was_accepted() throws Exception {
            CountDownLatch answer = new CountDownLatch(1);
            consumerThat(HttpConsumer.ACCEPTS, HttpConsumer.once(answer, HttpConsumer.ACCEPTS));
            feed.log("1", "2", "3");
            Subscriber subscriber = subscribe(1, 262_144, Duration.ofMillis(100));
            consumer.take();

            assertThat(subscriber.statistics().batches())
                    .filteredOn(batch -> batch.attempts() > 0)
                    .hasSize(1);
            answer.countDown();
            clock.settle();

            assertThat(consumer.bodies()).containsExactly("[1]", "[2]", "[3]");
            assertThat(subscriber.statistics().waiting()).isZero();
        }
    }

    @Nested
    class What_is_not_accepted {

        @Test
        void is_sent_again_after_100_200_400_and_800_ms_and_dropped_then() {
            consumerThat(HttpConsumer.status("500 Internal Server Error"));
            feed.log("1");
            Subscriber subscriber = subscribe(1, 262_144, Duration.ofMillis(100));

            clock.advance(Duration.ofSeconds(10));

            assertThat(consumer.all())
                    .extracting(HttpConsumer.Received::at)
                    .containsExactly(at(0), at(100), at(300), at(700), at(1500));
            assertThat(subscriber.statistics().batches())
                    .containsExactly(
                            new BatchReport(0, 0, 1, 1, 5, at(0), at(0), Optional.of(at(1500)), BatchOutcome.DROPPED));
            assertThat(failureOf(subscriber.accepted(0).toCompletableFuture()))
                    .hasMessage(
                            "my-extension has not accepted everything up to place 0: from place 0 on, 1 records were"
                                    + " dropped: could not send events: the consumer answered 500");
        }

        @Test
        void has_a_second_for_each_attempt() {
            consumerThat(HttpConsumer.HANGS);
            feed.log("1");
            Subscriber subscriber = subscribe(1, 262_144, Duration.ofMillis(100));

            clock.advance(Duration.ofSeconds(10));

            assertThat(consumer.all())
                    .extracting(HttpConsumer.Received::at)
                    .containsExactly(at(0), at(1100), at(2300), at(3700), at(5500));
            assertThat(subscriber.statistics().batches().get(0).settled()).contains(at(6500));
        }
    }

    @Nested
    class While_paused {

        @Test
        void batches_close_but_none_is_sent() {
            Subscriber subscriber = subscribe(1, 262_144, Duration.ofMillis(100));
            subscriber.pause();
            feed.log("1", "2");
            clock.advance(Duration.ofHours(1));
            assertThat(consumer.all()).isEmpty();
            assertThat(subscriber.statistics().batches()).hasSize(2);

            subscriber.resume();
            clock.settle();

            assertThat(consumer.bodies()).containsExactly("[1]", "[2]");
            assertThat(consumer.all().get(0).at()).isEqualTo(at(3_600_000));
        }

        @Test
        void the_time_limit_of_an_attempt_stands_still() {
            consumerThat(HttpConsumer.ACCEPTS, HttpConsumer.HANGS);
            feed.log("1");
            Subscriber subscriber = subscribe(1, 262_144, Duration.ofMillis(100));
            clock.advance(Duration.ofMillis(400));
            subscriber.pause();
            clock.advance(Duration.ofHours(1));
            subscriber.resume();

            clock.advance(Duration.ofSeconds(10));

            assertThat(consumer.all())
                    .extracting(HttpConsumer.Received::at)
                    .containsExactly(at(0), at(3_600_000 + 1000 + 100));
        }

        @Test
        void a_back_off_stands_still() {
            consumerThat(HttpConsumer.ACCEPTS, HttpConsumer.status("503 Not Now"));
            feed.log("1");
            Subscriber subscriber = subscribe(1, 262_144, Duration.ofMillis(100));
            clock.advance(Duration.ofMillis(40));
            subscriber.pause();
            clock.advance(Duration.ofHours(1));
            subscriber.resume();

            clock.advance(Duration.ofSeconds(10));

            assertThat(consumer.all())
                    .extracting(HttpConsumer.Received::at)
                    .containsExactly(at(0), at(3_600_000 + 100));
        }

        @Test
        void an_answer_counts_and_the_back_off_after_it_waits() throws Exception {
            CountDownLatch answer = new CountDownLatch(1);
            consumerThat(
                    HttpConsumer.ACCEPTS, HttpConsumer.once(answer, HttpConsumer.status("500 Internal Server Error")));
            feed.log("1");
            Subscriber subscriber = subscribe(1, 262_144, Duration.ofMillis(100));
            consumer.take();
            subscriber.pause();
            answer.countDown();
            clock.advance(Duration.ofHours(1));
            assertThat(consumer.all()).hasSize(1);

            subscriber.resume();
            clock.advance(Duration.ofSeconds(10));

            assertThat(consumer.all().get(1).at()).isEqualTo(at(3_600_000 + 100));
        }

        @Test
        void a_flush_waits_for_nothing() {
            Subscriber subscriber = subscribe();
            feed.log("1");
            clock.settle();
            subscriber.pause();

            CompletableFuture<?> flush = subscriber.flush().toCompletableFuture();
            clock.settle();

            assertThat(flush).isCompleted();
            assertThat(consumer.all()).isEmpty();
        }
    }

    @Nested
    class A_flush {

        @Test
        void sends_what_is_in_the_log_and_completes_when_it_is_accepted() throws Exception {
            CountDownLatch answer = new CountDownLatch(1);
            consumerThat(HttpConsumer.ACCEPTS, HttpConsumer.once(answer, HttpConsumer.ACCEPTS));
            Subscriber subscriber = subscribe();
            feed.log("1", "2");

            CompletableFuture<?> flush = subscriber.flush().toCompletableFuture();
            feed.log("3");

            assertThat(consumer.take().body()).isEqualTo("[1,2]");
            assertThat(flush).isNotDone();
            answer.countDown();
            assertThat(flush).succeedsWithin(Duration.ofSeconds(20));
            assertThat(clock.instant()).isEqualTo(START);
            clock.advance(Duration.ofMillis(100));
            assertThat(consumer.bodies()).containsExactly("[1,2]", "[3]");
        }

        @Test
        void of_nothing_is_complete() {
            Subscriber subscriber = subscribe();

            assertThat(subscriber.flush().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(20));

            assertThat(consumer.all()).isEmpty();
        }

        @Test
        void is_complete_when_what_it_sends_was_dropped() {
            consumerThat(HttpConsumer.RESETS);
            Subscriber subscriber = subscribe();
            feed.log("1");

            CompletableFuture<?> flush = subscriber.flush().toCompletableFuture();
            clock.advance(Duration.ofSeconds(10));

            assertThat(flush).isCompleted();
            assertThat(subscriber.statistics().dropped()).isEqualTo(1);
        }

        @Test
        void is_complete_when_the_subscriber_is_paused_or_closed_meanwhile() throws Exception {
            consumerThat(HttpConsumer.HANGS);
            Subscriber subscriber = subscribe();
            feed.log("1");
            CompletableFuture<?> first = subscriber.flush().toCompletableFuture();
            consumer.take();

            subscriber.pause();
            assertThat(first).succeedsWithin(Duration.ofSeconds(20));
            subscriber.resume();
            CompletableFuture<?> second = subscriber.flush().toCompletableFuture();
            subscriber.close();

            assertThat(second).succeedsWithin(Duration.ofSeconds(20));
            deliveries.close();
            assertThat(subscriber.flush().toCompletableFuture()).isCompleted();
            assertThat(failureOf(subscriber.accepted(7).toCompletableFuture()))
                    .hasMessageContaining("the subscription was closed");
        }
    }

    @Nested
    class What_is_held {

        @Test
        void waits_until_it_is_released() {
            Subscriber subscriber = subscribe(2, 262_144, Duration.ofMillis(100));
            subscriber.hold(3);
            feed.log("0", "1", "2", "3", "4");
            clock.advance(Duration.ofHours(1));
            assertThat(consumer.bodies()).containsExactly("[0,1]", "[2]");

            subscriber.release();
            clock.advance(Duration.ofMillis(100));

            assertThat(consumer.bodies()).containsExactly("[0,1]", "[2]", "[3,4]");
        }

        @Test
        void is_taken_out_of_batches_that_have_not_left() {
            Subscriber subscriber = subscribe(2, 262_144, Duration.ofMillis(100));
            subscriber.pause();
            feed.log("0", "1", "2", "3", "4", "5", "6");
            clock.settle();
            subscriber.hold(3);
            subscriber.resume();
            clock.advance(Duration.ofHours(1));
            assertThat(consumer.bodies()).containsExactly("[0,1]", "[2]");
            assertThat(subscriber.accepted(2).toCompletableFuture()).succeedsWithin(Duration.ofSeconds(20));
            assertThat(subscriber.statistics().waiting()).isEqualTo(4);

            subscriber.release();
            clock.advance(Duration.ofHours(1));

            assertThat(consumer.bodies()).containsExactly("[0,1]", "[2]", "[3,4]", "[5,6]");
        }

        @Test
        void is_not_flushed() {
            Subscriber subscriber = subscribe();
            subscriber.hold(1);
            feed.log("0", "1");

            assertThat(subscriber.flush().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(20));

            assertThat(consumer.bodies()).containsExactly("[0]");
        }
    }

    @Test
    void statistics_say_what_was_delivered_and_how_far_behind_it_is() {
        Subscriber subscriber = subscribe(2, 262_144, Duration.ofMillis(100));
        feed.log("10", "20", "30");
        clock.advance(Duration.ofMillis(70));

        Statistics now = subscriber.statistics();

        assertThat(now.batches())
                .containsExactly(
                        new BatchReport(0, 1, 2, 4, 1, at(0), at(0), Optional.of(at(0)), BatchOutcome.ACCEPTED));
        assertThat(now.attempts()).isEqualTo(1);
        assertThat(now.accepted()).isEqualTo(2);
        assertThat(now.acceptedBytes()).isEqualTo(4);
        assertThat(now.waiting()).isEqualTo(1);
        assertThat(now.waitingBytes()).isEqualTo(2);
        assertThat(now.dropped()).isZero();
        assertThat(now.lag()).isEqualTo(new Statistics.Lag(1, Duration.ofMillis(70)));
        assertThat(now.dropping()).isEmpty();
    }
}

package io.lambdasimulator.internal.telemetry.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.internal.time.Activity;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several subscribers beside each other, in real time. */
@Timeout(60)
class DeliveriesTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final Set<Thread> before = threads();
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    private final ListFeed feed = new ListFeed();
    private final Deliveries deliveries = new Deliveries(Clock.systemUTC(), scheduler, Activity.notKept());
    private final List<AutoCloseable> consumers = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        deliveries.close();
        scheduler.shutdownNow();
        for (AutoCloseable consumer : consumers) {
            consumer.close();
        }
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("lambda-telemetry"))
                .collect(Collectors.toSet());
    }

    private Set<Thread> newThreads() {
        Set<Thread> now = threads();
        now.removeAll(before);
        return now;
    }

    private HttpConsumer consumerThat(HttpConsumer.Manner usual) {
        HttpConsumer consumer = new HttpConsumer(Clock.systemUTC(), usual);
        consumers.add(consumer);
        return consumer;
    }

    private Subscriber subscribe(Destination destination) {
        Subscriber subscriber = deliveries.subscribe(
                "my-extension", feed, 0, new Buffering(1000, 262_144, Duration.ofMillis(25)), destination);
        feed.wakes(subscriber);
        return subscriber;
    }

    @Test
    void nothing_is_started_before_the_first_subscription() {
        assertThat(newThreads()).isEmpty();
    }

    @Test
    void those_who_misbehave_hold_up_nobody() {
        TcpConsumer never = TcpConsumer.thatNeverReads();
        consumers.add(never);
        for (int i = 0; i < 20; i++) {
            subscribe(consumerThat(HttpConsumer.HANGS).destination());
            subscribe(consumerThat(HttpConsumer.ANSWERS_WITHOUT_END).destination());
            subscribe(new Destination.Tcp(never.port()));
        }
        HttpConsumer good = consumerThat(HttpConsumer.ACCEPTS);
        Subscriber subscriber = subscribe(good.destination());
        String large = "\"" + "x".repeat(100_000) + "\"";

        for (int i = 0; i < 50; i++) {
            feed.log(large);
        }

        assertThat(subscriber.accepted(49).toCompletableFuture()).succeedsWithin(LONG);
        assertThat(subscriber.statistics().dropped()).isZero();
    }

    @Test
    void closing_leaves_no_thread_and_takes_no_time_whoever_hangs() {
        TcpConsumer never = TcpConsumer.thatNeverReads();
        consumers.add(never);
        HttpConsumer hanging = consumerThat(HttpConsumer.HANGS);
        Subscriber http = subscribe(hanging.destination());
        Subscriber tcp = subscribe(new Destination.Tcp(never.port()));
        feed.log("\"" + "x".repeat(7_000_000) + "\"");
        CompletableFuture<?> flush = http.flush().toCompletableFuture();
        CompletableFuture<?> accepted = tcp.accepted(0).toCompletableFuture();
        assertThat(newThreads()).isNotEmpty();

        assertThat(CompletableFuture.runAsync(deliveries::close)).succeedsWithin(Duration.ofSeconds(2));

        Awaitility.await("threads that were told to end")
                .atMost(LONG)
                .until(() -> newThreads().isEmpty());
        assertThat(flush).isCompleted();
        assertThat(accepted).isCompletedExceptionally();
        assertThat(http.statistics().dropped()).isEqualTo(1);
        assertThat(tcp.statistics().dropped()).isEqualTo(1);
    }

    @Test
    void nobody_subscribes_afterwards() {
        deliveries.close();

        assertThatThrownBy(() -> subscribe(new Destination.Tcp(4243)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("my-extension cannot subscribe: the environment is closed");
    }

    @Test
    void a_feed_that_fails_ends_its_subscriber_alone() {
        HttpConsumer consumer = consumerThat(HttpConsumer.ACCEPTS);
        Feed broken = new Feed() {
            @Override
            public Chunk read(long from, int atMost) {
                throw new IllegalStateException("no such entry");
            }

            @Override
            public long end() {
                return 1;
            }

            @Override
            public byte[] logsDropped(long records, long bytes, String reason) {
                return new byte[0];
            }
        };
        Subscriber subscriber = deliveries.subscribe(
                "broken", broken, 0, new Buffering(1, 1, Duration.ofMillis(25)), consumer.destination());
        Subscriber good = subscribe(consumer.destination());
        feed.log("1");

        assertThat(subscriber.accepted(0).toCompletableFuture())
                .failsWithin(LONG)
                .withThrowableThat()
                .withMessageContaining("its delivery failed: java.lang.IllegalStateException: no such entry");
        assertThat(subscriber.flush().toCompletableFuture()).succeedsWithin(LONG);
        assertThat(good.accepted(0).toCompletableFuture()).succeedsWithin(LONG);
    }
}

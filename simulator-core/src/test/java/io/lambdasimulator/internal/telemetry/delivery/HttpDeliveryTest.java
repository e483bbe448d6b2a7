package io.lambdasimulator.internal.telemetry.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches as requests, to consumers that behave and to those that do not. */
@Timeout(60)
class HttpDeliveryTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private final ListFeed feed = new ListFeed();
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

    private Subscriber subscribe(Destination destination) {
        Subscriber subscriber = deliveries.subscribe(
                "my-extension", feed, 0, new Buffering(1, 262_144, Duration.ofMillis(100)), destination);
        feed.wakes(subscriber);
        return subscriber;
    }

    private Subscriber subscribe() {
        return subscribe(consumer.destination());
    }

    /** Lets a first batch meet the consumer's first manner, and says why it was dropped or sent again. */
    private Statistics afterOneEvent() {
        feed.log("1");
        Subscriber subscriber = subscribe();
        clock.advance(Duration.ofMinutes(1));
        return subscriber.statistics();
    }

    @Nested
    class A_request {

        @Test
        void is_an_array_of_events_with_its_hash() throws Exception {
            feed.log("{\"ä\":1}");
            subscribe();

            HttpConsumer.Received request = consumer.take();

            assertThat(request.method()).isEqualTo("POST");
            assertThat(request.target()).isEqualTo("/");
            assertThat(request.body()).isEqualTo("[{\"ä\":1}]");
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(request.body().getBytes(StandardCharsets.UTF_8));
            assertThat(request.headers())
                    .containsOnlyKeys("host", "content-type", "content-length", "sequence-id")
                    .containsEntry("host", "sandbox.localdomain:" + consumer.port())
                    .containsEntry("content-type", "application/json")
                    .containsEntry("sequence-id", Base64.getEncoder().encodeToString(hash));
        }

        @Test
        void goes_to_the_path_and_query_as_they_were_given() throws Exception {
            feed.log("1");
            subscribe(consumer.destination("/a%2Fb//c/?x=%20y&x=z&&q"));

            assertThat(consumer.take().target()).isEqualTo("/a%2Fb//c/?x=%20y&x=z&&q");
        }

        @Test
        void may_be_a_PUT() throws Exception {
            feed.log("1");
            subscribe(new Destination.Http(URI.create("http://sandbox:" + consumer.port()), "PUT"));

            HttpConsumer.Received request = consumer.take();

            assertThat(request.method()).isEqualTo("PUT");
            assertThat(request.target()).isEqualTo("/");
            assertThat(request.headers()).containsEntry("host", "sandbox:" + consumer.port());
        }

        @Test
        void uses_the_connection_of_the_one_before() {
            feed.log("1", "2", "3");
            subscribe();
            clock.settle();

            assertThat(consumer.all())
                    .extracting(HttpConsumer.Received::connection)
                    .containsExactly(1, 1, 1);
        }
    }

    @Nested
    class It_is_accepted_with {

        @Test
        void any_2xx() {
            consumerThat(HttpConsumer.status("299 Whatever"));

            assertThat(afterOneEvent().accepted()).isEqualTo(1);
            assertThat(consumer.all()).hasSize(1);
        }

        @Test
        void a_2xx_whose_body_has_no_end() {
            consumerThat(HttpConsumer.ANSWERS_WITHOUT_END);
            Instant start = clock.instant();

            Statistics statistics = afterOneEvent();

            assertThat(statistics.accepted()).isEqualTo(1);
            assertThat(statistics.batches().get(0).settled()).contains(start);
            assertThat(consumer.all()).hasSize(1);
        }

        @Test
        void a_2xx_whose_body_does_not_come() {
            consumerThat((socket, out) -> {
                out.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12".getBytes(StandardCharsets.UTF_8));
                HttpConsumer.HANGS.answer(socket, out);
            });

            assertThat(afterOneEvent().accepted()).isEqualTo(1);
            assertThat(consumer.all()).hasSize(1);
        }
    }

    @Nested
    class It_is_sent_again_after {

        private void isSentAgain(HttpConsumer.Manner manner) {
            consumerThat(HttpConsumer.ACCEPTS, manner);

            Statistics statistics = afterOneEvent();

            assertThat(consumer.bodies()).containsExactly("[1]", "[1]");
            assertThat(statistics.accepted()).isEqualTo(1);
            assertThat(statistics.attempts()).isEqualTo(2);
        }

        @Test
        void a_redirect_which_is_not_followed() {
            try (HttpConsumer other = new HttpConsumer(clock, HttpConsumer.ACCEPTS)) {
                isSentAgain(HttpConsumer.status(
                        "307 Temporary Redirect", "Location: http://127.0.0.1:" + other.port() + "/"));
                assertThat(other.all()).isEmpty();
            }
        }

        @Test
        void a_status_of_3xx_to_5xx() {
            isSentAgain(HttpConsumer.status("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\""));
        }

        @Test
        void a_reset() {
            isSentAgain(HttpConsumer.RESETS);
        }

        @Test
        void a_close() {
            isSentAgain(HttpConsumer.CLOSES);
        }

        @Test
        void garbage() {
            isSentAgain(HttpConsumer.ANSWERS_GARBAGE);
        }

        @Test
        void a_second_of_silence() {
            isSentAgain(HttpConsumer.HANGS);
        }
    }

    @Nested
    class It_is_dropped {

        private String reasonAt(int port, String event) {
            feed.log(event);
            Subscriber subscriber = subscribe(new Destination.Http(URI.create("http://sandbox:" + port), "POST"));
            clock.advance(Duration.ofMinutes(1));
            assertThat(subscriber.statistics().attempts()).isEqualTo(5);
            return subscriber.statistics().dropping().orElseThrow().reason();
        }

        @Test
        void when_nobody_listens() throws IOException {
            int port;
            try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = listener.getLocalPort();
            }

            assertThat(reasonAt(port, "1")).isEqualTo("could not send events: nobody listens");
        }

        @Test
        void when_the_consumer_never_reads() throws IOException {
            try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {

                assertThat(reasonAt(silent.getLocalPort(), "x".repeat(7_000_000)))
                        .isEqualTo("could not send events: no answer within 1000 ms");
            }
        }
    }

    @Test
    void a_consumer_that_comes_late_gets_everything() throws Exception {
        int port = consumer.port();
        consumer.close();
        feed.log("1", "2");
        Subscriber subscriber = subscribe(new Destination.Http(URI.create("http://sandbox:" + port), "POST"));
        clock.advance(Duration.ofMillis(500));
        assertThat(subscriber.statistics().attempts()).isEqualTo(3);

        try (HttpConsumer late = HttpConsumer.at(port, clock)) {
            clock.advance(Duration.ofMillis(200));

            assertThat(subscriber.accepted(1).toCompletableFuture()).succeedsWithin(LONG);
            assertThat(late.bodies()).containsExactly("[1]", "[2]");
        }
    }
}

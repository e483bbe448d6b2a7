package io.lambdasimulator.internal.http;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ApiServerPiecesTest {

    private static final Answer HEAD = Answer.empty(200).with("X-Kind", "pieces");

    private final BlockingQueue<Exchange> exchanges = new LinkedBlockingQueue<>();
    private final AtomicInteger gone = new AtomicInteger();
    private final Semaphore goneOnce = new Semaphore(0);

    private ApiServer server;
    private RawClient client;

    @BeforeEach
    void start() throws IOException {
        server = ApiServer.start(
                "pieces",
                "127.0.0.1",
                0,
                List.of(
                        new Route("GET", "/pieces", exchanges::add),
                        new Route("POST", "/pieces", exchanges::add),
                        new Route("GET", "/ok", exchange -> exchange.answer(Bodies.ok("ok"))),
                        new Route("GET", "/fails", exchange -> {
                            var unused = exchange.begin(HEAD, this::told).write(bytes("half an answer"));
                            throw new IllegalStateException("broken on purpose");
                        })));
        client = new RawClient(server.address(), 4096);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.close();
    }

    private void told() {
        gone.incrementAndGet();
        goneOnce.release();
    }

    private Exchange next() throws InterruptedException {
        Exchange exchange = exchanges.poll(20, SECONDS);
        assertThat(exchange).as("a request").isNotNull();
        return exchange;
    }

    private Exchange.AnswerStream begun() throws IOException, InterruptedException {
        client.get("/pieces");
        Exchange.AnswerStream stream = next().begin(HEAD, this::told);
        client.head();
        return stream;
    }

    private void awaitGone() throws InterruptedException {
        assertThat(goneOnce.tryAcquire(20, SECONDS))
                .as("told that the client is gone")
                .isTrue();
    }

    private void assertConnectionGoesOn() throws IOException {
        assertThat(client.get("/ok").reply().body()).isEqualTo("ok");
        assertThat(gone).hasValue(0);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void await(CompletionStage<?> stage) throws Exception {
        stage.toCompletableFuture().get(20, SECONDS);
    }

    @Test
    void the_client_sees_head_and_pieces_as_they_come() throws Exception {
        client.get("/pieces");
        Exchange.AnswerStream stream = next().begin(HEAD, this::told);

        RawClient.Reply head = client.head();
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("X-Kind")).hasValue("pieces");
        assertThat(head.header("Transfer-Encoding")).hasValue("chunked");
        assertThat(head.header("Content-Length")).isEmpty();
        await(stream.write(bytes("one")));
        assertThat(client.chunk()).isEqualTo("one");
        await(stream.write(bytes("")));
        await(stream.write(bytes("two")));
        assertThat(client.chunk()).isEqualTo("two");
        stream.end();
        assertThat(client.chunk()).isEmpty();
        assertConnectionGoesOn();
    }

    @Test
    void pieces_given_at_once_arrive_in_order() throws Exception {
        client.get("/pieces");
        Exchange.AnswerStream stream = next().begin(Answer.of(200, "text/x", bytes("zero")), this::told);
        for (String piece : List.of("one", "two", "three")) {
            var unused = stream.write(bytes(piece));
        }
        stream.end();
        await(stream.write(bytes("too late")));

        client.head();
        assertThat(client.chunks()).isEqualTo("zeroonetwothree");
        assertConnectionGoesOn();
    }

    @Test
    void an_answer_without_pieces_is_empty() throws Exception {
        Exchange.AnswerStream stream = begun();
        stream.end();

        assertThat(client.chunk()).isEmpty();
        assertConnectionGoesOn();
    }

    @Test
    void a_request_behind_it_is_kept_and_answered() throws Exception {
        client.get("/pieces");
        Exchange.AnswerStream stream = next().begin(HEAD, this::told);
        client.get("/ok");
        client.head();
        await(stream.write(bytes("one")));
        stream.end();

        assertThat(client.chunks()).isEqualTo("one");
        assertThat(client.reply().body()).isEqualTo("ok");
        assertThat(gone).hasValue(0);
    }

    @Test
    void the_rest_of_a_request_is_read_first() throws Exception {
        client.send("POST /pieces HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
        Exchange.AnswerStream stream = next().begin(HEAD, this::told);
        CompletionStage<?> written = stream.write(bytes("one"));
        stream.end();
        try (RawClient other = new RawClient(server.address())) {
            assertThat(other.get("/ok").reply().body()).isEqualTo("ok");
        }
        assertThat(written.toCompletableFuture()).isNotDone();
        client.send("rest");

        await(written);
        client.head();
        assertThat(client.chunks()).isEqualTo("one");
        assertConnectionGoesOn();
    }

    @Test
    void it_is_the_answer() throws Exception {
        client.get("/pieces");
        Exchange exchange = next();
        Exchange.AnswerStream stream = exchange.begin(HEAD, this::told);
        exchange.answer(Bodies.ok("second"));
        Exchange.AnswerStream third = exchange.begin(HEAD, this::told);
        await(third.write(bytes("third")));
        third.end();
        await(stream.write(bytes("first")));
        stream.end();

        client.head();
        assertThat(client.chunks()).isEqualTo("first");
        assertConnectionGoesOn();
    }

    @Test
    void a_client_of_http_1_0_reads_until_the_connection_ends() throws Exception {
        client.send("GET /pieces HTTP/1.0\r\n\r\n");
        Exchange.AnswerStream stream = next().begin(HEAD, this::told);
        await(stream.write(bytes("one")));
        stream.end();

        assertThat(client.head().header("Transfer-Encoding")).isEmpty();
        assertThat(client.rest()).isEqualTo("one");
    }

    @Nested
    class When_the_client_does_not_read {

        private final byte[] large = new byte[1024 * 1024];

        /** Writes until the network takes no more. */
        private CompletionStage<?> fill(Exchange.AnswerStream stream) throws Exception {
            while (true) {
                CompletionStage<?> written = stream.write(large);
                try {
                    written.toCompletableFuture().get(500, MILLISECONDS);
                } catch (TimeoutException e) {
                    return written;
                }
            }
        }

        @Test
        void the_writer_is_held_back_and_no_thread_is() throws Exception {
            Exchange.AnswerStream stream = begun();
            CompletionStage<?> heldBack = fill(stream);

            try (RawClient other = new RawClient(server.address())) {
                assertThat(other.get("/ok").reply().body()).isEqualTo("ok");
            }
            // A slow machine may still be writing, as far as the test can know.
            Awaitility.await()
                    .untilAsserted(() -> assertThat(Threads.named("pieces"))
                            .allMatch(thread -> Arrays.stream(thread.getStackTrace())
                                    .noneMatch(frame -> frame.getClassName().contains("AnswerWriter"))));
            stream.end();
            client.chunks();
            await(heldBack);
            assertConnectionGoesOn();
        }

        @Test
        void its_departure_lets_the_writer_go() throws Exception {
            Exchange.AnswerStream stream = begun();
            CompletionStage<?> heldBack = fill(stream);
            CompletionStage<?> waiting = stream.write(large);
            client.reset();

            awaitGone();
            await(heldBack);
            await(waiting);
            await(stream.write(large));
            stream.end();
            assertThat(gone).hasValue(1);
        }

        @Test
        void the_end_of_the_server_lets_the_writer_go() throws Exception {
            Exchange.AnswerStream stream = begun();
            CompletionStage<?> heldBack = fill(stream);
            server.close();

            await(heldBack);
            assertThat(gone).hasValue(1);
        }
    }

    @Nested
    class When_the_client_leaves {

        @Test
        void it_is_told_once_although_nothing_is_written() throws Exception {
            Exchange.AnswerStream stream = begun();
            client.leave();

            awaitGone();
            await(stream.write(bytes("nobody hears this")));
            stream.end();
            stream.abort();
            assertThat(gone).hasValue(1);
        }

        @Test
        void before_the_answer_begins_it_is_told_as_well() throws Exception {
            client.get("/pieces");
            Exchange exchange = next();
            CountDownLatch parked = new CountDownLatch(1);
            exchange.park(parked::countDown);
            client.leave();
            assertThat(parked.await(20, SECONDS)).isTrue();

            await(exchange.begin(HEAD, ApiServerPiecesTest.this::told).write(bytes("nobody hears this")));
            awaitGone();
        }

        @Test
        void a_parked_one_is_told_through_the_answer_alone() throws Exception {
            client.get("/pieces");
            Exchange exchange = next();
            AtomicInteger parked = new AtomicInteger();
            exchange.park(parked::incrementAndGet);
            exchange.begin(HEAD, ApiServerPiecesTest.this::told);
            client.head();
            client.leave();

            awaitGone();
            assertThat(parked).hasValue(0);
        }

        @Test
        void the_end_of_the_server_counts_as_its_departure() throws Exception {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                RawClient other = new RawClient(server.address()).get("/pieces");
                clients.add(other);
                next().begin(HEAD, ApiServerPiecesTest.this::told);
                other.head();
            }
            server.close();

            assertThat(goneOnce.tryAcquire(5, 20, SECONDS)).isTrue();
            for (RawClient other : clients) {
                assertThat(other.isEnded()).isTrue();
                other.close();
            }
        }

        @Test
        void the_end_of_the_server_does_so_behind_a_request_that_broke_off_as_well() throws Exception {
            client.send("POST /pieces HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
            client.socket.shutdownOutput();
            next().begin(HEAD, ApiServerPiecesTest.this::told);
            client.head();
            server.close();

            awaitGone();
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Nested
    class An_answer_that_breaks_off {

        @Test
        void shows_to_the_client() throws Exception {
            Exchange.AnswerStream stream = begun();
            await(stream.write(bytes("half")));
            assertThat(client.chunk()).isEqualTo("half");
            stream.abort();

            assertThat(client.isEnded()).isTrue();
            await(stream.write(bytes("more")));
            assertThat(gone).hasValue(0);
        }

        @Test
        void since_its_handler_failed_shows_to_the_client() throws Exception {
            client.get("/fails").head();

            assertThat(client.chunk()).isEqualTo("half an answer");
            assertThat(client.isEnded()).isTrue();
        }
    }
}

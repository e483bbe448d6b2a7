package io.lambdasimulator.internal.http;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.internal.http.RawClient.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ApiServerBodiesTest {

    private static final int LIMIT = 100_000;

    /** Exchanges that their handler left alone. */
    private final BlockingQueue<Exchange> held = new LinkedBlockingQueue<>();

    private ApiServer server;

    @BeforeEach
    void start() throws IOException {
        server = ApiServer.start(
                "bodies",
                "127.0.0.1",
                0,
                List.of(
                        new Route("POST", "/read", exchange -> exchange.readBody(LIMIT, Bodies.tell(exchange))),
                        new Route("POST", "/unread", exchange -> exchange.answer(Bodies.ok("unread"))),
                        new Route("POST", "/content-type", exchange -> {
                            exchange.readBody(LIMIT, new Bodies.Reader() {
                                @Override
                                public void complete(byte[] body) {
                                    String told = exchange.header("content-TYPE") + " complete:" + Bodies.text(body);
                                    exchange.answer(Bodies.ok(told));
                                }
                            });
                        }),
                        new Route("POST", "/held", held::add),
                        new Route("GET", "/ping", exchange -> exchange.answer(Bodies.ok("pong")))));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawClient client() throws IOException {
        return new RawClient(server.address());
    }

    private Exchange nextHeld() throws InterruptedException {
        Exchange exchange = held.poll(20, SECONDS);
        assertThat(exchange).as("a request at /held").isNotNull();
        return exchange;
    }

    /** That the connection can be used again. */
    private static void assertAlive(RawClient client) throws IOException {
        assertThat(client.get("/ping").reply().body()).isEqualTo("pong");
    }

    @Test
    void sized_body_is_read_whole() throws IOException {
        try (RawClient client = client()) {
            String body = "x".repeat(LIMIT - 1) + "\u00ff";

            assertThat(client.post("/read", body).reply().body()).isEqualTo("complete:" + body);
            assertThat(client.post("/read", "").reply().body()).isEqualTo("complete:");
            assertAlive(client);
        }
    }

    @Test
    void chunked_body_is_read_whole() throws IOException {
        try (RawClient client = client()) {
            client.send("POST /read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
            client.send("3\r\nabc\r\n").send("0000a;x=y\r\n0123456789\r\n").send("0\r\n\r\n");

            assertThat(client.reply().body()).isEqualTo("complete:abc0123456789");
            assertAlive(client);
        }
    }

    @Test
    void continue_is_sent_when_the_body_is_asked_for() throws Exception {
        try (RawClient client = client()) {
            client.send("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
            Exchange exchange = nextHeld();
            exchange.readBody(LIMIT, Bodies.tell(exchange));

            assertThat(client.reply().statusLine()).isEqualTo("HTTP/1.1 100 Continue");
            assertThat(client.send("abc").reply().body()).isEqualTo("complete:abc");
            assertAlive(client);
        }
    }

    @Test
    void answer_ahead_of_a_body_that_awaits_continue_arrives_instead_of_it() throws IOException {
        try (RawClient client = client()) {
            client.send("POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");

            Reply reply = client.reply();
            assertThat(reply.body()).isEqualTo("unread");
            assertThat(reply.header("Connection")).contains("close");
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void body_that_is_announced_too_large_is_refused_before_it_is_sent() throws IOException {
        try (RawClient client = client()) {
            client.send("POST /read HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\nExpect: 100-continue\r\n\r\n");

            assertThat(client.reply().body()).isEqualTo("too large:100001");
        }
    }

    @Test
    void body_over_the_limit_is_read_to_its_end_and_counted() throws IOException {
        try (RawClient client = client()) {
            assertThat(client.post("/read", "x".repeat(LIMIT)).reply().body()).startsWith("complete:");
            assertThat(client.post("/read", "x".repeat(LIMIT + 1)).reply().body())
                    .isEqualTo("too large:100001");
            assertThat(client.post("/read", "x".repeat(8_000_000)).reply().body())
                    .isEqualTo("too large:8000000");
            assertAlive(client);
        }
    }

    @Test
    void body_that_ends_early_is_truncated_and_its_sender_is_told() throws IOException {
        try (RawClient client = client()) {
            client.send("POST /read HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            client.socket.shutdownOutput();

            assertThat(client.reply().body()).isEqualTo("truncated");
            assertThat(client.isEnded()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zz\r\nabc\r\n0\r\n\r\n", "3\r\nabcdef\r\n0\r\n\r\n", "-1\r\n", "fffffffffffffffff\r\n"})
    void broken_chunks_are_truncated_and_their_sender_is_told(String chunks) throws IOException {
        try (RawClient client = client()) {
            client.send("POST /read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n" + chunks);

            assertThat(client.reply().body()).isEqualTo("truncated");
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void truncation_is_told_once_when_the_client_is_gone() throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        for (int i = 0; i < 50; i++) {
            RawClient client = client();
            client.send("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            Exchange exchange = nextHeld();
            exchange.readBody(LIMIT, new Bodies.Reader() {
                @Override
                public void truncated() {
                    told.add("truncated");
                    exchange.answer(Bodies.ok("nobody reads this"));
                }
            });
            if (i % 2 == 0) {
                client.close();
            } else {
                client.reset();
            }
            assertThat(told.poll(20, SECONDS)).isEqualTo("truncated");
        }
        assertThat(told).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ";;;",
                "application/json; charset=nonsense",
                "multipart/form-data",
                "multipart/form-data; boundary=\"",
                "application/x-www-form-urlencoded; charset=utf-99",
                "\u00e4",
                ""
            })
    void any_content_type_will_do(String contentType) throws IOException {
        try (RawClient client = client()) {
            client.send("POST /content-type HTTP/1.1\r\nHost: h\r\nContent-Type: " + contentType
                    + "\r\nContent-Length: 3\r\n\r\na=b");

            assertThat(client.reply().body()).isEqualTo(contentType + " complete:a=b");
        }
    }

    @Test
    void answer_without_reading_leaves_the_connection_usable() throws IOException {
        try (RawClient client = client()) {
            for (int i = 0; i < 20; i++) {
                assertThat(client.post("/unread", "x".repeat(1_000_000)).reply().body())
                        .isEqualTo("unread");
            }
            assertAlive(client);
        }
    }

    @Test
    void answer_waits_for_the_end_of_the_body() throws Exception {
        try (RawClient client = client();
                RawClient other = client()) {
            client.send("POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            assertAlive(other);
            assertThat(client.socket.getInputStream().available()).isZero();

            assertThat(client.send("defghij").reply().body()).isEqualTo("unread");
            assertAlive(client);
        }
    }

    @Test
    void answer_to_an_endless_body_comes_after_64_MiB_and_ends_the_connection() throws IOException {
        try (RawClient client = client()) {
            client.send("POST /unread HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
            byte[] chunk = ("100000\r\n" + "x".repeat(0x100000) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
            Thread sender = Threads.start(() -> {
                while (true) {
                    client.send(chunk);
                }
            });

            Reply reply = client.reply();

            assertThat(reply.body()).isEqualTo("unread");
            assertThat(reply.header("Connection")).contains("close");
            assertThat(sender.isAlive() || client.isEnded()).isTrue();
        }
    }

    @Test
    void half_sent_bodies_hold_no_thread() throws Exception {
        List<RawClient> stuck = new ArrayList<>();
        try {
            for (int i = 0; i < 500; i++) {
                String path = i % 2 == 0 ? "/read" : "/unread";
                RawClient client = client();
                stuck.add(client);
                client.send("POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\nhalf");
            }
            try (RawClient other = client()) {
                for (int i = 0; i < 100; i++) {
                    assertAlive(other);
                }
            }
            for (int i = 0; i < 500; i++) {
                stuck.get(i).send("and the other half");
            }
            for (int i = 0; i < 500; i++) {
                assertThat(stuck.get(i).reply().body())
                        .isEqualTo(i % 2 == 0 ? "complete:halfand the other ha" : "unread");
            }
            assertThat(Threads.named("bodies")).hasSizeLessThan(32);
        } finally {
            for (RawClient client : stuck) {
                client.close();
            }
        }
    }

    @Test
    void unread_answers_hold_no_thread() throws Exception {
        List<RawClient> lazy = new ArrayList<>();
        String sixMegabytes = "x".repeat(6_000_000);
        try {
            for (int i = 0; i < 50; i++) {
                RawClient client = new RawClient(server.address(), 4096);
                lazy.add(client);
                client.post("/held", "");
                nextHeld().answer(Bodies.ok(sixMegabytes));
            }
            try (RawClient other = client()) {
                assertAlive(other);
            }
            for (int i = 0; i < 50; i += 10) {
                assertThat(lazy.get(i).reply().body()).isEqualTo(sixMegabytes);
                assertAlive(lazy.get(i));
            }
        } finally {
            for (RawClient client : lazy) {
                client.close();
            }
        }
    }

    /** Notes what a streamed body brings; each piece is let go by hand. */
    private static final class Notes implements Exchange.BodyStream {
        record Piece(String text, CompletableFuture<Void> letGo) {}

        final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
        final CompletableFuture<Exchange.Trailers> end = new CompletableFuture<>();
        final AtomicInteger truncations = new AtomicInteger();

        @Override
        public CompletionStage<?> piece(byte[] bytes) {
            Piece piece = new Piece(Bodies.text(bytes), new CompletableFuture<>());
            pieces.add(piece);
            return piece.letGo();
        }

        @Override
        public void end(Exchange.Trailers trailers) {
            end.complete(trailers);
        }

        @Override
        public void truncated() {
            truncations.incrementAndGet();
            end.completeExceptionally(new IOException("truncated"));
        }

        Piece next() throws InterruptedException {
            Piece piece = pieces.poll(20, SECONDS);
            assertThat(piece).as("a piece of the body").isNotNull();
            return piece;
        }
    }

    @Test
    void streamed_body_comes_piece_by_piece_with_its_trailers() throws Exception {
        try (RawClient client = client()) {
            client.send("POST /held HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Error\r\n\r\n");
            Exchange exchange = nextHeld();
            Notes notes = new Notes();
            exchange.streamBody(notes);

            client.send("5\r\nfirst\r\n");
            Notes.Piece first = notes.next();
            assertThat(first.text()).isEqualTo("first");
            first.letGo().complete(null);
            client.send("6\r\nsecond\r\n");
            Notes.Piece second = notes.next();
            assertThat(second.text()).isEqualTo("second");
            second.letGo().complete(null);
            client.send("0\r\nX-Error: oh n\u00c3\u00b6\r\nOther:" + "x".repeat(500_000) + "\r\n\r\n");

            Exchange.Trailers trailers = notes.end.get(20, SECONDS);
            assertThat(trailers.get("x-eRROR")).isEqualTo("oh n\u00f6");
            assertThat(trailers.get("Other")).hasSize(500_000);
            assertThat(trailers.get("Absent")).isNull();
            exchange.answer(Bodies.ok("done"));
            assertThat(client.reply().body()).isEqualTo("done");
            assertAlive(client);
        }
    }

    @Test
    void streamed_body_without_trailers_ends_with_none() throws Exception {
        try (RawClient client = client()) {
            client.post("/held", "abc");
            Notes notes = new Notes();
            nextHeld().streamBody(notes);
            notes.next().letGo().complete(null);

            assertThat(notes.end.get(20, SECONDS).get("X")).isNull();
        }
    }

    @Test
    void next_piece_is_not_read_before_the_last_was_let_go() throws Exception {
        try (RawClient client = client()) {
            int size = 64 * 1024 * 1024;
            client.send("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: " + size + "\r\n\r\n");
            AtomicInteger sent = new AtomicInteger();
            Threads.start(() -> {
                byte[] some = new byte[64 * 1024];
                while (sent.get() < size) {
                    client.send(some);
                    sent.addAndGet(some.length);
                }
            });
            Notes notes = new Notes();
            nextHeld().streamBody(notes);
            Notes.Piece piece = notes.next();

            try (RawClient other = client()) {
                for (int i = 0; i < 100; i++) {
                    assertAlive(other);
                }
            }
            assertThat(notes.pieces).isEmpty();
            assertThat(sent)
                    .as("what fits between the sender and a reader that waits")
                    .hasValueLessThan(size / 2);

            long received = 0;
            while (true) {
                assertThat(piece.text().length()).isLessThanOrEqualTo(64 * 1024);
                received += piece.text().length();
                piece.letGo().complete(null);
                if (received == size) {
                    break;
                }
                piece = notes.next();
            }
            notes.end.get(20, SECONDS);
        }
    }

    @Test
    void streamed_body_that_ends_early_is_truncated_once() throws Exception {
        try (RawClient client = client()) {
            client.send("POST /held HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            Notes notes = new Notes();
            nextHeld().streamBody(notes);
            Notes.Piece piece = notes.next();
            client.leave();
            piece.letGo().complete(null);

            assertThat(notes.end).failsWithin(20, SECONDS);
            assertThat(notes.truncations).hasValue(1);
        }
    }

    @Test
    void receiver_of_a_stream_that_fails_is_an_internal_error() throws Exception {
        try (RawClient client = client()) {
            client.send("POST /held HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            Notes notes = new Notes();
            nextHeld().streamBody(notes);
            notes.next().letGo().completeExceptionally(new IllegalStateException("broken on purpose"));
            client.send("3\r\ndef\r\n0\r\n\r\n");

            assertThat(client.reply().status()).isEqualTo(500);
            assertThat(notes.pieces).isEmpty();
            assertAlive(client);
        }
    }

    @Test
    void answer_in_the_middle_of_a_stream_throws_the_rest_away() throws Exception {
        try (RawClient client = client()) {
            for (boolean paused : new boolean[] {true, false}) {
                client.send("POST /held HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
                Exchange exchange = nextHeld();
                Notes notes = new Notes();
                exchange.streamBody(notes);
                Notes.Piece piece = notes.next();
                if (!paused) {
                    piece.letGo().complete(null);
                }
                exchange.answer(Bodies.ok("enough"));
                client.send("3\r\ndef\r\n0\r\n\r\n");

                assertThat(client.reply().body()).isEqualTo("enough");
                piece.letGo().complete(null);
                assertThat(notes.pieces).isEmpty();
                assertThat(notes.end).isNotDone();
                assertAlive(client);
            }
        }
    }

    @Test
    void drop_in_the_middle_of_a_body_ends_the_connection() throws Exception {
        try (RawClient reading = client();
                RawClient paused = client();
                RawClient unread = client()) {
            reading.send("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            Exchange exchange = nextHeld();
            exchange.readBody(10, new Bodies.Reader());
            exchange.drop();
            paused.send("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            exchange = nextHeld();
            Notes notes = new Notes();
            exchange.streamBody(notes);
            notes.next();
            exchange.drop();
            unread.send("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            nextHeld().drop();

            assertThat(reading.isEnded()).isTrue();
            assertThat(paused.isEnded()).isTrue();
            assertThat(unread.isEnded()).isTrue();
            assertThat(notes.truncations).hasValue(0);
        }
    }

    @Test
    void nothing_is_heard_of_a_body_after_drop() throws Exception {
        try (RawClient client = client()) {
            client.send(
                    "POST /held HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
            Exchange exchange = nextHeld();
            BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            exchange.streamBody(new Exchange.BodyStream() {
                @Override
                public CompletionStage<?> piece(byte[] bytes) {
                    heard.add(Bodies.text(bytes));
                    exchange.drop();
                    return CompletableFuture.completedFuture(null);
                }

                @Override
                public void end(Exchange.Trailers trailers) {
                    heard.add("end");
                }

                @Override
                public void truncated() {
                    heard.add("truncated");
                }
            });

            assertThat(client.isEnded()).isTrue();
            server.close();
            assertThat(heard).containsExactly("abc");
        }
    }

    @Test
    void answer_goes_out_as_given() throws Exception {
        try (RawClient client = client()) {
            client.post("/held", "");
            Answer answer = Answer.of(200, "Text/PLAIN;charset=UTF-8 ; x=\"y\"", new byte[] {1, 0, -1})
                    .with("lambda-RUNTIME-Aws-Request-Id", "1")
                    .with("CACHE-control", "no-store")
                    .with("X", "\u00e4\u20ac")
                    .with("X", "")
                    .with("Large", "x".repeat(50_000));
            nextHeld().answer(answer);
            Reply reply = client.reply();

            assertThat(reply.body()).isEqualTo("\u0001\u0000\u00ff");
            assertThat(reply.headerLines())
                    .contains(
                            "Content-Type: Text/PLAIN;charset=UTF-8 ; x=\"y\"",
                            "lambda-RUNTIME-Aws-Request-Id: 1",
                            "CACHE-control: no-store",
                            "X: \u00c3\u00a4\u00e2\u0082\u00ac",
                            "X: ",
                            "Large: " + "x".repeat(50_000),
                            "Content-Length: 3")
                    .hasSize(8);

            client.post("/held", "");
            nextHeld().answer(Answer.empty(202));
            assertThat(client.reply().headerLines()).hasSize(2).noneMatch(line -> line.startsWith("Content-Type"));
        }
    }

    @Test
    void only_the_first_answer_counts() throws Exception {
        try (RawClient client = client()) {
            client.post("/held", "");
            Exchange exchange = nextHeld();
            exchange.answer(Bodies.ok("first"));
            exchange.answer(Bodies.ok("second"));
            exchange.drop();

            assertThat(client.reply().body()).isEqualTo("first");
            assertAlive(client);
        }
    }

    @Test
    void only_the_first_answer_counts_while_it_waits_for_the_body() throws Exception {
        try (RawClient client = client()) {
            client.send("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
            Exchange exchange = nextHeld();
            exchange.answer(Bodies.ok("first"));
            exchange.answer(Bodies.ok("second"));
            exchange.drop();

            assertThat(client.send(" other").reply().body()).isEqualTo("first");
            assertAlive(client);
        }
    }

    @Test
    void pipelined_requests_are_answered_in_order() throws Exception {
        try (RawClient client = client()) {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                requests.append("POST /read HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n")
                        .append(100 + i);
            }
            client.send(requests.toString());

            for (int i = 0; i < 200; i++) {
                assertThat(client.reply().body()).isEqualTo("complete:" + (100 + i));
            }
        }
    }

    @Test
    void connection_close_is_honoured() throws Exception {
        try (RawClient client = client()) {
            client.send("GET /ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

            assertThat(client.reply().header("Connection")).contains("close");
            assertThat(client.isEnded()).isTrue();
        }
        try (RawClient client = client()) {
            client.send("GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            assertThat(client.reply().header("Connection")).contains("keep-alive");
            assertAlive(client);
        }
    }
}

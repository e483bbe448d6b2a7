package io.lambdasimulator.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.internal.http.RawClient.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ApiServerRefusalsTest {

    private static ApiServer server;

    @BeforeAll
    static void start() throws IOException {
        server = ApiServer.start(
                "refusals",
                "127.0.0.1",
                0,
                List.of(
                        new Route("GET", "/a", exchange -> exchange.answer(Answer.empty(200))),
                        new Route("POST", "/now", exchange -> exchange.answer(Answer.empty(200))),
                        new Route(
                                "POST",
                                "/later",
                                exchange -> exchange.readBody(100, new Bodies.Reader() {
                                    @Override
                                    public void complete(byte[] body) {
                                        Threads.start(() -> exchange.answer(Answer.empty(200)));
                                    }
                                })),
                        new Route("GET", "/length-of-x", exchange -> {
                            String x = exchange.header("X");
                            byte[] length =
                                    String.valueOf(x == null ? -1 : x.length()).getBytes(StandardCharsets.UTF_8);
                            exchange.answer(Answer.of(200, "text/x", length));
                        }),
                        new Route("GET", "/broken", exchange -> {
                            throw new IllegalStateException("broken on purpose");
                        }),
                        new Route(
                                "POST",
                                "/broken-later",
                                exchange -> exchange.readBody(100, new Bodies.Reader() {
                                    @Override
                                    public void complete(byte[] body) {
                                        throw new IllegalStateException("broken on purpose");
                                    }
                                }))));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Arguments> malformed() {
        String invalid = "the request is not valid HTTP";
        return Stream.of(
                arguments("garbage\r\n\r\n", 400, "the request line has no target"),
                arguments("\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n", 400, invalid),
                arguments("GET /a\r\n\r\n", 505, "the HTTP version is not supported"),
                arguments("GET /a HTTP/3.7\r\nHost: h\r\n\r\n", 505, "the HTTP version is not supported"),
                arguments("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 426, "the HTTP version is not supported"),
                arguments("GET /a HTTP/1.1\r\n\r\n", 400, "the Host header is missing"),
                arguments("GET /a HTTP/1.1\r\nHost: \r\n\r\n", 400, "the Host header is empty"),
                arguments("GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400, "there is more than one Host header"),
                arguments("GET /a HTTP/1.1\r\nHost: \"h\r\n\r\n", 400, invalid),
                arguments(
                        "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: \"5\r\n\r\n",
                        400,
                        "the Content-Length header is not a number"),
                arguments("GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400, invalid),
                arguments("GET /a HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n", 400, invalid),
                arguments("GET /a HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400, invalid),
                arguments("GET /a HTTP/1.1\r\nHost: h\r\nX: a\u0000b\r\n\r\n", 400, invalid),
                arguments(
                        "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: many\r\n\r\n",
                        400,
                        "the Content-Length header is not a number"),
                arguments(
                        "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
                        400,
                        "the Content-Length header is not a number"),
                arguments(
                        "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                        400,
                        "there is more than one Content-Length header"),
                arguments(
                        "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        400,
                        "there are both a Content-Length and a Transfer-Encoding header"),
                arguments(
                        "GET /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
                        400,
                        "the Transfer-Encoding header is not supported"),
                arguments(
                        "GET /a HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n",
                        417,
                        "the expectation in the Expect header is not supported"),
                arguments(
                        "GET /a HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(1_300_000) + "\r\n\r\n",
                        431,
                        "the request headers are too large"),
                arguments(
                        "GET /" + "x".repeat(1_300_000) + " HTTP/1.1\r\nHost: h\r\n\r\n",
                        414,
                        "the request target is too long"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void what_is_not_http_is_refused_in_the_words_of_the_api(String request, int status, String message)
            throws Exception {
        try (RawClient client = new RawClient(server.address())) {
            // A refusal may come before all is sent.
            Thread sender = Threads.start(() -> client.send(request));

            Reply reply = client.reply();

            assertThat(reply.status()).isEqualTo(status);
            assertThat(reply.body())
                    .isEqualTo("{\"errorMessage\":\"" + message + "\",\"errorType\":\"InvalidRequestFormat\"}\n");
            assertThat(reply.headerLines()).contains("Content-Type: application/json", "Connection: close");
            assertThat(reply.headerLines()).noneMatch(line -> line.startsWith("Server") || line.startsWith("Cache"));
            sender.join();
        }
    }

    @ParameterizedTest
    @CsvSource({"/now, 0", "/now, 100000", "/now, 3000000", "/later, 0", "/later, 100000", "/later, 3000000"})
    void what_is_not_http_is_refused_behind_a_request_too(String path, int behind) throws Exception {
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        PrintStream standardError = System.err;
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            for (int i = 0; i < 20; i++) {
                try (RawClient client = new RawClient(server.address())) {
                    Thread sender = Threads.start(() -> client.send(
                            "POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}GARBAGE\r\n\r\n"
                                    + "x".repeat(behind)));

                    assertThat(client.reply().status()).isEqualTo(200);
                    Reply refusal = client.reply();
                    assertThat(refusal.status()).isEqualTo(400);
                    assertThat(refusal.body()).contains("the request line has no target");
                    assertThat(client.isEnded()).isTrue();
                    sender.join();
                }
            }
            await("the end of every connection")
                    .until(() -> server.connections().isEmpty());
        } finally {
            System.setErr(standardError);
        }
        assertThat(log.toString(StandardCharsets.UTF_8)).doesNotContain("ReadPendingException");
    }

    @Test
    void headers_of_more_than_a_mebibyte_pass() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            for (int i = 0; i < 3; i++) {
                client.send("GET /length-of-x HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(1_100_000) + "\r\n\r\n");

                assertThat(client.reply().body()).isEqualTo("1100000");
            }
        }
    }

    @Test
    void http_1_0_needs_no_host_and_ends_the_connection() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            assertThat(client.send("GET /a HTTP/1.0\r\n\r\n").reply().status()).isEqualTo(200);
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void handler_that_throws_is_an_internal_error_and_leaves_the_connection_usable() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            for (int i = 0; i < 3; i++) {
                Reply reply = i % 2 == 0
                        ? client.get("/broken").reply()
                        : client.post("/broken-later", "x").reply();

                assertThat(reply.status()).isEqualTo(500);
                assertThat(reply.header("Content-Type")).contains("application/json");
                assertThat(reply.body())
                        .isEqualTo(
                                "{\"errorMessage\":\"Internal Server Error\",\"errorType\":\"InternalServerError\"}\n");
            }
        }
    }
}

package io.lambdasimulator.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.internal.http.RawClient.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiServerPathsTest {

    private static ApiServer server;

    @BeforeAll
    static void start() throws IOException {
        server = ApiServer.start(
                "paths",
                "127.0.0.1",
                0,
                List.of(
                        new Route("GET", "/2018-06-01/runtime/invocation/next", tell("next")),
                        new Route("POST", "/2018-06-01/runtime/invocation/{id}/response", tell("response")),
                        new Route("POST", "/2018-06-01/runtime/invocation/{id}/error", tell("error")),
                        new Route("GET", "/things/{id}", tell("thing")),
                        new Route("PUT", "/things/{id}", tell("put")),
                        new Route("GET", "/", tell("root")),
                        new Route("GET", "/secret", tell("secret"))));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Route.Handler tell(String name) {
        return exchange -> {
            String told = name + "|" + exchange.method() + "|" + exchange.path() + "|" + exchange.pathParameter();
            exchange.answer(Answer.of(200, "text/x", told.getBytes(StandardCharsets.UTF_8)));
        };
    }

    private static Reply ask(String method, String target) throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            return client.send(method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n")
                    .reply();
        }
    }

    static Stream<Arguments> matches() {
        String invocation = "/2018-06-01/runtime/invocation/";
        return Stream.of(
                arguments("GET", invocation + "next", "next|GET|" + invocation + "next|"),
                arguments("GET", invocation + "next?a=b/c", "next|GET|" + invocation + "next|"),
                arguments("GET", "http://other:1" + invocation + "next", "next|GET|" + invocation + "next|"),
                arguments("POST", invocation + "abc/response", "response|POST|" + invocation + "abc/response|abc"),
                arguments("POST", invocation + "/response", "response|POST|" + invocation + "/response|"),
                arguments("POST", invocation + "../response", "response|POST|" + invocation + "../response|.."),
                arguments("POST", invocation + "a%2Fb/error", "error|POST|" + invocation + "a%2Fb/error|a%2Fb"),
                arguments("POST", invocation + "%00/error", "error|POST|" + invocation + "%00/error|%00"),
                arguments("POST", invocation + "%zz/error", "error|POST|" + invocation + "%zz/error|%zz"),
                arguments("POST", invocation + "a;b=c/error", "error|POST|" + invocation + "a;b=c/error|a;b=c"),
                arguments("GET", "/things/", "thing|GET|/things/|"),
                arguments("GET", "/things/%25%2e", "thing|GET|/things/%25%2e|%25%2e"),
                arguments("GET", "/things/a#b", "thing|GET|/things/a#b|a#b"),
                arguments("GET", "/things/a\\b\"|^`{}<>", "thing|GET|/things/a\\b\"|^`{}<>|a\\b\"|^`{}<>"),
                arguments("PUT", "/things/!$&'()*+,=:@-._~", "put|PUT|/things/!$&'()*+,=:@-._~|!$&'()*+,=:@-._~"),
                arguments("GET", "/", "root|GET|/|"),
                arguments("GET", "http://host", "root|GET|/|"),
                arguments("GET", "http://host?x", "root|GET|/|"));
    }

    @ParameterizedTest
    @MethodSource("matches")
    void path_is_matched_as_received(String method, String target, String told) throws IOException {
        assertThat(ask(method, target).body()).isEqualTo(told);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/nope",
                "//2018-06-01/runtime/invocation/next",
                "/2018-06-01//runtime/invocation/next",
                "/2018-06-01/runtime/invocation/next/",
                "/2018-06-01/runtime/./invocation/next",
                "/x/../secret",
                "/./secret",
                "/%73ecret",
                "/secret;a=b",
                "/secret%00",
                "/secret%",
                "/SECRET",
                "/secret#",
                "/things",
                "/things/a/b",
                "/2018-06-01/runtime/invocation/response",
                "/2018-06-01/runtime/invocation/a/b/response",
                "http://h/nope"
            })
    void any_other_path_is_not_found(String target) throws IOException {
        Reply reply = ask("GET", target);

        assertThat(reply.statusLine()).isEqualTo("HTTP/1.1 404 Not Found");
        assertThat(reply.body()).isEqualTo("404 page not found\n");
        assertThat(reply.headerLines())
                .contains(
                        "Content-Type: text/plain; charset=utf-8",
                        "X-Content-Type-Options: nosniff",
                        "Content-Length: 19")
                .hasSize(4)
                .anyMatch(line -> line.startsWith("Date: "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "PATCH", "QUERY", "CONNECT", "BREW", "get"})
    void another_method_is_not_allowed(String method) throws IOException {
        Reply reply = ask(method, "/things/a");

        assertThat(reply.statusLine()).isEqualTo("HTTP/1.1 405 Method Not Allowed");
        assertThat(reply.body()).isEmpty();
        assertThat(reply.headerLines())
                .contains("Allow: GET, PUT", "Content-Length: 0")
                .hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPTIONS *", "CONNECT h:1"})
    void targets_without_a_path_are_not_found(String methodAndTarget) throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            Reply reply = client.send(methodAndTarget + " HTTP/1.1\r\nHost: h\r\n\r\n")
                    .reply();

            assertThat(reply.status()).isEqualTo(404);
        }
    }

    @Test
    void headers_that_ask_for_another_protocol_change_nothing() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            String get = "GET /secret HTTP/1.1\r\nHost: h\r\n";
            client.send(
                    get + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n");
            assertThat(client.reply().body()).isEqualTo("secret|GET|/secret|");

            client.send(get + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n");
            assertThat(client.reply().body()).isEqualTo("secret|GET|/secret|");
        }
    }
}

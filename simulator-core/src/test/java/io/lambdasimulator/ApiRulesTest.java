package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.invocation.InvocationRequest;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every route (spec: on-demand §1.0, §1.1 and §1.11). */
class ApiRulesTest {

    private static final String LOGS = "/2020-08-15/logs";
    private static final String TELEMETRY = "/2022-07-01/telemetry";
    private static final String PING = "/2018-06-01/ping";

    private static final Map<String, String> METHODS = Map.of(
            PING,
            "GET",
            BareRuntime.NEXT,
            "GET",
            BareRuntime.response("id"),
            "POST",
            BareRuntime.error("id"),
            "POST",
            BareRuntime.INIT_ERROR,
            "POST",
            BareExtension.REGISTER,
            "POST",
            BareExtension.NEXT,
            "GET",
            BareExtension.INIT_ERROR,
            "POST",
            BareExtension.EXIT_ERROR,
            "POST");

    private static LambdaSimulator lambda;

    @BeforeAll
    static void start() {
        lambda = LambdaSimulator.builder().start();
    }

    @AfterAll
    static void close() {
        lambda.close();
    }

    private static Reply call(String method, String target, String... headers) {
        return Wire.call(lambda.runtimeApi(), method, target, "", headers);
    }

    private static void assertNoPage(Reply reply) {
        reply.assertIs(404, "text/plain; charset=utf-8", "404 page not found\n");
        assertThat(reply.header("X-Content-Type-Options")).contains("nosniff");
    }

    static Stream<String> routes() {
        return METHODS.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("routes")
    void a_trailing_slash_is_another_path(String path) {
        for (String method : List.of("GET", "POST", "PUT")) {
            assertNoPage(call(method, path + "/"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/2018-06-01",
                "/2018-06-01/runtime",
                "/2018-06-01/runtime/invocation",
                "/2018-06-01/runtime/invocation/id",
                "/2018-06-01/runtime/invocation/a/b/response",
                "/2018-06-01/RUNTIME/invocation/next",
                "//2018-06-01/ping",
                "/2018-06-01//ping",
                "/2018-06-01/./ping",
                "/2018-06-01/x/../ping",
                "/2018-06-01/%70ing",
                "/2019-01-01/ping",
                "/2020-01-01/extension",
                "/2020-01-01/extension/event",
                "/2018-06-01/runtime/restore/next",
                "/2018-06-01/runtime/restore/error",
                "/2021-04-23/credentials",
                "/2015-03-31/functions/function/invocations"
            })
    void an_unknown_path_is_no_page(String path) {
        for (String method : List.of("GET", "POST")) {
            assertNoPage(call(method, path));
        }
    }

    @ParameterizedTest
    @MethodSource("routes")
    void a_known_path_with_another_method_is_405_with_nothing(String path) {
        String allowed = METHODS.getOrDefault(path, "PUT");
        for (String method : List.of("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "ODD")) {
            if (!method.equals(allowed)) {
                Reply reply = call(method, path);
                assertThat(reply.status()).as(method).isEqualTo(405);
                assertThat(reply.header("Allow")).contains(allowed);
                assertThat(reply.body()).isEmpty();
                assertThat(reply.header("Content-Type")).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {PING, PING + "?", PING + "?a=b/../c&d=%zz"})
    void ping_is_answered_with_pong(String target) {
        call("GET", target).assertIs(200, "text/plain; charset=utf-8", "pong");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/xml", "text/plain", "*/*;q=0", "nonsense", ""})
    void accept_is_not_looked_at(String accept) {
        call("POST", BareRuntime.response("id"), "Accept: " + accept)
                .assertRefused(400, "InvalidRequestID", "Invalid request ID");
        call("GET", PING, "Accept: " + accept, "Accept-Encoding: gzip, br")
                .assertIs(200, "text/plain; charset=utf-8", "pong");
    }

    @Test
    void every_kind_of_answer_leaves_the_connection_open() {
        try (Wire wire = new Wire(lambda.runtimeApi())) {
            for (int round = 0; round < 3; round++) {
                assertThat(wire.request("GET", PING, "").reply().status()).isEqualTo(200);
                assertThat(wire.request("GET", "/nowhere", "").reply().status()).isEqualTo(404);
                assertThat(wire.request("POST", PING, "a body that nobody reads")
                                .reply()
                                .status())
                        .isEqualTo(405);
                assertThat(wire.request("PUT", LOGS, "a body that nobody reads")
                                .reply()
                                .status())
                        .isEqualTo(403);
                assertThat(wire.request("POST", BareRuntime.response("id"), "unread")
                                .reply()
                                .status())
                        .isEqualTo(400);
                assertThat(wire.request("POST", BareExtension.REGISTER, "unread")
                                .reply()
                                .status())
                        .isEqualTo(403);
            }
        }
    }

    @Test
    void a_client_may_send_its_calls_in_one_go() {
        try (Wire wire = new Wire(lambda.runtimeApi())) {
            wire.request("GET", PING, "").request("GET", "/nowhere", "").request("GET", PING, "");

            assertThat(List.of(
                            wire.reply().status(),
                            wire.reply().status(),
                            wire.reply().status()))
                    .containsExactly(200, 404, 200);
        }
    }

    @Nested
    class Without_extensions {

        @Test
        void their_routes_answer_404_with_nothing_and_the_rest_works() {
            try (LambdaSimulator disabled = LambdaSimulator.builder()
                            .withoutExtensions()
                            .declareExtension("never waited for")
                            .start();
                    BareRuntime runtime = new BareRuntime(disabled)) {
                String uuid = "Lambda-Extension-Identifier: 00000000-0000-4000-8000-000000000000";
                for (String path : List.of(
                        BareExtension.REGISTER,
                        BareExtension.NEXT,
                        BareExtension.INIT_ERROR,
                        BareExtension.EXIT_ERROR)) {
                    Reply reply = Wire.call(
                            disabled.runtimeApi(), METHODS.get(path), path, "", uuid, "Lambda-Extension-Name: e");
                    assertThat(reply.status()).as(path).isEqualTo(404);
                    assertThat(reply.body()).isEmpty();
                    assertThat(reply.header("Content-Type")).isEmpty();
                }
                for (String path : List.of(TELEMETRY, LOGS)) {
                    assertThat(Wire.call(disabled.runtimeApi(), "PUT", path, "", uuid)
                                    .toString())
                            .startsWith("HTTP/1.1 404")
                            .endsWith("] ");
                }
                disabled.submit(InvocationRequest.of("\"works\""));
                assertThat(runtime.next().text()).isEqualTo("\"works\"");
                assertThat(disabled.extensions()).isEmpty();
            }
        }
    }
}

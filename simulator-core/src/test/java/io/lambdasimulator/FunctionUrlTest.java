package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The function URL in the invoke mode {@code BUFFERED} (AWS: Lambda function URLs; spec: production-captures §1.6, §1.7). */
class FunctionUrlTest {

    private static final int REQUEST_LIMIT = 6_291_456;
    private static final String JSON = "Content-Type: application/json";

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Wire> callers = new ArrayList<>();
    private LambdaSimulator lambda;
    private BareRuntime runtime;

    @BeforeEach
    void start() {
        start(LambdaSimulator.builder());
    }

    private void start(LambdaSimulator.Builder builder) {
        lambda = builder.functionUrl().start();
        runtime = new BareRuntime(lambda);
    }

    private void restart(LambdaSimulator.Builder builder) {
        close();
        start(builder);
    }

    @AfterEach
    void close() {
        callers.forEach(Wire::close);
        runtime.close();
        lambda.close();
    }

    private Wire caller() {
        Wire caller = new Wire(lambda.functionUrl().orElseThrow().getAuthority());
        callers.add(caller);
        return caller;
    }

    private URI url(String relative) {
        return lambda.functionUrl().orElseThrow().resolve(relative);
    }

    private static JsonNode json(Reply event) throws IOException {
        return new ObjectMapper().readTree(event.body());
    }

    private void answer(Reply event, String response) {
        runtime.respond(BareRuntime.requestIdOf(event), response).assertAccepted();
    }

    private static void assertBadGateway(Reply reply) {
        reply.assertIs(502, "application/json", "Internal Server Error");
        assertThat(reply.header("x-amzn-RequestId")).isPresent();
    }

    private static void assertRejected(Reply reply, int status, String errorType, String message) {
        reply.assertJson(status, "{\"Message\":\"" + message + "\"}");
        assertThat(reply.header("x-amzn-ErrorType")).contains(errorType);
        assertThat(reply.header("x-amzn-RequestId")).isPresent();
    }

    @Test
    void a_response_cannot_name_the_request_or_its_trace() {
        Wire caller = caller().request("GET", "/", "");
        Reply event = runtime.next();
        answer(event, "{\"statusCode\":200,\"headers\":{\"X-Amzn-RequestID\":\"mine\",\"x-amzn-trace-id\":\"mine\"}}");

        Reply reply = caller.reply();

        assertThat(reply.header("x-amzn-RequestId")).contains(BareRuntime.requestIdOf(event));
        assertThat(reply.header("X-Amzn-Trace-Id")).isPresent().get().isNotEqualTo("mine");
    }

    @Test
    void a_request_is_an_event_and_its_answer_is_the_response() throws Exception {
        Wire caller = caller().request(
                        "PATCH",
                        "/orders/A%2F1?a=1&a=2",
                        "{\"quantity\":2}",
                        JSON,
                        "User-Agent: curl/8.7.1",
                        "Cookie: session=abc; theme=dark",
                        "X-Twice: one",
                        "x-twice: two");

        Reply event = runtime.next();
        answer(
                event,
                "{\"statusCode\":201,\"headers\":{\"My-Header\":\"Some Value\"},\"cookies\":[\"a=b\",\"c=d\"],"
                        + "\"body\":\"created\"}");

        assertThat(event.header("Content-Type")).contains("application/json");
        JsonNode json = json(event);
        assertThat(json.get("rawPath").textValue()).isEqualTo("/orders/A%2F1");
        assertThat(json.get("rawQueryString").textValue()).isEqualTo("a=1&a=2");
        assertThat(json.get("cookies").toString()).isEqualTo("[\"session=abc\",\"theme=dark\"]");
        assertThat(json.at("/queryStringParameters/a").textValue()).isEqualTo("1,2");
        assertThat(json.at("/headers/x-twice").textValue()).isEqualTo("one,two");
        assertThat(json.at("/headers/content-length").textValue()).isEqualTo("14");
        assertThat(json.at("/headers/x-forwarded-for").textValue()).isEqualTo("127.0.0.1");
        assertThat(json.at("/headers/x-forwarded-port").textValue())
                .isEqualTo(String.valueOf(lambda.functionUrl().orElseThrow().getPort()));
        assertThat(json.at("/requestContext/http").toString())
                .isEqualTo("{\"method\":\"PATCH\",\"path\":\"/orders/A/1\",\"protocol\":\"HTTP/1.1\","
                        + "\"sourceIp\":\"127.0.0.1\",\"userAgent\":\"curl/8.7.1\"}");
        assertThat(json.get("body").textValue()).isEqualTo("{\"quantity\":2}");

        Reply reply = caller.reply();
        reply.assertIs(201, "application/json", "created");
        assertThat(reply.header("My-Header")).contains("Some Value");
        assertThat(reply.headerLines()).contains("Set-Cookie: a=b", "Set-Cookie: c=d");
        assertThat(reply.header("x-amzn-ErrorType")).isEmpty();
    }

    @Test
    void the_function_url_ends_in_a_slash_and_exists_only_when_asked_for() {
        assertThat(lambda.functionUrl().orElseThrow().toString()).matches("http://127\\.0\\.0\\.1:\\d+/");
        try (LambdaSimulator without = LambdaSimulator.builder().frontDoor().start()) {
            assertThat(without.functionUrl()).isEmpty();
        }
    }

    @Test
    void the_request_id_of_event_invocation_and_answer_is_one() throws Exception {
        Wire caller = caller().request("GET", "/", "");
        Reply event = runtime.next();
        answer(event, "{}");

        String requestId = BareRuntime.requestIdOf(event);
        assertThat(requestId).matches("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}");
        assertThat(json(event).at("/requestContext/requestId").textValue()).isEqualTo(requestId);
        assertThat(caller.reply().header("x-amzn-RequestId")).contains(requestId);
    }

    @Test
    void the_url_id_looks_like_the_services_and_stays_the_same() throws Exception {
        caller().request("GET", "/", "");
        JsonNode first = json(runtime.next()).get("requestContext");
        restart(LambdaSimulator.builder());
        caller().request("GET", "/", "");
        JsonNode second = json(runtime.next()).get("requestContext");

        assertThat(first.get("apiId").textValue()).matches("[a-z0-9]{32}");
        assertThat(second.get("apiId")).isEqualTo(first.get("apiId"));
        assertThat(first.get("domainPrefix")).isEqualTo(first.get("apiId"));
        assertThat(first.get("domainName").textValue()).isEqualTo("lambda");
    }

    @Test
    void the_time_of_the_request_is_that_of_the_environment() throws Exception {
        VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
        restart(LambdaSimulator.builder().time(clock).withoutDeadlines());
        clock.advance(Duration.ofSeconds(63));
        caller().request("GET", "/", "");

        JsonNode context = json(runtime.next()).get("requestContext");
        assertThat(context.get("time").textValue()).isEqualTo("01/Jan/2026:00:01:03 +0000");
        assertThat(context.get("timeEpoch").longValue())
                .isEqualTo(Instant.parse("2026-01-01T00:01:03Z").toEpochMilli());
    }

    @Test
    void the_callers_trace_goes_on_and_another_begins_without_one() throws Exception {
        String root = "Root=1-5759e988-bd862e3fe1be46a994272793";
        Wire caller = caller().request("GET", "/", "", "X-Amzn-Trace-Id: " + root + ";Sampled=1");
        Reply event = runtime.next();
        answer(event, "{}");
        String trace = event.header("Lambda-Runtime-Trace-Id").orElseThrow();
        assertThat(trace).startsWith(root + ";").contains("Sampled=1");
        assertThat(json(event).at("/headers/x-amzn-trace-id").textValue()).isEqualTo(root + ";Sampled=1");
        assertThat(caller.reply().header("X-Amzn-Trace-Id")).contains(trace);

        caller.request("GET", "/", "", "X-Amzn-Trace-Id: nonsense");
        event = runtime.next();
        answer(event, "{}");
        trace = event.header("Lambda-Runtime-Trace-Id").orElseThrow();
        assertThat(trace).startsWith(json(event).at("/headers/x-amzn-trace-id").textValue() + ";");
        assertThat(caller.reply().header("X-Amzn-Trace-Id")).contains(trace);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ODD"})
    void every_method_reaches_the_function_and_so_does_a_preflight(String method) throws Exception {
        Wire caller =
                caller().request(method, "/", "", "Origin: https://app.example", "Access-Control-Request-Method: PUT");

        Reply event = runtime.next();
        answer(event, "{\"statusCode\":200,\"headers\":{\"Access-Control-Allow-Origin\":\"*\"}}");

        assertThat(json(event).at("/requestContext/http/method").textValue()).isEqualTo(method);
        assertThat(json(event).at("/headers/origin").textValue()).isEqualTo("https://app.example");
        Reply reply = caller.reply();
        assertThat(reply.header("Access-Control-Allow-Origin")).contains("*");
        assertThat(reply.header("Access-Control-Allow-Methods")).isEmpty();
    }

    @Test
    void HEAD_reaches_the_function_and_its_answer_has_no_body() throws Exception {
        CompletableFuture<HttpResponse<String>> response = http.sendAsync(
                HttpRequest.newBuilder(url("thing"))
                        .method("HEAD", HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        Reply event = runtime.next();
        answer(event, "{\"statusCode\":200,\"body\":\"not sent\"}");

        assertThat(json(event).at("/requestContext/http/method").textValue()).isEqualTo("HEAD");
        assertThat(response.get(20, TimeUnit.SECONDS).headers().firstValue("Content-Length"))
                .contains("8");
        assertThat(response.get().body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/?", "/a/b/", "//a/../b", "/%zz/%00", "/2015-03-31/functions/function/invocations"})
    void every_path_reaches_the_function_as_it_came(String target) throws Exception {
        Wire caller = caller().request("GET", target, "");
        Reply event = runtime.next();
        answer(event, "\"fine\"");

        assertThat(json(event).get("rawPath").textValue()).isEqualTo(target.replace("?", ""));
        caller.reply().assertJson(200, "fine");
    }

    @Test
    void a_target_that_is_no_path_is_not_found() {
        assertThat(caller().request("OPTIONS", "*", "").reply().status()).isEqualTo(404);
    }

    @Test
    void a_binary_body_goes_in_and_out_as_base64() throws Exception {
        byte[] bytes = {0, (byte) 0xff, 1, (byte) 0xfe};
        Wire caller = caller().request("PUT", "/", bytes, "Content-Type: image/png");
        Reply event = runtime.next();
        assertThat(json(event).get("body").textValue()).isEqualTo("AP8B/g==");
        assertThat(json(event).get("isBase64Encoded").booleanValue()).isTrue();

        answer(
                event,
                "{\"statusCode\":200,\"headers\":{\"content-type\":\"image/png\"},\"body\":\"AP8B/g==\","
                        + "\"isBase64Encoded\":true}");
        Reply reply = caller.reply();
        assertThat(reply.body()).containsExactly(bytes);
        assertThat(reply.header("Content-Type")).contains("image/png");
    }

    @ParameterizedTest
    @CsvSource({"204", "304"})
    void a_status_without_body_is_sent_without_one_and_the_connection_goes_on(int status) throws Exception {
        for (int round = 0; round < 2; round++) {
            CompletableFuture<HttpResponse<String>> response =
                    http.sendAsync(HttpRequest.newBuilder(url("/")).build(), HttpResponse.BodyHandlers.ofString());
            answer(runtime.next(), "{\"statusCode\":" + status + ",\"body\":\"left out\"}");
            assertThat(response.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(status);
            assertThat(response.get().body()).isEmpty();
        }
    }

    @Test
    void a_header_that_is_the_servers_own_gets_another_name() {
        Wire caller = caller().request("GET", "/", "");
        answer(
                runtime.next(),
                "{\"statusCode\":200,\"headers\":{\"Content-Length\":\"1\",\"Connection\":\"close\"},\"body\":\"whole\"}");

        Reply reply = caller.reply();
        reply.assertJson(200, "whole");
        assertThat(reply.header("x-amzn-Remapped-Content-Length")).contains("1");
        assertThat(reply.header("x-amzn-Remapped-Connection")).contains("close");
        assertThat(reply.header("Connection")).isEmpty();
    }

    @Nested
    class It_answers_502 {

        @Test
        void to_a_function_error() {
            Wire caller = caller().request("POST", "/", "{}", JSON);
            Reply event = runtime.next();
            runtime.fail(BareRuntime.requestIdOf(event), "{\"errorMessage\":\"secret\",\"errorType\":\"E\"}")
                    .assertAccepted();

            Reply reply = caller.reply();
            assertBadGateway(reply);
            assertThat(reply.header("x-amzn-RequestId")).contains(BareRuntime.requestIdOf(event));
            assertThat(reply.header("X-Amz-Function-Error")).isEmpty();
        }

        @Test
        void to_a_response_that_is_none() {
            for (String response : List.of("", "plain text", "{\"statusCode\":\"soon\"}")) {
                Wire caller = caller().request("GET", "/", "");
                answer(runtime.next(), response);
                assertBadGateway(caller.reply());
            }
        }

        @Test
        void to_a_response_that_is_too_large() {
            Wire caller = caller().request("GET", "/", "");
            Reply event = runtime.next();
            assertThat(runtime.respond(BareRuntime.requestIdOf(event), "x".repeat(REQUEST_LIMIT + 101))
                            .status())
                    .isEqualTo(413);

            assertBadGateway(caller.reply());
        }

        @Test
        void to_a_timeout() {
            VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
            restart(LambdaSimulator.builder().time(clock));
            Wire caller = caller().request("GET", "/", "");
            runtime.next();

            clock.advance(Duration.ofSeconds(3));

            assertBadGateway(caller.reply());
        }

        @Test
        void to_an_init_error() {
            Wire caller = caller().request("GET", "/", "");
            lambda.eventLog().await(Event.InvocationQueued.class, queued -> true, Wire.PATIENCE);
            runtime.initError("{\"errorType\":\"Runtime.ImportModuleError\"}").assertAccepted();

            assertBadGateway(caller.reply());
        }
    }

    @Nested
    class It_refuses {

        @Test
        void a_body_that_is_too_large() {
            assertRejected(
                    caller().request("POST", "/", new byte[REQUEST_LIMIT + 1]).reply(),
                    413,
                    "RequestEntityTooLargeException",
                    "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
            assertThat(lambda.eventLog().events(Event.InvocationQueued.class)).isEmpty();
        }

        @Test
        void a_body_whose_event_is_too_large() {
            assertRejected(
                    caller().request("POST", "/", new byte[REQUEST_LIMIT * 3 / 4])
                            .reply(),
                    413,
                    "RequestEntityTooLargeException",
                    "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
        }

        @Test
        void a_body_that_is_cut_off() {
            Wire caller = caller().head("POST", "/", "Content-Length: 10").send("five!");
            caller.halfClose();

            assertRejected(
                    caller.reply(),
                    400,
                    "InvalidRequestContentException",
                    "the request body ended before it was complete, or its chunks are malformed");
        }

        @Test
        void an_invocation_beside_another_one_when_told_to() {
            restart(LambdaSimulator.builder().whenBusy(WhenBusy.REJECT));
            lambda.submit(InvocationRequest.of("{}"));

            assertRejected(caller().request("GET", "/", "").reply(), 429, "TooManyRequestsException", "Rate Exceeded.");
        }

        @Test
        void an_invocation_that_a_shutdown_ends() {
            Wire first = caller().request("GET", "/first", "");
            Reply event = runtime.next();
            Wire queued = caller();
            new Moments(lambda)
                    .causes(Event.InvocationQueued.class, e -> true, () -> queued.request("GET", "/queued", ""));

            lambda.close();

            assertThat(event.status()).isEqualTo(200);
            assertThat(first.reply().status()).isIn(502, 503);
            Reply reply = queued.reply();
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.header("x-amzn-ErrorType")).contains("ServiceUnavailableException");
        }
    }

    @Test
    void a_caller_who_leaves_does_not_stop_the_invocation() {
        Wire caller = caller().request("GET", "/", "");
        Reply event = runtime.next();
        caller.reset();

        answer(event, "{}");
        runtime.poll();
        InvocationReport report = lambda.eventLog()
                .await(Event.InvocationCompleted.class, completed -> true, Wire.PATIENCE)
                .report();
        assertThat(report.requestId()).isEqualTo(BareRuntime.requestIdOf(event));
        assertThat(report.errorType()).isEmpty();
    }

    @Test
    void it_stands_beside_the_front_door() {
        restart(LambdaSimulator.builder().frontDoor());
        assertThat(lambda.frontDoor().orElseThrow().getPort())
                .isNotEqualTo(lambda.functionUrl().orElseThrow().getPort());

        try (Wire invoke = new Wire(lambda.frontDoor().orElseThrow().getAuthority())) {
            invoke.request("POST", "/2015-03-31/functions/function/invocations", "{\"direct\":true}");
            Reply event = runtime.next();
            assertThat(event.text()).isEqualTo("{\"direct\":true}");
            answer(event, "{\"statusCode\":201}");
            invoke.reply().assertJson(200, "{\"statusCode\":201}");
        }
    }
}

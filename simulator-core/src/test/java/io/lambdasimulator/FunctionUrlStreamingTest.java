package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.InvokeMode;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The function URL in the invoke mode {@code RESPONSE_STREAM}, and streaming runtimes in the other one (AWS: Response
 * streaming for Lambda functions; spec: aws-contract §1.8).
 */
class FunctionUrlStreamingTest {

    private static final String NULS = "\0".repeat(8);
    private static final String PRELUDE = "Content-Type: application/vnd.awslambda.http-integration-response";
    private static final String TRAILERS =
            "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body";
    private static final String[] ERROR = {
        "Lambda-Runtime-Function-Error-Type: TypeError",
        "Lambda-Runtime-Function-Error-Body: "
                + Base64.getEncoder().encodeToString("{}".getBytes(StandardCharsets.UTF_8))
    };

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private final HttpClient http = HttpClient.newHttpClient();
    private LambdaSimulator lambda;
    private BareRuntime runtime;

    @BeforeEach
    void start() {
        start(LambdaSimulator.builder().functionUrlInvokeMode(InvokeMode.RESPONSE_STREAM));
    }

    private void start(LambdaSimulator.Builder builder) {
        lambda = builder.time(clock).functionUrl().start();
        runtime = new BareRuntime(lambda).park();
    }

    private void restart(LambdaSimulator.Builder builder) {
        close();
        start(builder);
    }

    @AfterEach
    void close() {
        runtime.close();
        lambda.close();
    }

    private CompletableFuture<HttpResponse<InputStream>> call() {
        return call("GET");
    }

    private CompletableFuture<HttpResponse<InputStream>> call(String method) {
        return http.sendAsync(
                HttpRequest.newBuilder(lambda.functionUrl().orElseThrow())
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
    }

    private static <T> T soon(CompletableFuture<T> future) throws Exception {
        return future.get(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    private static String read(HttpResponse<InputStream> response, int bytes) throws IOException {
        return new String(response.body().readNBytes(bytes), StandardCharsets.UTF_8);
    }

    private static String rest(HttpResponse<InputStream> response) throws IOException {
        return new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Takes the invocation and begins to stream its response. */
    private Wire stream(String... headerLines) {
        String requestId = BareRuntime.requestIdOf(runtime.reply());
        String[] all = Stream.concat(
                        Stream.of("Lambda-Runtime-Function-Response-Mode: streaming", "Transfer-Encoding: chunked"),
                        Arrays.stream(headerLines))
                .toArray(String[]::new);
        return runtime.wire().head("POST", BareRuntime.response(requestId), all);
    }

    private static void assertBrokenOff(HttpResponse<InputStream> response) {
        assertThatThrownBy(() -> response.body().readAllBytes()).isInstanceOf(IOException.class);
    }

    private static void assertBadGateway(HttpResponse<InputStream> response) throws IOException {
        assertThat(rest(response)).isEqualTo("Internal Server Error");
        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(header(response, "x-amzn-RequestId")).isNotEmpty();
    }

    @Nested
    class Without_a_prelude {

        @Test
        void the_bytes_arrive_as_they_come_with_200_and_the_runtimes_media_type() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            Wire sender = stream("Content-Type: text/event-stream");
            sender.chunk("data: one\n\n");

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(header(response, "Content-Type")).isEqualTo("text/event-stream");
            assertThat(header(response, "X-Amzn-Trace-Id")).startsWith("Root=1-");
            assertThat(read(response, 11)).isEqualTo("data: one\n\n");
            sender.chunk("data: two\n\n");
            assertThat(read(response, 11)).isEqualTo("data: two\n\n");

            sender.lastChunk();
            runtime.reply().assertAccepted();
            assertThat(rest(response)).isEmpty();
        }

        @Test
        void the_media_type_is_any_when_the_runtime_names_none() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream().chunk("{\"statusCode\":418}" + NULS).lastChunk();

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(header(response, "Content-Type")).isEqualTo("application/octet-stream");
            assertThat(rest(response)).isEqualTo("{\"statusCode\":418}" + NULS);
        }

        @Test
        void nothing_may_be_the_response() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream("Content-Type: text/plain").lastChunk();

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(header(response, "Content-Type")).isEqualTo("text/plain");
            assertThat(rest(response)).isEmpty();
        }

        @Test
        void a_buffered_response_is_the_body_whatever_status_it_names() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            String payload = "{\"statusCode\":418,\"body\":\"not looked at\"}";
            runtime.respond(BareRuntime.requestIdOf(runtime.reply()), payload, "Content-Type: application/json")
                    .assertAccepted();

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(header(response, "Content-Type")).isEqualTo("application/json");
            assertThat(rest(response)).isEqualTo(payload);
        }
    }

    @Nested
    class A_prelude {

        @Test
        void is_status_headers_and_cookies_and_arrives_before_the_payload() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            Wire sender = stream(PRELUDE);
            sender.chunk("{\"statusCode\":201,\"headers\":{\"Content-Type\":\"text/html\",\"My-Header\":\"x\"},"
                    + "\"cookies\":[\"a=1\",\"b=2\"]}" + NULS);

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(201);
            assertThat(header(response, "Content-Type")).isEqualTo("text/html");
            assertThat(header(response, "My-Header")).isEqualTo("x");
            assertThat(response.headers().allValues("Set-Cookie")).containsExactly("a=1", "b=2");

            sender.chunk("<p>");
            assertThat(read(response, 3)).isEqualTo("<p>");
            sender.chunk("</p>").lastChunk();
            assertThat(rest(response)).isEqualTo("</p>");
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 5, 8, 11})
        void may_come_in_pieces_with_the_payload_behind_it(int size) throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            Wire sender = stream(PRELUDE + "; charset=utf-8");
            String all = "{\"statusCode\":404}" + NULS + "not here\0at all";
            for (int from = 0; from < all.length(); from += size) {
                sender.chunk(all.substring(from, Math.min(all.length(), from + size)));
            }
            sender.lastChunk();

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(404);
            assertThat(header(response, "Content-Type")).isEqualTo("application/octet-stream");
            assertThat(rest(response)).isEqualTo("not here\0at all");
        }

        @Test
        void may_come_with_a_buffered_response() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            runtime.respond(BareRuntime.requestIdOf(runtime.reply()), "{\"statusCode\":202}" + NULS + "whole", PRELUDE)
                    .assertAccepted();

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(202);
            assertThat(rest(response)).isEqualTo("whole");
        }

        @ParameterizedTest
        @ValueSource(ints = {204, 304})
        void of_a_status_without_body_ends_the_answer(int status) throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            Wire sender = stream(PRELUDE);
            sender.chunk("{\"statusCode\":" + status + "}" + NULS + "left out");

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(status);
            assertThat(rest(response)).isEmpty();
            sender.chunk("this too").lastChunk();
            runtime.reply().assertAccepted();
        }

        @Test
        void of_a_status_without_body_leaves_the_connection_to_the_next_request() {
            try (Wire caller = new Wire(lambda.functionUrl().orElseThrow().getAuthority())) {
                for (int round = 0; round < 2; round++) {
                    caller.request("GET", "/", "");
                    stream(PRELUDE)
                            .chunk("{\"statusCode\":204}" + NULS + "left out")
                            .lastChunk();
                    assertThat(caller.reply().status()).isEqualTo(204);
                    runtime.reply().assertAccepted();
                    runtime.park();
                }
            }
        }

        @Test
        void is_answered_without_the_payload_to_HEAD() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call("HEAD");
            stream(PRELUDE)
                    .chunk("{\"statusCode\":202}" + NULS)
                    .chunk("not sent")
                    .lastChunk();

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(202);
            assertThat(rest(response)).isEmpty();
            runtime.reply().assertAccepted();
        }

        @Test
        void that_is_none_is_502_at_once_and_the_runtime_goes_on() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            Wire sender = stream(PRELUDE).chunk("status: 200" + NULS);
            assertBadGateway(soon(call));

            sender.chunk("more that nobody wants").lastChunk();
            runtime.reply().assertAccepted();
            runtime.park();
            call = call();
            stream().chunk("fine").lastChunk();
            assertThat(rest(soon(call))).isEqualTo("fine");
        }

        @Test
        void that_is_too_long_is_502() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream(PRELUDE).chunk("{\"headers\":{\"a\":\"" + "x".repeat(16 * 1024));

            assertBadGateway(soon(call));
        }

        @ParameterizedTest
        @ValueSource(strings = {"{\"statusCode\":200}", "{\"statusCode\":200}\0\0\0\0\0\0\0"})
        void that_never_ends_is_502_at_the_end(String text) throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream(PRELUDE).chunk(text).lastChunk();

            assertBadGateway(soon(call));
        }

        @Test
        void that_is_missing_is_502_at_the_end() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream(PRELUDE).lastChunk();

            assertBadGateway(soon(call));
        }
    }

    @Nested
    class Before_the_first_byte {

        @Test
        void an_error_is_502() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            runtime.fail(BareRuntime.requestIdOf(runtime.reply()), "{\"errorMessage\":\"secret\"}")
                    .assertAccepted();

            assertBadGateway(soon(call));
        }

        @Test
        void an_error_in_the_trailers_is_502() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream(TRAILERS).lastChunk(ERROR);

            assertBadGateway(soon(call));
        }

        @Test
        void a_timeout_is_502() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream(PRELUDE).chunk("{\"statusCode\":200}");
            clock.advance(Duration.ofSeconds(3));

            assertBadGateway(soon(call));
        }

        @Test
        void a_refusal_is_an_answer_of_its_own() throws Exception {
            restart(LambdaSimulator.builder()
                    .functionUrlInvokeMode(InvokeMode.RESPONSE_STREAM)
                    .whenBusy(WhenBusy.REJECT));
            lambda.submit(InvocationRequest.of("{}"));

            HttpResponse<InputStream> response = soon(call());
            assertThat(response.statusCode()).isEqualTo(429);
            assertThat(rest(response)).isEqualTo("{\"Message\":\"Rate Exceeded.\"}");
        }
    }

    @Nested
    class In_the_middle {

        private HttpResponse<InputStream> begun(Wire sender, CompletableFuture<HttpResponse<InputStream>> call)
                throws Exception {
            sender.chunk("so far");
            HttpResponse<InputStream> response = soon(call);
            assertThat(read(response, 6)).isEqualTo("so far");
            return response;
        }

        @Test
        void an_error_breaks_the_answer_off() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            Wire sender = stream(TRAILERS);
            HttpResponse<InputStream> response = begun(sender, call);

            sender.lastChunk(ERROR);

            assertBrokenOff(response);
            runtime.reply().assertAccepted();
        }

        @Test
        void a_timeout_breaks_the_answer_off() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            HttpResponse<InputStream> response = begun(stream(), call);

            clock.advance(Duration.ofSeconds(3));

            assertBrokenOff(response);
        }

        @Test
        void a_runtime_that_leaves_breaks_the_answer_off() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            Wire sender = stream();
            HttpResponse<InputStream> response = begun(sender, call);

            sender.halfClose();

            assertBrokenOff(response);
        }

        @Test
        void closing_the_environment_breaks_the_answer_off() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            HttpResponse<InputStream> response = begun(stream(), call);

            lambda.close();

            assertBrokenOff(response);
        }

        @Test
        void a_caller_who_leaves_does_not_stop_the_invocation() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            Wire sender = stream();
            HttpResponse<InputStream> response = begun(sender, call);
            response.body().close();

            for (int i = 0; i < 100; i++) {
                sender.chunk("x".repeat(10_000));
            }
            sender.lastChunk();
            runtime.reply().assertAccepted();
            runtime.poll();
            InvocationReport report = lambda.eventLog()
                    .await(Event.InvocationCompleted.class, completed -> true, Wire.PATIENCE)
                    .report();
            assertThat(report.errorType()).isEmpty();
        }
    }

    @Test
    void a_large_response_arrives_whole() throws Exception {
        CompletableFuture<HttpResponse<InputStream>> call = call();
        Wire sender = stream();
        int size = 100_000;
        int pieces = 300;
        // Not on the common pool, whose one thread the HTTP client may need (JDK 25).
        CompletableFuture<Void> sent = CompletableFuture.runAsync(
                () -> {
                    for (int i = 0; i < pieces; i++) {
                        sender.chunk("x".repeat(size));
                    }
                    sender.lastChunk();
                },
                task -> new Thread(task, "sender").start());

        HttpResponse<InputStream> response = soon(call);
        assertThat(response.body().readAllBytes()).hasSize(size * pieces);
        soon(sent);
        runtime.reply().assertAccepted();
    }

    @Nested
    class Behind_BUFFERED_a_streaming_runtime {

        @BeforeEach
        void buffered() {
            restart(LambdaSimulator.builder());
        }

        @Test
        void is_answered_whole_as_any_other() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream("Content-Type: text/plain")
                    .chunk("{\"statusCode\":")
                    .chunk("201,\"body\":\"whole\"}")
                    .lastChunk();

            HttpResponse<InputStream> response = soon(call);
            assertThat(response.statusCode()).isEqualTo(201);
            assertThat(header(response, "Content-Length")).isEqualTo("5");
            assertThat(rest(response)).isEqualTo("whole");
        }

        @Test
        void that_sends_a_prelude_is_502() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream(PRELUDE).chunk("{\"statusCode\":200}" + NULS + "payload").lastChunk();

            assertBadGateway(soon(call));
        }

        @Test
        void that_fails_in_the_middle_is_502() throws Exception {
            CompletableFuture<HttpResponse<InputStream>> call = call();
            stream(TRAILERS).chunk("{\"statusCode\":200}").lastChunk(ERROR);

            assertBadGateway(soon(call));
            Reply reply = runtime.reply();
            reply.assertAccepted();
        }
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /2018-06-01/runtime/invocation/ID/response} (spec: on-demand §1.3, aws-contract §1.3 and §1.4). */
class RuntimeApiResponseTest {

    private static final int LIMIT = 6_291_556;
    private static final String MODE = "Lambda-Runtime-Function-Response-Mode: ";

    private LambdaSimulator lambda;
    private BareRuntime runtime;

    @BeforeEach
    void start() {
        lambda = LambdaSimulator.builder().start();
        runtime = new BareRuntime(lambda);
    }

    @AfterEach
    void close() {
        runtime.close();
        lambda.close();
    }

    /** Submits an invocation and lets the runtime take it. */
    private Invocation running() {
        Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
        assertThat(BareRuntime.requestIdOf(runtime.next())).isEqualTo(invocation.requestId());
        return invocation;
    }

    private static InvocationResult resultOf(Invocation invocation) {
        return invocation.awaitAnswer(Wire.PATIENCE);
    }

    private static void assertError(InvocationResult result, String errorType, String payload) {
        assertThat(result.payloadText()).isEqualTo(payload);
        assertThat(result.errorType()).contains(errorType);
        assertThat(result.functionError()).contains("Unhandled");
    }

    /** The runtime may ask for its next invocation and answer it, and the one before is complete. */
    private void assertGoesOnAfter(Invocation before) {
        Invocation next = lambda.submit(InvocationRequest.of("\"next\""));
        try (BareRuntime again = new BareRuntime(lambda)) {
            Reply event = again.next();
            assertThat(event.text()).isEqualTo("\"next\"");
            before.awaitCompletion(Wire.PATIENCE);
            again.respond(next.requestId(), "\"fine\"").assertAccepted();
        }
        assertThat(resultOf(next).payloadText()).isEqualTo("\"fine\"");
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 'x');
        return bytes;
    }

    @Test
    void bytes_and_content_type_reach_the_caller() {
        byte[] body = {0, (byte) 0xff, '\n', (byte) 0x80};
        Invocation invocation = running();

        runtime.wire()
                .request(
                        "POST",
                        BareRuntime.response(invocation.requestId()),
                        body,
                        "Content-Type: image/x-<odd>; a=\"b\"")
                .reply()
                .assertAccepted();

        InvocationResult result = resultOf(invocation);
        assertThat(result.payload()).isEqualTo(body);
        assertThat(result.contentType()).contains("image/x-<odd>; a=\"b\"");
        assertThat(result.isSuccess()).isTrue();
        assertGoesOnAfter(invocation);
    }

    @Test
    void an_empty_response_without_content_type_is_fine() {
        Invocation invocation = running();

        runtime.respond(invocation.requestId(), "").assertAccepted();

        assertThat(resultOf(invocation).payload()).isEmpty();
        assertThat(resultOf(invocation).contentType()).isEmpty();
    }

    @Test
    void header_names_are_read_in_any_case() {
        Invocation invocation = running();

        runtime.respond(
                        invocation.requestId(),
                        "x",
                        "lambda-RUNTIME-function-response-mode: Bad",
                        "CONTENT-type: text/plain")
                .assertRefused(400, "InvalidFunctionResponseMode", "Invalid function response mode");
    }

    @Test
    void a_chunked_body_is_put_together() {
        Invocation invocation = running();

        runtime.wire()
                .head("POST", BareRuntime.response(invocation.requestId()), "Transfer-Encoding: chunked")
                .chunk("{\"a\"")
                .chunk(":1}")
                .lastChunk()
                .reply()
                .assertAccepted();

        assertThat(resultOf(invocation).payloadText()).isEqualTo("{\"a\":1}");
    }

    @Test
    void a_client_that_expects_100_continue_is_asked_for_its_body() {
        Invocation invocation = running();
        Wire wire = runtime.wire()
                .head(
                        "POST",
                        BareRuntime.response(invocation.requestId()),
                        "Content-Length: 4",
                        "Expect: 100-continue");

        assertThat(wire.reply().status()).isEqualTo(100);
        wire.send("body").reply().assertAccepted();
        assertThat(resultOf(invocation).payloadText()).isEqualTo("body");
    }

    @Nested
    class The_response_mode {

        @ParameterizedTest
        @ValueSource(strings = {"streaming", ""})
        void may_be_streaming_or_empty(String mode) {
            Invocation invocation = running();

            runtime.respond(invocation.requestId(), "all of it", MODE + mode).assertAccepted();

            assertThat(resultOf(invocation).payloadText()).isEqualTo("all of it");
            assertThat(resultOf(invocation).isSuccess()).isTrue();
            assertGoesOnAfter(invocation);
        }

        @ParameterizedTest
        @ValueSource(strings = {"Streaming", "STREAMING", "buffered", "stream", "streaming, streaming"})
        void may_be_nothing_else_and_the_caller_gets_an_empty_error(String mode) {
            Invocation invocation = running();

            runtime.respond(invocation.requestId(), "unread", MODE + mode)
                    .assertRefused(400, "InvalidFunctionResponseMode", "Invalid function response mode");

            assertError(resultOf(invocation), "Runtime.InvalidResponseModeHeader", "");
            assertThat(lambda.runtimeState()).contains(RuntimeState.RESPONSE_SENT);
            assertGoesOnAfter(invocation);
        }
    }

    @Nested
    class The_size {

        @Test
        void may_be_6_mebibytes_and_100_bytes() {
            Invocation invocation = running();
            byte[] body = bytes(LIMIT);

            runtime.wire()
                    .request("POST", BareRuntime.response(invocation.requestId()), body)
                    .reply()
                    .assertAccepted();

            assertThat(resultOf(invocation).payload()).isEqualTo(body);
        }

        static Stream<Arguments> ways() {
            return Stream.of(
                    arguments("Content-Length: " + (LIMIT + 1), ""),
                    arguments("Content-Length: " + (LIMIT + 1), MODE + "streaming"),
                    arguments("Transfer-Encoding: chunked", ""),
                    arguments("Transfer-Encoding: chunked", MODE + "streaming"));
        }

        @ParameterizedTest
        @MethodSource("ways")
        void of_one_byte_more_is_told_to_both_sides_and_the_runtime_goes_on(String framing, String mode) {
            Invocation invocation = running();
            String[] headers = mode.isEmpty() ? new String[] {framing} : new String[] {framing, mode};
            Wire wire = runtime.wire().head("POST", BareRuntime.response(invocation.requestId()), headers);
            String body = new String(bytes(LIMIT + 1), StandardCharsets.US_ASCII);
            if (framing.endsWith("chunked")) {
                wire.chunk(body).lastChunk();
            } else {
                wire.send(body);
            }

            wire.reply()
                    .assertRefused(
                            413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291556 bytes).");

            assertError(
                    resultOf(invocation),
                    "Function.ResponseSizeTooLarge",
                    "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size (6291556 bytes).\","
                            + "\"errorType\":\"Function.ResponseSizeTooLarge\"}");
            assertThat(resultOf(invocation).contentType()).contains("application/json");
            assertGoesOnAfter(invocation);
        }
    }

    @Nested
    class A_body_that_ends_early {

        static Stream<Arguments> beginnings() {
            return Stream.of(
                    arguments("Content-Length: 100", "", "ten bytes."),
                    arguments("Content-Length: 100", MODE + "streaming", "ten bytes."),
                    arguments("Transfer-Encoding: chunked", "", "a\r\nten bytes.\r\n"),
                    arguments("Transfer-Encoding: chunked", "", "64\r\nten bytes."),
                    arguments("Transfer-Encoding: chunked", MODE + "streaming", "a\r\nten bytes.\r\n"));
        }

        private void begin(Invocation invocation, String framing, String mode, String body) {
            String[] headers = mode.isEmpty() ? new String[] {framing} : new String[] {framing, mode};
            new Moments(lambda)
                    .bringsRuntimeTo(
                            RuntimeState.INVOCATION_RESPONSE,
                            () -> runtime.wire()
                                    .head("POST", BareRuntime.response(invocation.requestId()), headers)
                                    .send(body));
        }

        private void assertTruncated(Invocation invocation) {
            assertError(
                    resultOf(invocation),
                    "Runtime.TruncatedResponse",
                    "{\"errorType\":\"Runtime.TruncatedResponse\",\"errorMessage\":\"RequestId: "
                            + invocation.requestId()
                            + " Error: the runtime's response ended before it was complete\"}");
            assertGoesOnAfter(invocation);
        }

        @ParameterizedTest
        @MethodSource("beginnings")
        void by_half_closing_is_told_to_both_sides(String framing, String mode, String body) {
            Invocation invocation = running();
            begin(invocation, framing, mode, body);

            runtime.wire().halfClose();

            runtime.wire().reply().assertRefused(400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
            assertTruncated(invocation);
        }

        @ParameterizedTest
        @MethodSource("beginnings")
        void by_a_reset_is_told_to_the_caller(String framing, String mode, String body) {
            Invocation invocation = running();
            begin(invocation, framing, mode, body);

            runtime.wire().reset();

            assertTruncated(invocation);
        }
    }

    @Nested
    class A_streamed_response {

        private static final String TYPE = "Lambda-Runtime-Function-Error-Type: ";
        private static final String BODY = "Lambda-Runtime-Function-Error-Body: ";

        private Wire begin(Invocation invocation) {
            return runtime.wire()
                    .head(
                            "POST",
                            BareRuntime.response(invocation.requestId()),
                            MODE + "streaming",
                            "Content-Type: text/plain",
                            "Transfer-Encoding: chunked",
                            "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body");
        }

        private static String base64(String text) {
            return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        }

        @Test
        void reaches_a_streaming_caller_piece_by_piece() throws IOException {
            Invocation invocation = lambda.submitStreaming(InvocationRequest.of("{}"));
            runtime.next();
            Wire wire = begin(invocation);
            try (InputStream stream = invocation.responseStream()) {
                wire.chunk("first");
                assertThat(stream.readNBytes(5)).asString().isEqualTo("first");
                assertThat(invocation.answer()).isNotDone();

                wire.chunk("second").lastChunk().reply().assertAccepted();
                assertThat(stream.readAllBytes()).asString().isEqualTo("second");
            }
            InvocationResult result = resultOf(invocation);
            assertThat(result.isSuccess()).isTrue();
            assertThat(result.payload()).isEmpty();
            assertThat(result.contentType()).contains("text/plain");
            assertGoesOnAfter(invocation);
            assertThat(lambda.eventLog().events(Event.InvocationAnswered.class))
                    .first()
                    .extracting(Event.InvocationAnswered::bytes)
                    .isEqualTo(11L);
        }

        @Test
        void that_fails_in_the_middle_reports_it_in_its_trailers() throws IOException {
            Invocation invocation = lambda.submitStreaming(InvocationRequest.of("{}"));
            runtime.next();
            String error = "{\"errorMessage\":\"disk full\",\"errorType\":\"Function.Custom\"}";

            begin(invocation)
                    .chunk("first")
                    .lastChunk(TYPE + "Function.Custom", BODY + base64(error))
                    .reply()
                    .assertAccepted();

            assertError(resultOf(invocation), "Function.Custom", error);
            try (InputStream stream = invocation.responseStream()) {
                assertThat(stream.readAllBytes()).asString().isEqualTo("first");
            }
            assertGoesOnAfter(invocation);
        }

        static Stream<Arguments> trailers() {
            return Stream.of(
                    arguments(new String[] {TYPE + "Function.Custom"}, "Function.Custom", ""),
                    arguments(new String[] {BODY + base64("{}")}, "Runtime.Unknown", "{}"),
                    arguments(
                            new String[] {TYPE + "Function.Custom", BODY + "{not base64}"},
                            "Function.Custom",
                            "{not base64}"),
                    arguments(
                            new String[] {
                                "lambda-runtime-function-error-type: Function.Custom",
                                "LAMBDA-RUNTIME-FUNCTION-ERROR-BODY: " + base64("{}")
                            },
                            "Function.Custom",
                            "{}"));
        }

        @ParameterizedTest
        @MethodSource("trailers")
        void fails_for_a_caller_of_the_whole_when_its_trailers_say_so(
                String[] trailers, String errorType, String payload) {
            Invocation invocation = running();

            begin(invocation).chunk("first").lastChunk(trailers).reply().assertAccepted();

            assertError(resultOf(invocation), errorType, payload);
        }

        @Test
        void with_empty_trailers_is_a_success() {
            Invocation invocation = running();

            begin(invocation).chunk("all").lastChunk(TYPE, BODY).reply().assertAccepted();

            assertThat(resultOf(invocation).isSuccess()).isTrue();
            assertThat(resultOf(invocation).payloadText()).isEqualTo("all");
        }
    }

    @Nested
    class The_checks_come_in_the_order {

        private static final String TOO_LARGE = "Content-Length: " + (LIMIT + 1);

        @Test
        void request_id_before_state_and_mode() {
            runtime.respond("nobody", "", MODE + "bad").assertRefused(400, "InvalidRequestID", "Invalid request ID");
            Invocation invocation = running();
            runtime.respond(invocation.requestId(), "").assertAccepted();
            runtime.respond("nobody", "", MODE + "bad").assertRefused(400, "InvalidRequestID", "Invalid request ID");
        }

        @Test
        void state_before_mode() {
            Invocation invocation = running();
            runtime.respond(invocation.requestId(), "").assertAccepted();

            runtime.respond(invocation.requestId(), "", MODE + "bad")
                    .assertRefused(
                            403,
                            "InvalidStateTransition",
                            "State transition from RuntimeResponseSentState to InvocationResponse failed for runtime."
                                    + " Error: State transition is not allowed");
        }

        @Test
        void mode_before_body() {
            Invocation invocation = running();

            runtime.wire()
                    .head("POST", BareRuntime.response(invocation.requestId()), MODE + "bad", TOO_LARGE)
                    .send(bytes(LIMIT + 1))
                    .reply()
                    .assertRefused(400, "InvalidFunctionResponseMode", "Invalid function response mode");
        }

        @Test
        void state_before_body() {
            Invocation invocation = running();
            runtime.respond(invocation.requestId(), "").assertAccepted();

            Reply reply = runtime.wire()
                    .head("POST", BareRuntime.response(invocation.requestId()), TOO_LARGE)
                    .send(bytes(LIMIT + 1))
                    .reply();

            assertThat(reply.status()).isEqualTo(403);
        }
    }

    @Nested
    class An_invocation_id {

        private static final String HEADER = "Lambda-Runtime-Invocation-Id: ";
        private static final String STALE = "Lambda-Runtime-Invocation-Id is not that of the invocation under way";

        private void restart(InvocationIdHeader mode) {
            close();
            lambda = LambdaSimulator.builder().invocationIdHeader(mode).start();
            runtime = new BareRuntime(lambda);
        }

        @Test
        void that_is_enforced_is_checked_after_the_request_id_and_before_the_state() {
            restart(InvocationIdHeader.ENFORCED);
            Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
            String right = runtime.next().header("Lambda-Runtime-Invocation-Id").orElseThrow();

            runtime.respond("nobody", "", HEADER + "stale")
                    .assertRefused(400, "InvalidRequestID", "Invalid request ID");
            runtime.respond(invocation.requestId(), "", HEADER + "stale")
                    .assertRefused(410, "InvalidInvocationID", STALE);
            runtime.fail(invocation.requestId(), "", HEADER + "stale").assertRefused(410, "InvalidInvocationID", STALE);
            runtime.respond(invocation.requestId(), "", HEADER + right).assertAccepted();
            runtime.respond(invocation.requestId(), "", HEADER + "stale")
                    .assertRefused(410, "InvalidInvocationID", STALE);
            assertThat(runtime.respond(invocation.requestId(), "", HEADER + right)
                            .status())
                    .isEqualTo(403);
            assertGoesOnAfter(invocation);
        }

        @Test
        void that_is_enforced_need_not_be_echoed() {
            restart(InvocationIdHeader.ENFORCED);
            Invocation invocation = running();

            runtime.respond(invocation.requestId(), "").assertAccepted();
        }

        @ParameterizedTest
        @ValueSource(strings = {"OFF", "SENT"})
        void that_is_not_enforced_is_not_looked_at(InvocationIdHeader mode) {
            restart(mode);
            Invocation invocation = running();

            runtime.respond(invocation.requestId(), "", HEADER + "stale").assertAccepted();
        }
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.Command;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST …/invocation/ID/error} and {@code POST …/init/error} (spec: on-demand §1.4 and §1.5). */
class RuntimeApiErrorTest {

    private static final int LIMIT = 6_291_556;
    private static final String TYPE = "Lambda-Runtime-Function-Error-Type: ";
    private static final String WITH_CAUSE = "Content-Type: application/vnd.aws.lambda.error.cause+json";

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

    private Invocation running() {
        Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
        assertThat(BareRuntime.requestIdOf(runtime.next())).isEqualTo(invocation.requestId());
        return invocation;
    }

    private static InvocationResult resultOf(Invocation invocation) {
        return invocation.awaitAnswer(Wire.PATIENCE);
    }

    /** What becomes of an error type: empty stands for no header at all. */
    @ParameterizedTest
    @CsvSource({
        "Runtime.ExitError,          Runtime.ExitError",
        "Function.CustomError,       Function.CustomError",
        "Runtime.Ab,                 Runtime.Ab",
        "my.Function.Custom1,        my.Function.Custom1",
        "Function.Custom with more,  Function.Custom with more",
        "Function.E,                 Function.Unknown",
        "Function.,                  Function.Unknown",
        "Function.lower,             Function.Unknown",
        "Function.1Two,              Function.Unknown",
        "Runtime.A,                  Runtime.Unknown",
        "Runtime.lower,              Runtime.Unknown",
        "MyCustomError,              Runtime.Unknown",
        "MyCustomError.Error,        Runtime.Unknown",
        "function.Custom,            Runtime.Unknown",
        "Extension.Crash,            Runtime.Unknown",
        "'',                         Runtime.Unknown",
        ",                           Runtime.Unknown",
    })
    void an_error_type_is_normalised(String reported, String known) {
        Invocation invocation = running();
        String[] headers = reported == null ? new String[0] : new String[] {TYPE + reported};

        runtime.fail(invocation.requestId(), "{\"errorType\":\"Of.TheBody\"}", headers)
                .assertAccepted();

        assertThat(resultOf(invocation).errorType()).contains(known);
    }

    @Test
    void any_body_passes_through_with_its_content_type_and_the_invocation_counts_as_handled() {
        Invocation invocation = running();
        byte[] body = {'{', ' ', (byte) 0xff, 0, '\n'};

        runtime.wire()
                .request(
                        "POST",
                        BareRuntime.error(invocation.requestId()),
                        body,
                        "Content-Type: application/vnd.aws.lambda.error.cause+json; charset=utf-8",
                        "Lambda-Runtime-Function-XRay-Error-Cause: {\"message\":\"ignored\"}")
                .reply()
                .assertAccepted();
        runtime.poll();

        InvocationResult result = resultOf(invocation);
        assertThat(result.payload()).isEqualTo(body);
        assertThat(result.contentType()).contains("application/vnd.aws.lambda.error.cause+json; charset=utf-8");
        assertThat(result.functionError()).contains("Unhandled");
        assertThat(invocation.awaitCompletion(Wire.PATIENCE).status()).isEqualTo(InvocationStatus.SUCCESS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"streaming", "Streaming", "anything"})
    void the_response_mode_is_not_looked_at(String mode) {
        Invocation invocation = running();

        runtime.fail(invocation.requestId(), "{}", "Lambda-Runtime-Function-Response-Mode: " + mode)
                .assertAccepted();

        assertThat(resultOf(invocation).payloadText()).isEqualTo("{}");
    }

    @Test
    void an_xray_cause_may_be_as_large_as_the_runtime_clients_make_it() {
        Invocation invocation = running();
        String cause = "{\"message\":\"" + "x".repeat(1024 * 1024 - 100) + "\"}";

        runtime.fail(invocation.requestId(), "{}", "Lambda-Runtime-Function-XRay-Error-Cause: " + cause)
                .assertAccepted();
    }

    static Stream<Arguments> errorsWithCause() {
        String invalid = "\"Invalid error body\"";
        return Stream.of(
                arguments(
                        "{\"errorType\":\"T\",\"errorCause\":{\"message\":\"m\"},\"errorMessage\":\"<a>&b\",\"more\":1,"
                                + "\"stackTrace\":[\"one\",\"two\"]}",
                        "{\"errorMessage\":\"\\u003ca\\u003e\\u0026b\",\"errorType\":\"T\","
                                + "\"stackTrace\":[\"one\",\"two\"]}"),
                arguments(
                        "{\"errorMessage\":\"m\",\"errorType\":\"T\",\"stackTrace\":[]}",
                        "{\"errorMessage\":\"m\",\"errorType\":\"T\"}"),
                arguments(
                        "{\"errorMessage\":\"m\",\"stackTrace\":null,\"errorCause\":\"any\"}",
                        "{\"errorMessage\":\"m\",\"errorType\":\"\"}"),
                arguments(
                        "{\"ErrorMessage\":\"m\",\"ERRORTYPE\":\"T\"}", "{\"errorMessage\":\"m\",\"errorType\":\"T\"}"),
                arguments("{}", "{\"errorMessage\":\"\",\"errorType\":\"\"}"),
                arguments("null", "{\"errorMessage\":\"\",\"errorType\":\"\"}"),
                arguments("no json", invalid),
                arguments("", invalid),
                arguments("{\"errorMessage\":\"m\"} and more", invalid),
                arguments("[]", invalid),
                arguments("\"text\"", invalid),
                arguments("{\"errorMessage\":1}", invalid),
                arguments("{\"errorMessage\":\"m\",\"stackTrace\":\"one\"}", invalid),
                arguments("{\"errorMessage\":\"m\",\"stackTrace\":[1]}", invalid));
    }

    @ParameterizedTest
    @MethodSource("errorsWithCause")
    void an_error_with_cause_reaches_the_caller_without_the_cause(String body, String payload) {
        Invocation invocation = running();

        runtime.fail(invocation.requestId(), body, WITH_CAUSE, TYPE + "Function.Custom")
                .assertAccepted();

        InvocationResult result = resultOf(invocation);
        assertThat(result.payloadText()).isEqualTo(payload);
        assertThat(result.contentType())
                .contains(payload.startsWith("{") ? "application/json" : "application/octet-stream");
        assertThat(result.errorType()).contains("Function.Custom");
    }

    @Nested
    class A_large_error {

        private byte[] body(int length) {
            byte[] body = new byte[length];
            Arrays.fill(body, (byte) ' ');
            return body;
        }

        @Test
        void of_6_mebibytes_and_100_bytes_is_accepted() {
            Invocation invocation = running();

            runtime.wire()
                    .request("POST", BareRuntime.error(invocation.requestId()), body(LIMIT))
                    .reply()
                    .assertAccepted();

            assertThat(resultOf(invocation).payload()).hasSize(LIMIT);
        }

        @ParameterizedTest
        @ValueSource(strings = {WITH_CAUSE, "Content-Type: application/json"})
        void of_more_is_refused_and_the_runtime_goes_on(String contentType) {
            Invocation invocation = running();

            runtime.wire()
                    .request("POST", BareRuntime.error(invocation.requestId()), body(LIMIT + 1), contentType)
                    .reply()
                    .assertRefused(
                            413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291556 bytes).");

            assertThat(resultOf(invocation).errorType()).contains("Function.ResponseSizeTooLarge");
            assertThat(lambda.runtimeState()).contains(RuntimeState.RESPONSE_SENT);
            running();
        }
    }

    @Test
    void an_error_that_ends_early_is_truncated() {
        Invocation invocation = running();
        runtime.wire()
                .head("POST", BareRuntime.error(invocation.requestId()), "Content-Length: 10")
                .send("{}")
                .halfClose();

        runtime.wire().reply().assertRefused(400, "TruncatedHTTPRequest", "HTTP request detected as truncated");

        assertThat(resultOf(invocation).errorType()).contains("Runtime.TruncatedResponse");
        assertThat(lambda.runtimeState()).contains(RuntimeState.RESPONSE_SENT);
    }

    @Test
    void the_request_id_is_checked_before_the_state() {
        runtime.fail("nobody", "{}").assertRefused(400, "InvalidRequestID", "Invalid request ID");
        Invocation invocation = running();
        runtime.fail("nobody", "{}").assertRefused(400, "InvalidRequestID", "Invalid request ID");
        runtime.fail(invocation.requestId(), "{}").assertAccepted();
        runtime.fail("nobody", "{}").assertRefused(400, "InvalidRequestID", "Invalid request ID");
        runtime.fail(invocation.requestId(), "{}")
                .assertRefused(
                        403,
                        "InvalidStateTransition",
                        "State transition from RuntimeResponseSentState to InvocationErrorResponse failed for runtime."
                                + " Error: State transition is not allowed");
    }

    @Nested
    class An_init_error {

        @ParameterizedTest
        @CsvSource(
                quoteCharacter = '`',
                value = {
                    "`{\"errorMessage\": \"no module\",  \"errorType\": \"Exception\"}`, application/json",
                    "`\"text\"`, application/json",
                    "no json, application/octet-stream",
                    "`{} {}`, application/octet-stream",
                    "``, application/octet-stream",
                })
        void of_a_runtime_without_a_process_ends_init_and_is_the_callers_answer(String body, String contentType) {
            Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

            // The init of the environment, then the one within the invocation.
            for (int i = 0; i < 2; i++) {
                runtime.initError(body, TYPE + "Runtime.ImportModuleError", "Content-Type: text/odd")
                        .assertAccepted();
            }

            InvocationResult result = resultOf(invocation);
            assertThat(result.payloadText()).isEqualTo(body);
            assertThat(result.errorType()).contains("Runtime.ImportModuleError");
            assertThat(result.functionError()).contains("Unhandled");
            assertThat(result.contentType()).contains(contentType);
            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.FAILED);
        }

        @Test
        void of_a_runtime_without_a_process_has_its_type_normalised() {
            Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

            runtime.initError("{}", TYPE + "java.lang.Error").assertAccepted();
            runtime.initError("{}", TYPE + "java.lang.Error").assertAccepted();

            assertThat(resultOf(invocation).errorType()).contains("Runtime.Unknown");
        }

        @Test
        void of_a_process_is_recorded_until_the_process_ends_and_cannot_be_repeated() {
            close();
            lambda = LambdaSimulator.builder()
                    .runtime(Command.of("sleep", "600"))
                    .start();
            runtime = new BareRuntime(lambda);

            runtime.initError("{}").assertAccepted();

            String refusal = "State transition from InitError to %s failed for runtime."
                    + " Error: State transition is not allowed";
            runtime.initError("{}").assertRefused(403, "InvalidStateTransition", refusal.formatted("InitError"));
            runtime.next().assertRefused(403, "InvalidStateTransition", refusal.formatted("Ready"));
            assertThat(lambda.runtimeState()).isEqualTo(Optional.of(RuntimeState.INIT_ERROR));
            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.INIT);
        }

        @Test
        void that_ends_early_or_is_too_large_changes_nothing() {
            runtime.wire()
                    .request("POST", BareRuntime.INIT_ERROR, new byte[LIMIT + 1])
                    .reply()
                    .assertRefused(
                            413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291556 bytes).");
            runtime.wire()
                    .head("POST", BareRuntime.INIT_ERROR, "Content-Length: 10")
                    .send("{}")
                    .halfClose();
            runtime.wire().reply().assertRefused(400, "TruncatedHTTPRequest", "HTTP request detected as truncated");

            assertThat(lambda.runtimeState()).contains(RuntimeState.STARTED);
        }

        @Test
        void comes_too_late_once_the_runtime_is_running() {
            running();

            runtime.initError("{}")
                    .assertRefused(
                            403,
                            "InvalidStateTransition",
                            "State transition from Running to InitError failed for runtime."
                                    + " Error: State transition is not allowed");
        }
    }
}

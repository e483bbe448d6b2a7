package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that cannot be meant: each is refused clearly, and the invocation under way and the next one are answered. */
class BadInputTest {

    private static final String REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
    private static final InvocationRequest REQUEST =
            InvocationRequest.builder().requestId(REQUEST_ID).build();

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

    private static void assertNoSuchInvocation(Reply reply) {
        reply.assertRefused(400, "InvalidRequestID", "Invalid request ID");
    }

    private void assertAnswered(Invocation invocation, String answer) {
        runtime.respond(invocation.requestId(), answer).assertAccepted();
        assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo(answer);
    }

    /** The environment takes a further invocation, on the connection that was used for the nonsense. */
    private void assertGoesOn() {
        Invocation invocation = lambda.submit(InvocationRequest.of("\"next\""));
        assertThat(runtime.next().text()).isEqualTo("\"next\"");
        assertAnswered(invocation, "\"fine\"");
    }

    static Stream<String> requestIds() {
        String upper = REQUEST_ID.toUpperCase(Locale.ROOT);
        return Stream.of(
                "",
                "0",
                "nobody",
                "next",
                "..",
                ".",
                "%2F",
                "%2e%2e",
                "%",
                "%00",
                "%zz",
                "..%2f..%2fping",
                "a;b",
                "{id}",
                "*",
                "<script>",
                "%3Cscript%3E",
                upper,
                REQUEST_ID.substring(1),
                REQUEST_ID + "0",
                REQUEST_ID + "%20",
                "%38" + REQUEST_ID.substring(1),
                "x".repeat(8_000));
    }

    @ParameterizedTest
    @MethodSource("requestIds")
    void an_answer_for_an_invocation_that_does_not_exist_is_refused_and_disturbs_nothing(String requestId) {
        assertNoSuchInvocation(runtime.respond(requestId, "{}"));
        assertNoSuchInvocation(runtime.fail(requestId, "{}"));
        Invocation invocation = lambda.submit(REQUEST);
        runtime.next();
        assertNoSuchInvocation(runtime.respond(requestId, "{}"));
        assertNoSuchInvocation(runtime.fail(requestId, "{}"));
        assertThat(lambda.runtimeState()).contains(RuntimeState.RUNNING);
        assertThat(invocation.answer()).isNotDone();

        assertAnswered(invocation, "\"right\"");
        assertGoesOn();
    }

    @Test
    void a_query_does_not_belong_to_the_id() {
        Invocation invocation = lambda.submit(REQUEST);
        runtime.next();

        runtime.wire()
                .request("POST", BareRuntime.response(REQUEST_ID) + "?a=/b", "{}")
                .reply()
                .assertAccepted();

        assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("{}");
        assertGoesOn();
    }

    @Test
    void a_second_answer_is_refused_and_the_first_one_stays() {
        Invocation invocation = lambda.submit(REQUEST);
        runtime.next();
        assertAnswered(invocation, "\"first\"");

        assertThat(runtime.respond(REQUEST_ID, "\"second\"").status()).isEqualTo(403);
        assertThat(runtime.fail(REQUEST_ID, "\"second\"").status()).isEqualTo(403);

        assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("\"first\"");
        assertThat(invocation.awaitAnswer(Wire.PATIENCE).isSuccess()).isTrue();
        assertGoesOn();
    }

    @Test
    void an_answer_is_refused_while_another_one_is_being_sent() {
        Invocation invocation = lambda.submit(REQUEST);
        runtime.next();
        try (Wire slow = new Wire(lambda.runtimeApi())) {
            new Moments(lambda)
                    .bringsRuntimeTo(
                            RuntimeState.INVOCATION_RESPONSE,
                            () -> slow.head("POST", BareRuntime.response(REQUEST_ID), "Content-Length: 6")
                                    .send("\"sl"));

            runtime.respond(REQUEST_ID, "\"fast\"")
                    .assertRefused(
                            403,
                            "InvalidStateTransition",
                            "State transition from InvocationResponse to InvocationResponse failed for runtime."
                                    + " Error: State transition is not allowed");

            slow.send("ow\"").reply().assertAccepted();
        }
        assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("\"slow\"");
        assertGoesOn();
    }

    @Test
    void an_answer_for_the_invocation_before_is_refused() {
        lambda.submit(REQUEST);
        runtime.next();
        runtime.respond(REQUEST_ID, "").assertAccepted();
        Invocation second = lambda.submit(InvocationRequest.of("2"));
        assertThat(runtime.next().text()).isEqualTo("2");

        assertNoSuchInvocation(runtime.respond(REQUEST_ID, "\"late\""));
        assertNoSuchInvocation(runtime.fail(REQUEST_ID, "\"late\""));

        assertAnswered(second, "\"right\"");
        assertGoesOn();
    }

    @Test
    void an_answer_for_an_invocation_that_is_still_queued_is_refused() {
        Invocation first = lambda.submit(REQUEST);
        Invocation queued = lambda.submit(InvocationRequest.of("2"));
        runtime.next();

        assertNoSuchInvocation(runtime.respond(queued.requestId(), "\"early\""));

        assertAnswered(first, "1");
        assertThat(runtime.next().text()).isEqualTo("2");
        assertAnswered(queued, "2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"response", "error"})
    void an_answer_after_the_timeout_is_refused(String kind) {
        close();
        lambda = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMillis(200))
                        .build())
                .start();
        runtime = new BareRuntime(lambda);
        Invocation invocation = lambda.submit(REQUEST);
        runtime.next();

        assertThat(invocation.awaitCompletion(Wire.PATIENCE).status()).isEqualTo(InvocationStatus.TIMEOUT);
        assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText())
                .isEqualTo("{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: " + REQUEST_ID
                        + " Error: Task timed out after 0.20 seconds\"}");
        assertNoSuchInvocation(runtime.wire()
                .request("POST", "/2018-06-01/runtime/invocation/" + REQUEST_ID + "/" + kind, "\"late\"")
                .reply());
        assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.FAILED);

        // What connects by itself goes on as if it had been started again.
        runtime.poll();
        Invocation next = lambda.submit(InvocationRequest.of("2"));
        assertThat(runtime.reply().text()).isEqualTo("2");
        assertAnswered(next, "2");
    }

    @Test
    void an_answer_whose_body_is_under_way_at_the_timeout_is_refused() {
        close();
        lambda = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMillis(300))
                        .build())
                .start();
        runtime = new BareRuntime(lambda);
        Invocation invocation = lambda.submit(REQUEST);
        runtime.next();
        runtime.wire()
                .head("POST", BareRuntime.response(REQUEST_ID), "Content-Length: 2")
                .send("{");

        assertThat(invocation.awaitAnswer(Wire.PATIENCE).errorType()).contains("Sandbox.Timedout");

        runtime.wire().send("}");
        assertNoSuchInvocation(runtime.reply());
    }

    @Test
    void nonsense_on_one_connection_does_not_reach_the_others() {
        Invocation invocation = lambda.submit(REQUEST);
        runtime.next();
        for (String nonsense : List.of(
                "\r\n\r\n\r\n",
                "nonsense\r\n\r\n",
                "GET\r\n\r\n",
                "POST " + BareRuntime.response(REQUEST_ID) + " HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
                "POST " + BareRuntime.response(REQUEST_ID) + " HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
                "POST " + BareRuntime.response(REQUEST_ID) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                        + "Content-Length: 2\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001")) {
            try (Wire wire = new Wire(lambda.runtimeApi())) {
                wire.send(nonsense).halfClose();
            }
        }

        assertThat(lambda.runtimeState()).contains(RuntimeState.RUNNING);
        assertAnswered(invocation, "\"right\"");
        assertGoesOn();
    }
}

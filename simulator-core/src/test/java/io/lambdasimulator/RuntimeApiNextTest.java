package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.invocation.CognitoIdentity;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code GET /2018-06-01/runtime/invocation/next} (spec: on-demand §1.2). */
class RuntimeApiNextTest {

    private static final FunctionConfiguration FUNCTION = FunctionConfiguration.defaults();

    /** What the API says, without what HTTP adds. */
    private static Map<String, String> headersOf(Reply reply) {
        Map<String, String> headers = new TreeMap<>();
        for (String line : reply.headerLines()) {
            int colon = line.indexOf(':');
            headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        headers.keySet().removeAll(List.of("Date", "Content-Length"));
        return headers;
    }

    private static Reply next(LambdaSimulator lambda, InvocationRequest request) {
        lambda.submit(request);
        try (BareRuntime runtime = new BareRuntime(lambda)) {
            return runtime.next();
        }
    }

    private static Map<String, String> headersFor(InvocationRequest.Builder request) {
        try (LambdaSimulator lambda = LambdaSimulator.builder().start()) {
            return headersOf(next(lambda, request.build()));
        }
    }

    @Test
    void an_invocation_with_everything_has_every_header_and_its_payload_byte_for_byte() {
        byte[] everyByte = new byte[256];
        IntStream.range(0, 256).forEach(b -> everyByte[b] = (byte) b);
        InvocationRequest request = InvocationRequest.builder()
                .payload(everyByte)
                .contentType("application/octet-stream")
                .requestId("8476a536-e9f4-11e8-9739-2dfe598c3fcd")
                .traceId("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1")
                .clientContext("{\"custom\":{\"a\":\"<b>\"}}")
                .cognitoIdentity(new CognitoIdentity("eu-west-1:id", "eu-west-1:pool"))
                .tenantId("blue")
                .invokedFunctionArn(FUNCTION.arn() + ":live")
                .build();
        try (LambdaSimulator lambda = LambdaSimulator.builder().start();
                BareRuntime runtime = new BareRuntime(lambda)) {
            Invocation invocation = lambda.submit(request);
            Reply event = runtime.next();
            runtime.respond("8476a536-e9f4-11e8-9739-2dfe598c3fcd", "done").assertAccepted();
            runtime.poll();

            assertThat(event.statusLine()).startsWith("HTTP/1.1 200 ");
            assertThat(event.body()).isEqualTo(everyByte);
            assertThat(headersOf(event))
                    .containsExactlyInAnyOrderEntriesOf(Map.of(
                            "Content-Type", "application/octet-stream",
                            "Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                            "Lambda-Runtime-Trace-Id",
                                    "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
                            "Lambda-Runtime-Client-Context", "{\"custom\":{\"a\":\"<b>\"}}",
                            "Lambda-Runtime-Cognito-Identity",
                                    "{\"cognitoIdentityId\":\"eu-west-1:id\","
                                            + "\"cognitoIdentityPoolId\":\"eu-west-1:pool\"}",
                            "Lambda-Runtime-Aws-Tenant-Id", "blue",
                            "Lambda-Runtime-Invoked-Function-Arn", FUNCTION.arn() + ":live",
                            "Lambda-Runtime-Deadline-Ms",
                                    Long.toString(invocation
                                            .awaitCompletion(Wire.PATIENCE)
                                            .deadline()
                                            .toEpochMilli())));
        }
    }

    @Test
    void a_plain_invocation_has_the_headers_that_are_always_there() {
        assertThat(headersFor(InvocationRequest.builder()))
                .containsOnlyKeys(
                        "Content-Type",
                        "Lambda-Runtime-Aws-Request-Id",
                        "Lambda-Runtime-Deadline-Ms",
                        "Lambda-Runtime-Invoked-Function-Arn",
                        "Lambda-Runtime-Trace-Id")
                .containsEntry("Content-Type", "application/json")
                .containsEntry("Lambda-Runtime-Invoked-Function-Arn", FUNCTION.arn())
                .hasEntrySatisfying(
                        "Lambda-Runtime-Aws-Request-Id",
                        id -> assertThat(id).matches("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"))
                .hasEntrySatisfying(
                        "Lambda-Runtime-Trace-Id",
                        trace -> assertThat(trace)
                                .matches("Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=.*"));
    }

    @Test
    void empty_values_are_left_out_and_an_empty_content_type_is_json() {
        assertThat(headersFor(InvocationRequest.builder()
                        .contentType("")
                        .traceId("")
                        .clientContext("")
                        .cognitoIdentity(new CognitoIdentity("", ""))
                        .tenantId("")
                        .invokedFunctionArn("")))
                .containsOnlyKeys("Content-Type", "Lambda-Runtime-Aws-Request-Id", "Lambda-Runtime-Deadline-Ms")
                .containsEntry("Content-Type", "application/json");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "id,``,`{\"cognitoIdentityId\":\"id\",\"cognitoIdentityPoolId\":\"\"}`",
                "``,pool,`{\"cognitoIdentityId\":\"\",\"cognitoIdentityPoolId\":\"pool\"}`",
                "a<b>&c,pool,`{\"cognitoIdentityId\":\"a\\u003cb\\u003e\\u0026c\",\"cognitoIdentityPoolId\":\"pool\"}`",
            })
    void a_cognito_identity_is_there_when_either_part_is(String identity, String pool, String header) {
        assertThat(headersFor(InvocationRequest.builder().cognitoIdentity(new CognitoIdentity(identity, pool))))
                .containsEntry("Lambda-Runtime-Cognito-Identity", header);
    }

    @Test
    void an_empty_payload_is_an_empty_body() {
        try (LambdaSimulator lambda = LambdaSimulator.builder().start()) {
            next(lambda, InvocationRequest.of("")).assertIs(200, "application/json", "");
        }
    }

    @Test
    void the_largest_payload_arrives_whole() {
        byte[] payload = new byte[6_291_456];
        Arrays.fill(payload, (byte) 'x');
        try (LambdaSimulator lambda = LambdaSimulator.builder().start()) {
            InvocationRequest request =
                    InvocationRequest.builder().payload(payload).build();

            assertThat(next(lambda, request).body()).isEqualTo(payload);
        }
    }

    @Test
    void next_while_running_replays_the_same_bytes() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                        .invocationIdHeader(InvocationIdHeader.SENT)
                        .start();
                BareRuntime runtime = new BareRuntime(lambda);
                BareRuntime sameRuntime = new BareRuntime(lambda)) {
            lambda.submit(InvocationRequest.of("{\"n\":1}"));
            lambda.submit(InvocationRequest.of("{\"n\":2}"));
            Reply first = runtime.next();

            for (BareRuntime connection : List.of(runtime, sameRuntime, runtime)) {
                Reply again = connection.next();
                assertThat(again.text()).isEqualTo("{\"n\":1}");
                assertThat(headersOf(again)).isEqualTo(headersOf(first));
            }

            runtime.respond(BareRuntime.requestIdOf(first), "").assertAccepted();
            assertThat(runtime.next().text()).isEqualTo("{\"n\":2}");
        }
    }

    @ParameterizedTest
    @EnumSource(InvocationIdHeader.class)
    void the_invocation_id_is_sent_when_asked_for_and_differs_for_each_invocation(InvocationIdHeader mode) {
        try (LambdaSimulator lambda =
                        LambdaSimulator.builder().invocationIdHeader(mode).start();
                BareRuntime runtime = new BareRuntime(lambda)) {
            lambda.submit(InvocationRequest.of("1"));
            lambda.submit(InvocationRequest.of("2"));
            Reply first = runtime.next();
            runtime.respond(BareRuntime.requestIdOf(first), "").assertAccepted();
            Reply second = runtime.next();

            if (mode == InvocationIdHeader.OFF) {
                assertThat(first.header("Lambda-Runtime-Invocation-Id")).isEmpty();
            } else {
                assertThat(first.header("Lambda-Runtime-Invocation-Id")).isPresent();
                assertThat(second.header("Lambda-Runtime-Invocation-Id"))
                        .isPresent()
                        .isNotEqualTo(first.header("Lambda-Runtime-Invocation-Id"));
            }
        }
    }

    @Test
    void a_runtime_that_is_not_started_yet_is_told_what_init_waits_for() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                        .declareExtension("first")
                        .declareExtension("second")
                        .runtime(Command.of("sleep", "600"))
                        .start();
                BareRuntime runtime = new BareRuntime(lambda)) {
            String refusal =
                    "The runtime has not been started: init waits for the registration of extension first, second";

            runtime.next().assertRefused(403, "InvalidStateTransition", refusal);
            runtime.initError("{}").assertRefused(403, "InvalidStateTransition", refusal);
            runtime.respond("any", "{}").assertRefused(400, "InvalidRequestID", "Invalid request ID");
        }
    }
}

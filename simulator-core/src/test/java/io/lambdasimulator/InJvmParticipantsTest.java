package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.invocation.CognitoIdentity;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class InJvmParticipantsTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Test
    void a_handler_function_answers_a_cold_and_a_warm_invocation() {
        try (LambdaSimulator lambda =
                LambdaSimulator.builder().runtime((event, context) -> event).start()) {
            Invocation cold = lambda.submit(InvocationRequest.of("{\"n\":1}"));
            Invocation warm = lambda.submit(InvocationRequest.of("{\"n\":2}"));

            assertThat(cold.awaitAnswer(LIMIT).payloadText()).isEqualTo("{\"n\":1}");
            assertThat(warm.awaitAnswer(LIMIT).payloadText()).isEqualTo("{\"n\":2}");
            assertThat(cold.awaitCompletion(LIMIT).initDuration()).isPresent();
            assertThat(warm.awaitCompletion(LIMIT).initDuration()).isEmpty();
            assertThat(lambda.invocations())
                    .extracting(InvocationReport::requestId)
                    .containsExactly(cold.requestId(), warm.requestId());
        }
    }

    @Test
    void an_exception_of_the_handler_is_an_unhandled_function_error_and_the_environment_goes_on() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) -> {
                    throw new IllegalArgumentException("no such order");
                })
                .start()) {
            Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
            InvocationResult result = invocation.awaitAnswer(LIMIT);

            assertThat(result.functionError()).contains("Unhandled");
            assertThat(result.payloadText())
                    .startsWith(
                            "{\"errorMessage\":\"no such order\",\"errorType\":\"java.lang.IllegalArgumentException\"");
            assertThat(invocation.awaitCompletion(LIMIT).status()).isEqualTo(InvocationStatus.SUCCESS);
            lambda.awaitFrozen(LIMIT);
        }
    }

    @Test
    void a_handler_sees_text_beyond_ascii_in_its_context() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) -> (context.clientContext().orElse("")
                                + context.cognitoIdentity().orElse(""))
                        .getBytes(StandardCharsets.UTF_8))
                .start()) {
            InvocationRequest request = InvocationRequest.builder()
                    .clientContext("{\"k\":\"\u00e4\u20ac\"}")
                    .cognitoIdentity(new CognitoIdentity("\u00e4", "p"))
                    .build();

            assertThat(lambda.invoke(request).payloadText())
                    .isEqualTo("{\"k\":\"\u00e4\u20ac\"}"
                            + "{\"cognitoIdentityId\":\"\u00e4\",\"cognitoIdentityPoolId\":\"p\"}");
        }
    }

    @Test
    void a_handler_that_returns_null_is_told_what_to_return() {
        try (LambdaSimulator lambda =
                LambdaSimulator.builder().runtime((event, context) -> null).start()) {
            assertThat(lambda.invoke("{}").payloadText())
                    .startsWith(
                            "{\"errorMessage\":\"the handler function returned null; for JSON's null return its four"
                                    + " bytes\"");
        }
    }

    @Test
    void a_class_that_is_missing_in_the_handler_is_a_function_error_and_the_environment_goes_on() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) -> {
                    throw new NoClassDefFoundError("com/example/Absent");
                })
                .start()) {
            assertThat(lambda.invoke("{}").payloadText()).contains("com/example/Absent");
            assertThat(lambda.invoke("{}").functionError()).contains("Unhandled");
        }
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class DeadlinesTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final ManualTime time = new ManualTime();
    private final CountDownLatch never = new CountDownLatch(1);

    private LambdaSimulator.Builder onManualTime() {
        return LambdaSimulator.builder().time(time, time.scheduler());
    }

    @Test
    void an_invocation_that_reaches_its_deadline_is_answered_with_the_services_timeout() {
        FunctionConfiguration function =
                FunctionConfiguration.builder().timeout(Duration.ofMinutes(15)).build();
        try (LambdaSimulator lambda = onManualTime()
                .function(function)
                .runtime((event, context) -> {
                    never.await();
                    return event;
                })
                .start()) {
            Invocation invocation =
                    lambda.submit(InvocationRequest.builder().requestId("r-1").build());
            awaitRunning(lambda);

            time.advance(Duration.ofMinutes(15).minusMillis(1));
            assertThat(invocation.answer()).isNotDone();
            time.advance(Duration.ofMillis(1));

            InvocationResult result = invocation.awaitAnswer(LIMIT);
            assertThat(result.payloadText())
                    .isEqualTo("{\"errorType\":\"Sandbox.Timedout\","
                            + "\"errorMessage\":\"RequestId: r-1 Error: Task timed out after 900.00 seconds\"}");
            assertThat(result.functionError()).contains("Unhandled");
            InvocationReport report = invocation.awaitCompletion(LIMIT);
            assertThat(report.status()).isEqualTo(InvocationStatus.TIMEOUT);
            assertThat(report.errorType()).isEmpty();
            assertThat(report.duration()).isEqualTo(Duration.ofMinutes(15));
            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.FAILED);
        }
    }

    @Test
    void invocations_behind_one_that_timed_out_are_answered_with_the_platforms_failure_and_name_it() {
        try (LambdaSimulator lambda = onManualTime()
                .runtime((event, context) -> {
                    never.await();
                    return event;
                })
                .start()) {
            lambda.submit(InvocationRequest.of("{}"));
            Invocation queued =
                    lambda.submit(InvocationRequest.builder().requestId("r-2").build());
            awaitRunning(lambda);
            time.advance(Duration.ofSeconds(3));
            Invocation late =
                    lambda.submit(InvocationRequest.builder().requestId("r-3").build());

            assertThat(queued.awaitAnswer(LIMIT).payloadText())
                    .isEqualTo("{\"errorType\":\"Sandbox.Failure\",\"errorMessage\":\"RequestId: r-2 Error: "
                            + "the execution environment failed before: Task timed out after 3.00 seconds\"}");
            assertThat(late.awaitAnswer(LIMIT).errorType()).contains("Sandbox.Failure");
        }
    }

    @Test
    void an_extension_that_stays_busy_leaves_the_caller_its_answer_and_times_the_invocation_out() {
        try (LambdaSimulator lambda = onManualTime()
                .declareExtension("busy")
                .runtime((event, context) -> event)
                .start()) {
            var extension = new ExtensionClient(lambda.runtimeApi(), "busy", "INVOKE");
            var unused = extension.pollInBackground();
            Invocation invocation = lambda.submit(InvocationRequest.of("{\"n\":1}"));

            assertThat(invocation.awaitAnswer(LIMIT).payloadText()).isEqualTo("{\"n\":1}");
            lambda.eventLog().await(Event.RuntimeDone.class, done -> true, LIMIT);
            time.advance(Duration.ofSeconds(3));

            assertThat(invocation.awaitCompletion(LIMIT).status()).isEqualTo(InvocationStatus.TIMEOUT);
            assertThat(invocation.awaitAnswer(LIMIT).isSuccess()).isTrue();
            assertThat(invocation.readiness()).singleElement().satisfies(readiness -> {
                assertThat(readiness.receivedAt()).isPresent();
                assertThat(readiness.isReady()).isFalse();
            });
            assertThatThrownBy(() -> invocation.awaitReadiness("busy", LIMIT))
                    .hasMessageContaining("ended (timeout) before extension busy was done with it");
        }
    }

    @Test
    void init_that_takes_longer_than_its_limit_fails_and_says_what_it_waited_for() {
        try (LambdaSimulator lambda = onManualTime()
                .declareExtension("absent")
                .runtime((event, context) -> event)
                .start()) {
            Invocation waiting =
                    lambda.submit(InvocationRequest.builder().requestId("r-1").build());
            assertThat(lambda.describeWaiting()).isEqualTo("init waits for the registration of extension absent");

            time.advance(Duration.ofSeconds(10));

            assertThat(waiting.awaitAnswer(LIMIT).payloadText())
                    .isEqualTo("{\"errorType\":\"Sandbox.Timedout\","
                            + "\"errorMessage\":\"RequestId: r-1 Error: Task timed out after 10.00 seconds\"}");
            assertThat(lambda.eventLog().events(Event.InitReported.class))
                    .containsExactly(new Event.InitReported(
                            InvocationStatus.TIMEOUT, java.util.Optional.empty(), Duration.ofSeconds(10)));
            assertThatThrownBy(() -> lambda.awaitInit(LIMIT))
                    .hasMessage("init failed with Sandbox.Timedout: Task timed out after 10.00 seconds;"
                            + " init waits for the registration of extension absent");
        }
    }

    @Test
    void without_deadlines_nothing_times_out() {
        try (LambdaSimulator lambda = onManualTime()
                .withoutDeadlines()
                .runtime((event, context) -> {
                    never.await();
                    return event;
                })
                .start()) {
            Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
            awaitRunning(lambda);
            time.advance(Duration.ofDays(1));
            never.countDown();

            assertThat(invocation.awaitAnswer(LIMIT).isSuccess()).isTrue();
        }
    }

    private static void awaitRunning(LambdaSimulator lambda) {
        lambda.eventLog().await(Event.EventDelivered.class, delivered -> true, LIMIT);
    }
}

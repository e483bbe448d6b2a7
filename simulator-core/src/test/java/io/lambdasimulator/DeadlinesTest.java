package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.time.VirtualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DeadlinesTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private final CompletableFuture<byte[]> never = new CompletableFuture<>();

    private LambdaSimulator.Builder onVirtualTime() {
        return LambdaSimulator.builder().time(clock);
    }

    @Test
    void an_invocation_that_reaches_its_deadline_is_answered_with_the_services_timeout() {
        FunctionConfiguration function =
                FunctionConfiguration.builder().timeout(Duration.ofMinutes(15)).build();
        try (LambdaSimulator lambda = onVirtualTime()
                .function(function)
                .runtime((event, context) -> clock.await(never))
                .start()) {
            Invocation invocation =
                    lambda.submit(InvocationRequest.builder().requestId("r-1").build());

            clock.advance(Duration.ofMinutes(15).minusMillis(1));
            assertThat(invocation.answer()).isNotDone();
            clock.advance(Duration.ofMillis(1));

            InvocationResult result = invocation.awaitAnswer(LIMIT);
            assertThat(result.payloadText())
                    .isEqualTo("{\"errorType\":\"Sandbox.Timedout\","
                            + "\"errorMessage\":\"RequestId: r-1 Error: Task timed out after 900.00 seconds\"}");
            assertThat(result.functionError()).contains("Unhandled");
            InvocationReport report = invocation.awaitCompletion(LIMIT);
            assertThat(report.status()).isEqualTo(InvocationStatus.TIMEOUT);
            assertThat(report.errorType()).isEmpty();
            assertThat(report.duration()).isEqualTo(Duration.ofMinutes(15));
            lambda.eventLog().await(Event.PhaseChanged.class, to -> to.to() == EnvironmentPhase.FAILED, LIMIT);
        }
    }

    @Test
    void invocations_behind_one_that_timed_out_begin_with_an_init_under_a_timeout_of_their_own() {
        try (LambdaSimulator lambda = onVirtualTime()
                .runtime((event, context) -> {
                    if (event.length > 0) {
                        clock.await(never);
                    }
                    return "\"done\"".getBytes(StandardCharsets.UTF_8);
                })
                .start()) {
            Invocation hanging = lambda.submit(InvocationRequest.of("\"hang\""));
            Invocation queued = lambda.submit(InvocationRequest.of(""));
            Instant timeout = clock.instant().plusSeconds(3);
            clock.advance(Duration.ofSeconds(3));

            assertThat(hanging.awaitCompletion(LIMIT).status()).isEqualTo(InvocationStatus.TIMEOUT);
            assertThat(queued.awaitAnswer(LIMIT).payloadText()).isEqualTo("\"done\"");
            InvocationReport report = queued.awaitCompletion(LIMIT);
            assertThat(report.startedAt()).isEqualTo(timeout);
            assertThat(report.deadline()).isEqualTo(timeout.plusSeconds(3));
            assertThat(report.initDuration()).isEmpty();
            assertThat(lambda.eventLog().events(Event.InitStarted.class))
                    .extracting(Event.InitStarted::phase)
                    .containsExactly(InitPhase.INIT, InitPhase.INVOKE);
            assertThat(lambda.eventLog().events(Event.ShutdownStarted.class))
                    .containsExactly(new Event.ShutdownStarted(ShutdownReason.TIMEOUT, timeout));
            assertThat(lambda.submit(InvocationRequest.of(""))
                            .awaitAnswer(LIMIT)
                            .isSuccess())
                    .isTrue();
        }
    }

    @Test
    void an_extension_that_stays_busy_leaves_the_caller_its_answer_and_times_the_invocation_out() {
        try (LambdaSimulator lambda = onVirtualTime()
                .declareExtension("busy")
                .runtime((event, context) -> event)
                .start()) {
            var extension = new ExtensionClient(lambda.runtimeApi(), "busy", "INVOKE");
            var unused = extension.pollInBackground();
            Invocation invocation = lambda.submit(InvocationRequest.of("{\"n\":1}"));

            assertThat(invocation.awaitAnswer(LIMIT).payloadText()).isEqualTo("{\"n\":1}");
            lambda.eventLog().await(Event.RuntimeDone.class, done -> true, LIMIT);
            clock.advance(Duration.ofSeconds(3));

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
    void init_that_takes_longer_than_its_limit_is_tried_again_within_the_invocation_under_the_function_timeout() {
        try (LambdaSimulator lambda = onVirtualTime()
                .declareExtension("absent")
                .runtime((event, context) -> event)
                .start()) {
            Invocation waiting =
                    lambda.submit(InvocationRequest.builder().requestId("r-1").build());
            assertThat(lambda.describeWaiting()).isEqualTo("init waits for the registration of extension absent");

            clock.advance(Duration.ofSeconds(10));
            assertThat(waiting.answer()).isNotDone();
            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.INIT);
            clock.advance(Duration.ofSeconds(3));

            assertThat(waiting.awaitAnswer(LIMIT).payloadText())
                    .isEqualTo("{\"errorType\":\"Sandbox.Timedout\","
                            + "\"errorMessage\":\"RequestId: r-1 Error: Task timed out after 3.00 seconds\"}");
            assertThat(waiting.awaitCompletion(LIMIT).duration()).isEqualTo(Duration.ofSeconds(3));
            assertThat(lambda.eventLog().events(Event.InitReported.class))
                    .containsExactly(
                            new Event.InitReported(
                                    InitPhase.INIT, InvocationStatus.TIMEOUT, Optional.empty(), Duration.ofSeconds(10)),
                            new Event.InitReported(
                                    InitPhase.INVOKE,
                                    InvocationStatus.TIMEOUT,
                                    Optional.empty(),
                                    Duration.ofSeconds(3)));
            assertThatThrownBy(() -> lambda.awaitInit(LIMIT))
                    .hasMessage("init failed with Sandbox.Timedout: Task timed out after 3.00 seconds;"
                            + " init waits for the registration of extension absent");
        }
    }

    @Test
    void an_init_that_is_too_slow_once_succeeds_within_the_invocation() {
        try (LambdaSimulator lambda = onVirtualTime()
                .declareExtension("late")
                .runtime((event, context) -> event)
                .start()) {
            Invocation waiting = lambda.submit(InvocationRequest.of("1"));
            clock.advance(Duration.ofSeconds(10));
            clock.advance(Duration.ofSeconds(1));
            var unused = new ExtensionClient(lambda.runtimeApi(), "late").pollInBackground();

            assertThat(waiting.awaitAnswer(LIMIT).payloadText()).isEqualTo("1");
            InvocationReport report = waiting.awaitCompletion(LIMIT);
            assertThat(report.duration()).isEqualTo(Duration.ofSeconds(1));
            assertThat(report.initDuration()).isEmpty();
            assertThat(lambda.awaitInit(LIMIT).eventLog().events(Event.ShutdownStarted.class))
                    .extracting(Event.ShutdownStarted::reason)
                    .containsExactly(ShutdownReason.TIMEOUT);
        }
    }

    @Test
    void without_deadlines_nothing_times_out() {
        try (LambdaSimulator lambda = onVirtualTime()
                .withoutDeadlines()
                .runtime((event, context) -> clock.await(never))
                .start()) {
            Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
            clock.advance(Duration.ofDays(1));
            never.complete(new byte[0]);

            assertThat(invocation.awaitAnswer(LIMIT).isSuccess()).isTrue();
        }
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.ProtocolViolation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.telemetry.TelemetryRecord.FunctionLog;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformReport;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** How a test looks into an environment: waits, processes, protocol violations, texts for people. */
class DiagnosticsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration AT_ONCE = Duration.ofMillis(1);

    private static final Participant EXTENSION = Participant.extension("metrics");

    private static LambdaSimulator.Builder echo() {
        return LambdaSimulator.builder().runtime((event, context) -> event);
    }

    @Test
    void a_request_id_of_ones_own_may_be_as_short_as_a_letter() {
        try (LambdaSimulator lambda = echo().start()) {
            InvocationRequest request =
                    InvocationRequest.builder().payload("{}").requestId("a").build();
            assertThat(lambda.submit(request).awaitCompletion(LIMIT).requestId())
                    .isEqualTo("a");
            assertThat(lambda.timeline()).contains("a");
            assertThat(lambda.timelineSvg()).isNotEmpty();
            assertThat(lambda.describe()).isNotEmpty();
            assertThat(lambda.telemetry().of("a")).isNotEmpty();
        }
    }

    @Test
    void control_characters_of_output_move_and_colour_no_terminal() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) -> {
                    context.log("\u001b[2J\u0000 red\u0007\ttab\u009b31m\u007f");
                    return event;
                })
                .start()) {
            lambda.invoke("1");

            String shown = "\\u001b[2J\\u0000 red\\u0007\ttab\\u009b31m\\u007f\n";
            assertThat(lambda.timeline()).contains(shown);
            assertThat(lambda.process(Participant.RUNTIME).describeOutput() + "\n")
                    .contains(shown);
            assertThat(lambda.telemetry().events(FunctionLog.class))
                    .extracting(FunctionLog::line)
                    .containsExactly("\u001b[2J\u0000 red\u0007\ttab\u009b31m\u007f");
        }
    }

    @Nested
    class A_wait {

        @Test
        void may_be_as_long_as_a_duration_can_say() {
            Duration forever = Duration.ofSeconds(Long.MAX_VALUE);
            try (LambdaSimulator lambda = echo().start()) {
                lambda.awaitInit(forever).awaitPhase(EnvironmentPhase.READY, forever);
                String id = lambda.invoke("1").requestId();
                PlatformReport report = lambda.telemetry()
                        .awaitEvent(PlatformReport.class, any -> any.requestId().equals(id), forever);
                assertThat(lambda.eventLog()
                                .await(Event.InvocationCompleted.class, any -> true, forever)
                                .report()
                                .requestId())
                        .isEqualTo(report.requestId());
                Duration longAgo = Duration.ofSeconds(Long.MIN_VALUE);
                assertThatThrownBy(() -> lambda.eventLog().await(Event.InvocationQueued.class, any -> false, longAgo))
                        .hasMessageContaining("within 0 ms");
            }
        }

        @Test
        void for_a_phase_returns_when_the_environment_is_in_it() {
            try (LambdaSimulator lambda = echo().start()) {
                assertThat(lambda.awaitPhase(EnvironmentPhase.READY, LIMIT)).isSameAs(lambda);
                lambda.awaitPhase(EnvironmentPhase.READY, Duration.ZERO);
            }
        }

        @Test
        void for_a_phase_in_vain_tells_how_the_environment_stands() {
            try (LambdaSimulator lambda = echo().declareExtension("late").start()) {
                assertThatThrownBy(() -> lambda.awaitPhase(EnvironmentPhase.READY, AT_ONCE))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith(
                                "the environment has not entered phase READY within 1 ms;"
                                        + " this is how it stands:\nphase INIT: init waits for the registration of extension late");
            }
        }

        @Test
        void for_a_phase_ends_when_the_environment_is_closed() {
            LambdaSimulator lambda = echo().start();
            lambda.close();

            assertThatThrownBy(() -> lambda.awaitPhase(EnvironmentPhase.READY, LIMIT))
                    .hasMessageStartingWith(
                            "the environment has not entered phase READY before the environment was closed");
        }

        @Test
        void for_an_extensions_state_returns_when_it_is_in_it() {
            try (LambdaSimulator lambda = echo().declareExtension("metrics").start();
                    BareExtension extension = BareExtension.register(lambda, "metrics", "INVOKE")) {
                lambda.awaitExtension("metrics", ExtensionState.REGISTERED, Duration.ZERO);
                extension.poll();
                lambda.awaitExtension("metrics", ExtensionState.READY, LIMIT);
            }
        }

        @Test
        void for_an_extensions_state_in_vain_tells_the_states_of_all() {
            try (LambdaSimulator lambda = echo().declareExtension("metrics").start();
                    BareExtension extension = BareExtension.register(lambda, "metrics", "INVOKE")) {
                extension.park();

                assertThatThrownBy(() -> lambda.awaitExtension("logs", ExtensionState.READY, AT_ONCE))
                        .hasMessageStartingWith("extension logs has not become Ready within 1 ms")
                        .hasMessageContaining("\nextension metrics: Ready, its poll is parked, connects by itself\n");
            }
        }
    }

    @Nested
    class A_process {

        @Test
        void shows_its_output_by_stream_and_its_end() {
            try (LambdaSimulator lambda = echo().extension(
                            "metrics", Command.of("sh", "-c", "echo one; echo two >&2; exit 3"))
                    .start()) {
                SimulatedProcess process = lambda.process(EXTENSION);

                assertThat(process.awaitExit(LIMIT)).isEqualTo(new ProcessExit.Code(3));
                assertThat(process.awaitOutput("tw", LIMIT)).isEqualTo("two");
                process.awaitOutput("one", LIMIT);
                assertThat(process.exit()).contains(new ProcessExit.Code(3));
                assertThat(process.isRunning()).isFalse();
                assertThat(process.pid()).isPresent();
                assertThat(process.output(Event.OutputStream.STDOUT)).containsExactly("one");
                assertThat(process.output(Event.OutputStream.STDERR)).containsExactly("two");
                assertThat(process.output()).containsExactlyInAnyOrder("one", "two");
                assertThat(process.describe())
                        .matches("process \\d+, which ended with exit status 3: sh -c echo one; echo two >&2; exit 3");
            }
        }

        @Test
        void that_does_not_end_is_shown_with_what_it_printed() {
            try (LambdaSimulator lambda = echo().extension(
                            "metrics", Command.of("sh", "-c", "echo hello; exec sleep 1000"))
                    .start()) {
                SimulatedProcess process = lambda.process(EXTENSION);
                process.awaitOutput("hello", LIMIT);

                assertThat(process.isRunning()).isTrue();
                assertThat(process.exit()).isEmpty();
                assertThatThrownBy(() -> process.awaitExit(AT_ONCE))
                        .hasMessageMatching("extension metrics has not ended within 1 ms; it is process \\d+: sh -c"
                                + " echo hello; exec sleep 1000\nit has printed:\n {2}\\| hello");
                assertThatThrownBy(() -> process.awaitOutput("good bye", AT_ONCE))
                        .hasMessageStartingWith(
                                "extension metrics has not printed \"good bye\" within 1 ms; it is process")
                        .hasMessageEndingWith("it has printed:\n  | hello");
            }
        }

        @Test
        void that_was_never_started_says_so() {
            try (LambdaSimulator lambda =
                    LambdaSimulator.builder().declareExtension("metrics").start()) {
                SimulatedProcess process = lambda.process(EXTENSION);

                assertThat(process.pid()).isEmpty();
                assertThat(process.isRunning()).isFalse();
                assertThat(process).hasToString("extension metrics, not started");
                assertThatThrownBy(() -> process.awaitExit(AT_ONCE))
                        .hasMessage("extension metrics has not ended within 1 ms; it is not started\n"
                                + "it has printed nothing");
            }
        }

        @Test
        void that_could_not_be_launched_says_why() {
            try (LambdaSimulator lambda =
                    echo().extension("metrics", Command.of("/does/not/exist")).start()) {
                lambda.awaitPhase(EnvironmentPhase.FAILED, LIMIT);

                assertThat(lambda.process(EXTENSION).describe()).startsWith("not launched, UnknownError: ");
            }
        }

        @Test
        void in_the_JVM_has_no_id() {
            try (LambdaSimulator lambda = echo().start().awaitInit(LIMIT)) {
                assertThat(lambda.process(Participant.RUNTIME).pid()).isEmpty();
                assertThat(lambda.process(Participant.RUNTIME).isRunning()).isTrue();
                assertThat(lambda.process(Participant.RUNTIME).describe()).isEqualTo("in this JVM: handler function");
            }
        }

        @Test
        void with_much_output_shows_the_newest_lines() {
            try (LambdaSimulator lambda = echo().extension(
                            "metrics", Command.of("sh", "-c", "seq 1 30; exec sleep 1000"))
                    .start()) {
                SimulatedProcess process = lambda.process(EXTENSION);
                process.awaitOutput("30", LIMIT);

                assertThat(process.describeOutput())
                        .startsWith("it has printed, beside 10 earlier lines:\n  | 11\n")
                        .endsWith("\n  | 30");
            }
        }
    }

    @Nested
    class A_protocol_violation {

        @Test
        void is_a_call_that_its_state_does_not_allow() {
            try (LambdaSimulator lambda = echo().declareExtension("metrics").start();
                    BareExtension extension = BareExtension.register(lambda, "metrics")) {
                Wire.call(
                        lambda.runtimeApi(),
                        "POST",
                        BareExtension.REGISTER,
                        BareExtension.body(),
                        "Lambda-Extension-Name: metrics");

                assertThat(lambda.protocolViolations()).singleElement().satisfies(violation -> {
                    assertThat(violation.status()).isEqualTo(403);
                    assertThat(violation.errorType()).contains("Extension.InvalidExtensionState");
                    assertThat(violation.describe())
                            .isEqualTo("POST /2020-01-01/extension/register was answered with 403,"
                                    + " Extension.InvalidExtensionState: State transition from Registered to Registered"
                                    + " failed for extension metrics. Error: State transition is not allowed");
                });
                assertThat(extension.identifier()).isNotEmpty();
            }
        }

        @Test
        void is_a_path_or_method_that_does_not_exist() {
            try (LambdaSimulator lambda = LambdaSimulator.builder().start()) {
                Wire.call(lambda.runtimeApi(), "POST", "/2020-01-01/extension/registr", "{}");
                Wire.call(lambda.runtimeApi(), "POST", BareExtension.NEXT, "{}");

                assertThat(lambda.protocolViolations())
                        .extracting(ProtocolViolation::describe)
                        .containsExactly(
                                "POST /2020-01-01/extension/registr was answered with 404, there is no such path",
                                "POST /2020-01-01/extension/event/next was answered with 405, the path takes another"
                                        + " method");
            }
        }

        @Test
        void is_an_answer_for_another_invocation() {
            try (LambdaSimulator lambda = LambdaSimulator.builder().start();
                    BareRuntime runtime = new BareRuntime(lambda)) {
                runtime.park();
                Wire.call(lambda.runtimeApi(), "POST", BareRuntime.response("another"), "{}");

                assertThat(lambda.protocolViolations())
                        .extracting(ProtocolViolation::errorType)
                        .containsExactly(Optional.of("InvalidRequestID"));
            }
        }

        @Test
        void is_no_poll_after_the_environment_has_failed_but_an_answer_is_one() {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                    .extension("broken", Command.of("sh", "-c", "exit 4"))
                    .start()) {
                lambda.awaitPhase(EnvironmentPhase.FAILED, LIMIT);
                String ofTheTimeBefore = "Lambda-Extension-Identifier: " + UUID.randomUUID();
                assertThat(Wire.call(lambda.runtimeApi(), "GET", BareExtension.NEXT, "", ofTheTimeBefore)
                                .status())
                        .isEqualTo(403);
                Wire.call(lambda.runtimeApi(), "POST", BareRuntime.response("r-1"), "{}");

                assertThat(lambda.protocolViolations())
                        .extracting(ProtocolViolation::path)
                        .containsExactly(BareRuntime.response("r-1"));
            }
        }

        @Test
        void is_none_of_what_goes_as_documented() {
            LambdaSimulator lambda = echo().start();
            try (lambda) {
                lambda.invoke("{}");
            }

            assertThat(lambda.protocolViolations()).isEmpty();
        }
    }

    @Nested
    class A_description {

        @Test
        void names_the_phase_what_is_waited_for_and_each_participant() {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                            .extension("sleeper", Command.of("sleep", "1000"))
                            .declareExtension("metrics")
                            .start();
                    BareExtension extension = BareExtension.register(lambda, "metrics")) {
                extension.park();
                lambda.eventLog().await(Event.ParticipantStarted.class, started -> true, LIMIT);

                assertThat(lambda.describe()).matches("""
                                phase INIT: init waits for the registration of extension sleeper and .*
                                Runtime API at 127\\.0\\.0\\.1:\\d+
                                runtime: Started, connects by itself
                                extension sleeper: Started, process \\d+: sleep 1000
                                extension metrics: Ready, its poll is parked, connects by itself
                                """);
            }
        }

        @Test
        void counts_what_is_queued() {
            try (LambdaSimulator lambda = LambdaSimulator.builder().start()) {
                lambda.submit(InvocationRequest.of("{}"));
                lambda.submit(InvocationRequest.of("{}"));

                assertThat(lambda.describe()).endsWith("2 invocations wait for their turn\n");
            }
        }
    }

    @Nested
    class A_short_timeline {

        @Test
        void holds_the_newest_lines_and_counts_the_others() {
            try (LambdaSimulator lambda = echo().freeze(FreezeMode.NONE).start().awaitInit(LIMIT)) {
                String whole = lambda.timeline();
                int lines = (int) whole.lines().count();

                assertThat(lambda.timeline(2).lines())
                        .hasSize(3)
                        .startsWith("  (" + (lines - 2) + " earlier lines left out)")
                        .last()
                        .isEqualTo(whole.lines().reduce((a, b) -> b).orElseThrow());
                assertThat(lambda.timeline(lines)).isEqualTo(whole);
            }
        }
    }

    @Nested
    class Credentials {

        @Test
        void show_in_no_text_but_in_the_output_that_a_test_asserts_on() {
            LambdaSimulator lambda = echo().credentials("AKIAREALLOOKING00", "very/secret+value", "token-of-a-session")
                    .extension(
                            "metrics",
                            Command.of(
                                    "sh",
                                    "-c",
                                    "echo key $AWS_SECRET_ACCESS_KEY; echo $AWS_SESSION_TOKEN $AWS_ACCESS_KEY_ID >&2;"
                                            + " exit 1"))
                    .start();
            SimulatedProcess process = lambda.process(EXTENSION);
            assertThat(process.awaitOutput("key ", LIMIT)).isEqualTo("key very/secret+value");
            process.awaitExit(LIMIT);
            lambda.close();

            assertThat(process.output()).contains("token-of-a-session AKIAREALLOOKING00");
            String wait = catchThrowable(
                            () -> lambda.eventLog().await(Event.PollWithdrawn.class, event -> true, AT_ONCE))
                    .getMessage();
            assertThat(lambda.timeline()
                            + lambda.eventLog().toJsonLines()
                            + lambda.describe()
                            + process.describeOutput()
                            + wait)
                    .contains("key ***")
                    .doesNotContain("very/secret+value", "token-of-a-session", "AKIAREALLOOKING00");
            assertThat(lambda.redact("a token-of-a-session")).isEqualTo("a ***");
        }

        @Test
        void that_are_mere_placeholders_leave_texts_readable() {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                    .credentials("test", "test", "test")
                    .start()) {
                assertThat(lambda.redact("test-function")).isEqualTo("test-function");
            }
        }
    }
}

package io.lambdasimulator.assertj;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.junit.LambdaSimulatorExtension;
import io.lambdasimulator.junit.Simulator;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformLogsDropped;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformReport;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What each assertion accepts, and what it says when it does not. Both {@code assertThat} are imported, as a user would. */
class AssertionsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final FunctionConfiguration PATIENT =
            FunctionConfiguration.builder().timeout(LIMIT).build();
    private static final Duration AT_ONCE = Duration.ofMillis(1);

    private static void assertFails(ThrowingCallable assertion, String message) {
        assertThatThrownBy(assertion)
                .isInstanceOf(AssertionError.class)
                .hasMessage(message.replace("\n", System.lineSeparator()));
    }

    @Nested
    class On_an_invocation_result {

        private final InvocationResult success = result("{\"b\": [1, 2.50], \"a\": null}", null);
        private final InvocationResult error =
                result("{\"errorType\":\"NoStock\",\"errorMessage\":\"no stock: Müsli\"}", "Function.NoStock");
        private final InvocationResult text = result("plain", null);

        private static InvocationResult result(String payload, String errorType) {
            return new InvocationResult(
                    "r-1", payload.getBytes(StandardCharsets.UTF_8), null, errorType, "$LATEST", "");
        }

        @Test
        void what_is_so_passes() {
            assertThat(success)
                    .isSuccess()
                    .hasPayload("{\"b\": [1, 2.50], \"a\": null}")
                    .hasJsonPayload("{\"a\":null,\"b\":[1.0,2.5]}")
                    .hasExecutedVersion("$LATEST");
            assertThat(success).payload().contains("2.50");
            assertThat(error)
                    .isFunctionError()
                    .hasErrorType("Function.NoStock")
                    .hasError("NoStock", "no stock: Müsli")
                    .errorMessage()
                    .startsWith("no stock");
        }

        @Test
        void an_unexpected_error_shows_its_type_and_payload() {
            assertFails(() -> assertThat(error).isSuccess(), """
                    expected invocation r-1 to succeed, but it ended with function error Function.NoStock and answered
                      {"errorType":"NoStock","errorMessage":"no stock: Müsli"}""");
        }

        @Test
        void an_unexpected_success_shows_its_payload() {
            assertFails(() -> assertThat(text).isFunctionError(), """
                    expected invocation r-1 to end with a function error, but it answered
                      plain""");
            assertFails(() -> assertThat(text).hasErrorType("Sandbox.Timedout"), """
                    expected invocation r-1 to end with function error Sandbox.Timedout, but it answered
                      plain""");
        }

        @Test
        void another_error_shows_both() {
            assertFails(() -> assertThat(error).hasErrorType("Sandbox.Timedout"), """
                    expected invocation r-1 to end with function error Sandbox.Timedout, but it ended with function error Function.NoStock and answered
                      {"errorType":"NoStock","errorMessage":"no stock: Müsli"}""");
            assertFails(() -> assertThat(error).hasError("NoStock", "sold out"), """
                    expected invocation r-1 to fail with
                      NoStock: sold out
                    but it ended with function error Function.NoStock and answered
                      {"errorType":"NoStock","errorMessage":"no stock: Müsli"}""");
        }

        @Test
        void another_payload_shows_both() {
            assertFails(() -> assertThat(text).hasPayload("fancy"), """
                    expected invocation r-1 to answer
                      fancy
                    but it answered
                      plain""");
            assertFails(() -> assertThat(text).hasJsonPayload("{}"), """
                    expected invocation r-1 to answer with JSON, but it answered
                      plain""");
            assertThatThrownBy(() -> assertThat(success).hasJsonPayload("{\"a\":null,\"b\":[1,3]}"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("[payload of invocation r-1]")
                    .hasMessageContaining("field/property 'b[1]' differ")
                    .hasMessageContaining("2.50")
                    .hasMessageContaining("3");
            assertThatThrownBy(() -> assertThat(success).as("order").hasJsonPayload("{\"a\":null}"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("order: payload of invocation r-1");
        }

        @Test
        void an_expectation_that_is_no_JSON_is_the_tests_own_fault() {
            assertThatThrownBy(() -> assertThat(success).hasJsonPayload("{\"a\""))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("not JSON: ");
        }

        @Test
        void another_version_shows_both() {
            assertFails(
                    () -> assertThat(success).hasExecutedVersion("7"),
                    "expected invocation r-1 to be run by version 7, but it was $LATEST");
        }

        @Test
        void a_long_payload_is_cut() {
            assertThatThrownBy(() -> assertThat(result("x".repeat(5_000), "Function.Long"))
                            .isSuccess())
                    .hasMessageEndingWith("x… (5000 characters)");
        }

        @Test
        void none_fails_as_AssertJ_does() {
            assertThatThrownBy(() -> assertThat((InvocationResult) null).isSuccess())
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("Expecting actual not to be null");
        }
    }

    @Nested
    class On_readiness {

        private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

        private final ExtensionReadiness ready = new ExtensionReadiness(
                "metrics", Optional.of(NOON), Optional.of(NOON.plusMillis(7)), Optional.of(Duration.ofMillis(5)));
        private final ExtensionReadiness busy =
                new ExtensionReadiness("metrics", Optional.of(NOON), Optional.empty(), Optional.empty());
        private final ExtensionReadiness waiting =
                new ExtensionReadiness("metrics", Optional.empty(), Optional.empty(), Optional.empty());

        @Test
        void what_is_so_passes() {
            assertThat(ready).isReady().hasReceivedInvoke().hasOverheadAtMost(Duration.ofMillis(5));
            assertThat(busy).isNotReady().hasReceivedInvoke();
            assertThat(waiting).isNotReady();
        }

        @Test
        void what_is_not_tells_how_far_the_extension_is() {
            assertFails(
                    () -> assertThat(busy).isReady(),
                    "expected extension metrics to be ready, but it has received its INVOKE at 2026-01-01T12:00:00Z and not"
                            + " polled again");
            assertFails(
                    () -> assertThat(ready).isNotReady(),
                    "expected extension metrics not to be ready, but it has received its INVOKE at 2026-01-01T12:00:00Z and"
                            + " polled again at 2026-01-01T12:00:00.007Z");
            assertFails(
                    () -> assertThat(waiting).hasReceivedInvoke(),
                    "expected extension metrics to have received its INVOKE, but it has not received its INVOKE and not"
                            + " polled again");
            assertFails(
                    () -> assertThat(ready).hasOverheadAtMost(Duration.ofMillis(4)),
                    "expected extension metrics to hold the invocation up for at most PT0.004S, but it was PT0.005S");
        }
    }

    @Nested
    class On_an_extension {

        private final ExtensionInfo healthy = new ExtensionInfo(
                "metrics",
                true,
                ExtensionState.READY,
                EnumSet.allOf(ExtensionEventType.class),
                Optional.of("id"),
                Optional.empty());
        private final ExtensionInfo broken = new ExtensionInfo(
                "metrics",
                false,
                ExtensionState.INIT_ERROR,
                EnumSet.noneOf(ExtensionEventType.class),
                Optional.of("id"),
                Optional.of("Extension.NoKey"));
        private final ExtensionInfo awaited = new ExtensionInfo(
                "metrics",
                true,
                ExtensionState.STARTED,
                EnumSet.noneOf(ExtensionEventType.class),
                Optional.empty(),
                Optional.empty());

        @Test
        void what_is_so_passes() {
            assertThat(healthy)
                    .hasState(ExtensionState.READY)
                    .isRegisteredFor(ExtensionEventType.SHUTDOWN, ExtensionEventType.INVOKE)
                    .isExternal()
                    .hasNoError();
            assertThat(broken).isInternal().hasErrorType("Extension.NoKey").isRegisteredFor();
        }

        @Test
        void what_is_not_tells_how_it_is() {
            assertFails(
                    () -> assertThat(broken).hasState(ExtensionState.READY),
                    "expected extension metrics to be Ready, but it was InitError with error Extension.NoKey");
            assertFails(
                    () -> assertThat(awaited).isRegisteredFor(ExtensionEventType.INVOKE),
                    "expected extension metrics to be registered, but it was Started without an error");
            assertFails(
                    () -> assertThat(healthy).isRegisteredFor(ExtensionEventType.SHUTDOWN),
                    "expected extension metrics to be registered for [SHUTDOWN], but it was for [INVOKE, SHUTDOWN]");
            assertFails(
                    () -> assertThat(broken).isExternal(),
                    "expected extension metrics to be external, but it was internal");
            assertFails(
                    () -> assertThat(healthy).isInternal(),
                    "expected extension metrics to be internal, but it was external");
            assertFails(
                    () -> assertThat(healthy).hasErrorType("Extension.NoKey"),
                    "expected extension metrics to have error Extension.NoKey, but it was Ready without an error");
            assertFails(
                    () -> assertThat(broken).hasNoError(),
                    "expected extension metrics to have no error, but it was InitError with error Extension.NoKey");
        }
    }

    @Nested
    class On_an_environment {

        @RegisterExtension
        static final LambdaSimulatorExtension ECHO = LambdaSimulatorExtension.of(LambdaSimulator.builder()
                        .function(PATIENT)
                        .freeze(FreezeMode.NONE)
                        .runtime((event, context) -> event))
                .named("echo");

        @RegisterExtension
        static final LambdaSimulatorExtension WITH_PROCESS = LambdaSimulatorExtension.of(LambdaSimulator.builder()
                        .credentials("AKIAREALLOOKING00", "very/secret+value", "token-of-a-session")
                        .runtime((event, context) -> event)
                        .extension(
                                "shell",
                                Command.of("sh", "-c", "echo key $AWS_SECRET_ACCESS_KEY; echo oops >&2; exit 3")))
                .named("with process");

        @Test
        void what_is_so_passes(
                @Simulator("echo") LambdaSimulator lambda, @Simulator("with process") LambdaSimulator withProcess) {
            assertThat(lambda)
                    .completesInitWithin(LIMIT)
                    .entersPhaseWithin(EnvironmentPhase.READY, LIMIT)
                    .isInPhase(EnvironmentPhase.READY)
                    .hasNoProtocolViolations();
            assertThat(lambda).runtimeProcess().isRunning().hasNotPrinted("anything");
            Invocation invocation = lambda.submit(InvocationRequest.of("[1]"));
            assertThat(invocation).answersWithin(LIMIT).hasPayload("[1]");
            assertThat(invocation).completesWithin(InvocationStatus.SUCCESS, LIMIT);

            assertThat(withProcess)
                    .extensionProcess("shell")
                    .exitsWithin(LIMIT)
                    .hasExitCode(3)
                    .printsWithin("oops", LIMIT)
                    .hasPrinted("oops")
                    .hasNotPrinted("fine");
            assertThat(withProcess).extension("shell").hasState(ExtensionState.STARTED);
        }

        @Test
        void a_phase_in_vain_tells_how_it_stands(@Simulator("echo") LambdaSimulator lambda) {
            lambda.awaitInit(LIMIT);

            assertThatThrownBy(() -> assertThat(lambda).isInPhase(EnvironmentPhase.FAILED))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("expected the environment to be in phase FAILED, but this is how it stands:"
                            + System.lineSeparator() + "phase READY: the environment is idle and does not freeze\n");
            assertThatThrownBy(() -> assertThat(lambda).as("shop").entersPhaseWithin(EnvironmentPhase.FAILED, AT_ONCE))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("[shop] the environment has not entered phase FAILED within 1 ms");
        }

        @Test
        void init_in_vain_tells_why(@Simulator("with process") LambdaSimulator lambda) {
            assertThatThrownBy(() -> assertThat(lambda).completesInitWithin(LIMIT))
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("init failed with Extension.Crash: exit status 3 (extension shell)");
        }

        @Test
        void an_extension_that_is_not_there_tells_which_are(
                @Simulator("echo") LambdaSimulator lambda, @Simulator("with process") LambdaSimulator withProcess) {
            assertFails(
                    () -> assertThat(lambda).extension("metrics"),
                    "expected an extension named metrics, but there is none at all");
            assertFails(
                    () -> assertThat(withProcess).extension("metrics"),
                    "expected an extension named metrics, but there is only shell");
            assertThatThrownBy(
                            () -> assertThat(lambda).extensionBecomesWithin("metrics", ExtensionState.READY, AT_ONCE))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("extension metrics has not become Ready within 1 ms");
        }

        @Test
        void a_process_shows_what_is_known_of_it_without_secrets(@Simulator("with process") LambdaSimulator lambda) {
            assertThat(lambda).extensionProcess("shell").exitsWithin(LIMIT).printsWithin("oops", LIMIT);
            assertThat(lambda).extensionProcess("shell").printsWithin("key very/secret+value", LIMIT);

            String known =
                    " but it is process \\d+, which ended with exit status 3: sh -c echo key \\$AWS_SECRET_ACCESS_KEY;"
                            + " echo oops >&2; exit 3\\R"
                            + "it has printed:\n( {2}\\| key \\*\\*\\*\n {2}! oops| {2}! oops\n {2}\\| key \\*\\*\\*)";
            assertThatThrownBy(
                            () -> assertThat(lambda).extensionProcess("shell").hasExitCode(0))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageMatching("expected extension shell to have ended with exit status 0," + known);
            assertThatThrownBy(
                            () -> assertThat(lambda).extensionProcess("shell").wasEndedBySignal(9))
                    .hasMessageMatching("expected extension shell to have ended with signal: killed," + known);
            assertThatThrownBy(
                            () -> assertThat(lambda).extensionProcess("shell").isRunning())
                    .hasMessageMatching("expected extension shell to be running," + known);
            assertThatThrownBy(
                            () -> assertThat(lambda).extensionProcess("shell").hasPrinted("fine"))
                    .hasMessageMatching("expected extension shell to have printed \"fine\"," + known);
            assertThatThrownBy(
                            () -> assertThat(lambda).extensionProcess("shell").hasNotPrinted("oops"))
                    .hasMessageMatching("expected extension shell not to have printed \"oops\"," + known);
            assertThatThrownBy(
                            () -> assertThat(lambda).extensionProcess("shell").printsWithin("fine", AT_ONCE))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("extension shell has not printed \"fine\" within 1 ms; it is process ");
        }

        @Test
        void an_invocation_in_vain_tells_what_is_waited_for() {
            try (LambdaSimulator lambda =
                    LambdaSimulator.builder().declareExtension("late").start()) {
                Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

                assertThatThrownBy(() -> assertThat(invocation).answersWithin(AT_ONCE))
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContaining("init waits for the registration of extension late");
                assertThatThrownBy(() -> assertThat(invocation).completesWithin(InvocationStatus.SUCCESS, AT_ONCE))
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContaining("init waits for the registration of extension late");
                assertThatThrownBy(() -> assertThat(invocation).extensionIsReadyWithin("late", AT_ONCE))
                        .isInstanceOf(AssertionError.class);
            }
        }

        @Test
        void an_invocation_that_ends_otherwise_tells_how(@Simulator("with process") LambdaSimulator lambda) {
            Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

            assertFails(
                    () -> assertThat(invocation).completesWithin(InvocationStatus.SUCCESS, LIMIT),
                    "expected invocation " + invocation.requestId()
                            + " to end with status success, but it ended with error, Extension.Crash");
        }

        @Test
        void protocol_violations_are_named(@Simulator("echo") LambdaSimulator lambda) throws Exception {
            assertFails(
                    () -> assertThat(lambda).hasProtocolViolation("InvalidRequestID"),
                    "expected a protocol violation of type InvalidRequestID, but there is none at all");
            lambda.awaitInit(LIMIT);
            var connection = URI.create(
                            "http://" + lambda.runtimeApi() + "/2018-06-01/runtime/invocation/another/response")
                    .toURL()
                    .openConnection();
            connection.setDoOutput(true);
            connection.getOutputStream().write('1');
            assertThat(((HttpURLConnection) connection).getResponseCode()).isEqualTo(400);

            String line = "  POST /2018-06-01/runtime/invocation/another/response was answered with 400,"
                    + " InvalidRequestID: Invalid request ID";
            assertThat(lambda).hasProtocolViolation("InvalidRequestID");
            assertFails(
                    () -> assertThat(lambda).hasNoProtocolViolations(),
                    "expected no protocol violation, but there is\n" + line);
            assertFails(
                    () -> assertThat(lambda).hasProtocolViolation("InvalidStateTransition"),
                    "expected a protocol violation of type InvalidStateTransition, but there is only\n" + line);
        }
    }

    @Nested
    class On_telemetry {

        @RegisterExtension
        static final LambdaSimulatorExtension LOGGING = LambdaSimulatorExtension.of(
                        LambdaSimulator.builder().function(PATIENT).runtime((event, context) -> {
                            context.log("a line");
                            return event;
                        }))
                .named("logging");

        @Test
        void what_is_so_passes(@Simulator("logging") LambdaSimulator lambda) {
            String id = completed(lambda);

            assertThat(lambda.telemetry())
                    .containsSubsequence("platform.initStart", "platform.start", "function", "platform.report")
                    .doesNotContain("platform.logsDropped")
                    .ofInvocation(id)
                    .containsExactly("platform.start", "platform.runtimeDone", "platform.report")
                    .contains(
                            PlatformReport.class,
                            report -> assertThat(report.requestId()).isEqualTo(id));
        }

        private static String completed(LambdaSimulator lambda) {
            return lambda.submit(InvocationRequest.of("1"))
                    .awaitCompletion(LIMIT)
                    .requestId();
        }

        @Test
        void what_is_missing_shows_what_there_is(@Simulator("logging") LambdaSimulator lambda) {
            String id = completed(lambda);

            assertFails(
                    () -> assertThat(lambda.telemetry())
                            .ofInvocation(id)
                            .containsSubsequence("platform.start", "platform.report", "platform.runtimeDone"),
                    """
                    expected telemetry of %s to hold platform.start, platform.report, platform.runtimeDone in this order, \
                    but there is no platform.runtimeDone after platform.report; there is
                      platform.start
                      platform.runtimeDone
                      platform.report""".formatted(id));
            assertFails(
                    () -> assertThat(lambda.telemetry()).ofInvocation(id).containsExactly("platform.start"),
                    """
                    expected telemetry of %s to hold exactly platform.start, but there is
                      platform.start
                      platform.runtimeDone
                      platform.report""".formatted(id));
            assertFails(
                    () -> assertThat(lambda.telemetry()).ofInvocation(id).doesNotContain("platform.start"),
                    """
                    expected telemetry of %s to hold no platform.start, but there is
                      platform.start
                      platform.runtimeDone
                      platform.report""".formatted(id));
            assertFails(
                    () -> assertThat(lambda.telemetry()).ofInvocation("r-0").containsSubsequence("platform.start"),
                    "expected telemetry of r-0 to hold platform.start in this order, but there is no platform.start;"
                            + " there is nothing");
        }

        @Test
        void a_requirement_shows_what_it_said_of_the_newest(@Simulator("logging") LambdaSimulator lambda) {
            String id = completed(lambda);

            assertThatThrownBy(() -> assertThat(lambda.telemetry())
                            .ofInvocation(id)
                            .contains(PlatformReport.class, report -> {
                                throw new AssertionError("it is not pretty");
                            }))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("expected telemetry of " + id
                            + " to hold a PlatformReport as required, but of the newest one it is not pretty; there is")
                    .hasCauseInstanceOf(AssertionError.class);
            assertThatThrownBy(() -> assertThat(lambda.telemetry()).contains(PlatformLogsDropped.class, dropped -> {}))
                    .hasMessageContaining("to hold a PlatformLogsDropped as required, but there is none");
        }
    }
}

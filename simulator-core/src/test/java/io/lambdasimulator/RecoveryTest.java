package io.lambdasimulator;

import static io.lambdasimulator.Stage.END;
import static io.lambdasimulator.Stage.INIT_START;
import static io.lambdasimulator.Stage.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.ShutdownReport;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.invocation.Span;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a failure does to the caller, the records, the log and the processes, and that the next invocation finds nothing of it.
 * Ids such as G1 are those of the scenarios that were observed on AWS's core (spec: on-demand §9); payloads, log lines and
 * budgets are those of the service (spec: production-captures §1, §2, §7, aws-contract §2.4).
 */
class RecoveryTest {

    private static final String NAME = "watcher";
    private static final Participant EXTENSION = Participant.extension(NAME);

    /** Init and function timeout of the environments here. */
    private static final Duration INIT_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private static final String READY = "EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]";
    private static final String COLD = "REPORT\tInit Duration";
    private static final String WARM = "REPORT";
    private static final String TIMED_OUT_PAYLOAD = "{\"errorType\":\"Sandbox.Timedout\","
            + "\"errorMessage\":\"RequestId: <id> Error: Task timed out after 3.00 seconds\"}";

    private static final String TRUNCATED_PAYLOAD = "{\"errorType\":\"Runtime.TruncatedResponse\","
            + "\"errorMessage\":\"RequestId: <id> Error: the runtime's response ended before it was complete\"}";

    @RegisterExtension
    final Stage stage = new Stage();

    private LambdaSimulator startAlone(String... runtime) {
        return stage.start(LambdaSimulator.builder().runtime(stage.runtime(runtime)));
    }

    private LambdaSimulator start(Command runtime, Command extension) {
        return stage.start(LambdaSimulator.builder().runtime(runtime).extension(NAME, extension));
    }

    /** For participants that act while the environment is idle. */
    private LambdaSimulator startUnfrozen(Command runtime, Command extension) {
        return stage.start(LambdaSimulator.builder()
                .freeze(FreezeMode.NONE)
                .runtime(runtime)
                .extension(NAME, extension));
    }

    private LambdaSimulator startInRealTime(Command runtime, Command extension) {
        return stage.startInRealTime(LambdaSimulator.builder().runtime(runtime).extension(NAME, extension));
    }

    private static String runtimeError(String text) {
        return "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: <id> Error: " + text + "\"}";
    }

    private static String extensionError(String type, String text) {
        return "{\"errorMessage\":\"RequestId: <id> Error: " + text + "\",\"errorType\":\"" + type + "\"}";
    }

    private static String error(String report, String type) {
        return report + "\tStatus: error\tError Type: " + type;
    }

    private static String success(String report) {
        return report + "\t";
    }

    private static String timeout(String report) {
        return report + "\tStatus: timeout";
    }

    @Nested
    class A_runtime_in_init {

        @ParameterizedTest(name = "E1 {0}")
        @CsvSource({
            "exit 0, exit status 0, Runtime exited without providing a reason, Runtime.ExitError",
            "exit 3, exit status 3, Runtime exited with error: exit status 3, Runtime.ExitError",
            "signal SEGV, signal: segmentation fault, Runtime exited with error: signal: segmentation fault,"
                    + " Runtime.ExitError",
            "signal KILL, signal: killed, Runtime exited with error: signal: killed, Runtime.OutOfMemory"
        })
        void that_ends_twice_fails_the_invocation_and_the_next_one_runs(
                String step, String exit, String text, String recordedType) {
            startAlone("START", step, "LAUNCHES", "2");
            stage.assertReset(
                    "runtime ended: " + exit,
                    "FAILED with " + recordedType + ": " + text,
                    "init (init) error " + recordedType,
                    "shutdown (failure)");

            Invocation invocation = stage.submit("1");

            stage.assertAnswered(invocation, runtimeError(text));
            stage.assertReported(invocation, InvocationStatus.ERROR, recordedType);
            stage.assertReset(
                    "runtime ended: " + exit,
                    "FAILED with " + recordedType + ": " + text,
                    "init (invoke) error " + recordedType,
                    "answered with Runtime.ExitError",
                    "complete: error " + recordedType,
                    "shutdown (failure)");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    error("INIT_REPORT Init Duration\tPhase: init", recordedType),
                    error("INIT_REPORT Init Duration\tPhase: invoke", recordedType),
                    START,
                    END,
                    error(WARM, recordedType),
                    START,
                    END,
                    success(WARM));
        }

        /** E5. */
        @Test
        void that_ends_once_is_no_failure_of_the_invocation() {
            startAlone("START", "exit 3");
            stage.awaitResets(1);

            stage.assertRecovers();
            stage.assertRecovered();
            stage.assertLog(
                    INIT_START,
                    error("INIT_REPORT Init Duration\tPhase: init", "Runtime.ExitError"),
                    START,
                    END,
                    success(WARM),
                    START,
                    END,
                    success(WARM));
        }

        /** E2. */
        @Test
        void that_reports_its_error_and_exits_is_heard_word_for_word() {
            start(stage.runtime("START", "init-error Runtime.NoTable; exit 1", "LAUNCHES", "2"), stage.extension(NAME));
            stage.assertReset(
                    "runtime ended: exit status 1",
                    "FAILED with Runtime.NoTable: Runtime exited with error: exit status 1",
                    "init (init) error Runtime.NoTable",
                    "shutdown (failure)",
                    "extension watcher received SHUTDOWN",
                    "extension watcher ended: exit status 0");

            Invocation invocation = stage.submit("1");

            stage.assertAnswered(
                    invocation,
                    "{\"errorType\": \"Runtime.NoTable\",  \"errorMessage\": \"as the runtime worded it\"}");
            stage.assertReported(invocation, InvocationStatus.ERROR, "Runtime.NoTable");
            stage.assertReset(
                    "answered with Runtime.NoTable",
                    "runtime ended: exit status 1",
                    "FAILED with Runtime.NoTable: Runtime exited with error: exit status 1",
                    "init (invoke) error Runtime.NoTable",
                    "complete: error Runtime.NoTable",
                    "shutdown (failure)",
                    "extension watcher received SHUTDOWN",
                    "extension watcher ended: exit status 0");
            stage.assertRecovers();
            assertThat(stage.log())
                    .filteredOn(line -> !line.startsWith("EXTENSION"))
                    .containsExactly(
                            INIT_START,
                            error("INIT_REPORT Init Duration\tPhase: init", "Runtime.NoTable"),
                            error("INIT_REPORT Init Duration\tPhase: invoke", "Runtime.NoTable"),
                            START,
                            END,
                            error(WARM, "Runtime.NoTable"),
                            START,
                            END,
                            success(WARM));
            stage.assertTold(NAME, "failure", "failure");
        }

        /** E3. */
        @Test
        void that_reports_its_error_and_hangs_answers_the_caller_at_once_and_times_out() {
            startAlone("START", "init-error Runtime.NoTable; hang", "LAUNCHES", "2");
            stage.awaitOutput(Participant.RUNTIME, "init/error 202");
            stage.clock.advance(INIT_TIMEOUT);
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 10.00 seconds; init waits for the runtime"
                            + " (InitError) to ask for an invocation",
                    "init (init) timeout",
                    "shutdown (timeout)",
                    "SIGKILL to runtime: there is no extension",
                    "runtime ended: signal: killed");

            Invocation invocation = stage.submit("1");

            stage.assertAnswered(
                    invocation,
                    "{\"errorType\": \"Runtime.NoTable\",  \"errorMessage\": \"as the runtime worded it\"}");
            assertThat(invocation.completion()).isNotDone();
            stage.clock.advance(TIMEOUT);
            stage.assertReported(invocation, InvocationStatus.TIMEOUT);
            stage.assertReset(
                    "answered with Runtime.NoTable",
                    "FAILED with Sandbox.Timedout: Task timed out after 3.00 seconds; init waits for the runtime"
                            + " (InitError) to ask for an invocation",
                    "init (invoke) timeout",
                    "complete: timeout",
                    "shutdown (timeout)",
                    "SIGKILL to runtime: there is no extension",
                    "runtime ended: signal: killed");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    timeout("INIT_REPORT Init Duration\tPhase: init"),
                    timeout("INIT_REPORT Init Duration\tPhase: invoke"),
                    START,
                    END,
                    timeout(WARM),
                    START,
                    END,
                    success(WARM));
        }

        @Test
        void that_reports_its_error_amid_an_invocation_and_is_shut_down_before_its_end_has_not_run_the_function() {
            LambdaSimulator lambda = startAlone("START", "init-error Runtime.NoTable; hang", "LAUNCHES", "2");
            stage.awaitOutput(Participant.RUNTIME, "init/error 202");
            stage.clock.advance(INIT_TIMEOUT);
            stage.awaitResets(1);
            Invocation invocation = stage.submit("1");
            assertThat(invocation.awaitAnswer(Wire.PATIENCE).errorType()).contains("Runtime.NoTable");

            lambda.close();

            stage.assertReported(invocation, InvocationStatus.FAILURE, "Sandbox.Failure");
            assertThat(lambda.eventLog().events(Event.InvocationStarted.class)).hasSize(1);
            assertThat(lambda.eventLog().events(Event.RuntimeDone.class)).isEmpty();
        }

        /** The init timeout, and the init within the invocation that follows it. */
        @Test
        void that_hangs_is_started_again_within_the_invocation() {
            start(stage.runtime("START", "mark started; hang"), stage.extension(NAME, "REGISTERED", "await started"));
            Invocation invocation = stage.submit("1");
            stage.awaitState(NAME, ExtensionState.READY);

            stage.clock.advance(INIT_TIMEOUT);

            assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("1");
            stage.assertReported(invocation, InvocationStatus.SUCCESS);
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 10.00 seconds; init waits for the runtime"
                            + " (Started) to ask for an invocation",
                    "init (init) timeout",
                    "shutdown (timeout)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated",
                    "extension watcher received SHUTDOWN",
                    "extension watcher ended: exit status 0");
            stage.assertTold(NAME, "timeout");
            stage.assertRecovered();
            stage.assertLog(
                    INIT_START,
                    READY,
                    timeout("INIT_REPORT Init Duration\tPhase: init"),
                    READY,
                    START,
                    END,
                    success(WARM),
                    START,
                    END,
                    success(WARM));
        }

        /** E4. */
        @Test
        void that_is_not_there_is_an_invalid_entrypoint_until_it_is(@TempDir Path folder) throws IOException {
            Path bootstrap = folder.resolve("bootstrap");
            stage.start(LambdaSimulator.builder().runtime(Command.of(bootstrap.toString())));
            String text = "fork/exec " + bootstrap + ": no such file or directory";
            stage.assertReset(
                    "runtime could not be started: Runtime.InvalidEntrypoint: " + text,
                    "FAILED with Runtime.InvalidEntrypoint: " + text,
                    "init (init) error Runtime.InvalidEntrypoint",
                    "shutdown (failure)");

            Invocation invocation = stage.submit("1");

            stage.assertAnswered(
                    invocation,
                    "{\"errorType\":\"Runtime.InvalidEntrypoint\",\"errorMessage\":\"RequestId: <id> Error: " + text
                            + "\"}");
            stage.assertReported(invocation, InvocationStatus.ERROR, "Runtime.InvalidEntrypoint");
            stage.assertReset(
                    "runtime could not be started: Runtime.InvalidEntrypoint: " + text,
                    "FAILED with Runtime.InvalidEntrypoint: " + text,
                    "init (invoke) error Runtime.InvalidEntrypoint",
                    "answered with Runtime.InvalidEntrypoint",
                    "complete: error Runtime.InvalidEntrypoint",
                    "shutdown (failure)");
            stage.install(bootstrap, stage.runtime());
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    error("INIT_REPORT Init Duration\tPhase: init", "Runtime.InvalidEntrypoint"),
                    error("INIT_REPORT Init Duration\tPhase: invoke", "Runtime.InvalidEntrypoint"),
                    START,
                    END,
                    error(WARM, "Runtime.InvalidEntrypoint"),
                    START,
                    END,
                    success(WARM));
        }

        /** D5. */
        @Test
        void whose_internal_extension_never_polls_times_out() {
            startAlone("START", "register inner", "LATER", "register inner; poll inner");
            stage.awaitRuntimeReady();
            Invocation invocation = stage.submit("1");

            stage.clock.advance(INIT_TIMEOUT);

            assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("1");
            stage.assertReported(invocation, InvocationStatus.SUCCESS);
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 10.00 seconds; init waits for extension inner"
                            + " (Registered) to ask for an event",
                    "init (init) timeout",
                    "shutdown (timeout)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated");
            stage.assertRecovered();
            stage.assertLog(
                    INIT_START,
                    "EXTENSION\tName: inner\tState: Registered\tEvents: [INVOKE]",
                    timeout("INIT_REPORT Init Duration\tPhase: init"),
                    "EXTENSION\tName: inner\tState: Ready\tEvents: [INVOKE]",
                    START,
                    END,
                    success(WARM),
                    START,
                    END,
                    success(WARM));
        }
    }

    @Nested
    class An_extension_in_init {

        @ParameterizedTest(name = "F1 {0}")
        @CsvSource({"exit 0, exit code 0, exit status 0", "exit 1, exit status 1, exit status 1"})
        void that_ends_before_it_registers_fails_init_and_the_runtime_is_never_started(
                String step, String text, String exit) {
            start(stage.runtime(), stage.extension(NAME, "START", step, "LAUNCHES", "2"));
            stage.assertReset(
                    "extension watcher ended: " + exit,
                    "FAILED with Extension.Crash: " + text + " (extension watcher)",
                    "init (init) error Extension.Crash",
                    "shutdown (failure)");

            Invocation invocation = stage.submit("1");

            stage.assertAnswered(invocation, extensionError("Extension.Crash", text));
            stage.assertReported(invocation, InvocationStatus.ERROR, "Extension.Crash");
            stage.assertReset(
                    "extension watcher ended: " + exit,
                    "FAILED with Extension.Crash: " + text + " (extension watcher)",
                    "init (invoke) error Extension.Crash",
                    "answered with Extension.Crash",
                    "complete: error Extension.Crash",
                    "shutdown (failure)");
            stage.assertNeverStarted(Participant.RUNTIME);
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    "EXTENSION\tName: watcher\tState: Started\tEvents: []",
                    error("INIT_REPORT Init Duration\tPhase: init", "Extension.Crash"),
                    "EXTENSION\tName: watcher\tState: Started\tEvents: []",
                    error("INIT_REPORT Init Duration\tPhase: invoke", "Extension.Crash"),
                    START,
                    END,
                    error(WARM, "Extension.Crash"),
                    READY,
                    START,
                    END,
                    success(WARM));
        }

        @ParameterizedTest(name = "F2 {1}")
        @CsvSource({"rw-r--r--, permission denied, PermissionDenied", "rwxr-xr-x, exec format error, UnknownError"})
        void that_cannot_be_executed_is_a_launch_error_until_it_can(
                String permissions, String complaint, String state, @TempDir Path folder) throws IOException {
            Path file = Files.writeString(folder.resolve(NAME), "no interpreter line\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            stage.start(LambdaSimulator.builder().runtime(stage.runtime()).extensionsDirectory(folder));
            String text = "fork/exec " + file + ": " + complaint;
            stage.assertReset(
                    "extension watcher could not be started: " + state + ": " + text,
                    "FAILED with Extension.LaunchError: " + text + " (extension watcher)",
                    "init (init) error Extension.LaunchError",
                    "shutdown (failure)");

            Invocation invocation = stage.submit("1");

            stage.assertAnswered(invocation, extensionError("Extension.LaunchError", text));
            stage.assertReported(invocation, InvocationStatus.ERROR, "Extension.LaunchError");
            stage.assertReset(
                    "extension watcher could not be started: " + state + ": " + text,
                    "FAILED with Extension.LaunchError: " + text + " (extension watcher)",
                    "init (invoke) error Extension.LaunchError",
                    "answered with Extension.LaunchError",
                    "complete: error Extension.LaunchError",
                    "shutdown (failure)");
            stage.install(file, stage.extension(NAME));
            stage.assertRecovers();
            String launchError = "EXTENSION\tName: watcher\tState: LaunchError\tEvents: []\tError Type: " + state;
            stage.assertLog(
                    INIT_START,
                    launchError,
                    error("INIT_REPORT Init Duration\tPhase: init", "Extension.LaunchError"),
                    launchError,
                    error("INIT_REPORT Init Duration\tPhase: invoke", "Extension.LaunchError"),
                    START,
                    END,
                    error(WARM, "Extension.LaunchError"),
                    READY,
                    START,
                    END,
                    success(WARM));
        }

        @Test
        void that_cannot_be_executed_leaves_those_behind_it_unstarted() {
            LambdaSimulator lambda = stage.start(LambdaSimulator.builder()
                    .runtime(stage.runtime())
                    .extension("before", Command.of("sleep", "1000"))
                    .extension("broken", Command.of("/nowhere/to/be/found"))
                    .extension("behind", Command.of("sleep", "1000"))
                    .extension("last", (context) -> () -> {}));

            stage.awaitResets(1);

            assertThat(lambda.eventLog().events(Event.ParticipantStarted.class))
                    .extracting(started -> started.participant().name())
                    .containsExactly("before");
            assertThat(lambda.eventLog().events(Event.ExtensionReported.class))
                    .extracting(Event.ExtensionReported::name, Event.ExtensionReported::state)
                    .containsExactly(
                            tuple("before", ExtensionState.STARTED), tuple("broken", ExtensionState.LAUNCH_ERROR));
            assertThat(lambda.eventLog().events(Event.ParticipantExited.class))
                    .extracting(exited -> exited.participant().name())
                    .containsExactly("before");
        }

        /** F3. */
        @Test
        void that_reports_its_error_can_do_nothing_but_exit() {
            start(
                    stage.runtime("START", "mark started", "LATER", "mark started"),
                    stage.extension(
                            NAME,
                            "REGISTERED",
                            "await started; report init/error Extension.NoKey; report init/error Extension.Other;"
                                    + " report exit/error Extension.Other; poll; exit 2",
                            "LAUNCHES",
                            "2"));
            Invocation invocation = stage.submit("1");

            stage.assertAnswered(invocation, extensionError("Extension.InitError", "exit status 2"));
            stage.assertReported(invocation, InvocationStatus.ERROR, "Extension.InitError");
            stage.assertReset(
                    "extension watcher ended: exit status 2",
                    "FAILED with Extension.InitError: exit status 2 (extension watcher)",
                    "init (init) error Extension.InitError",
                    "shutdown (failure)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated");
            stage.assertReset(
                    "extension watcher ended: exit status 2",
                    "FAILED with Extension.InitError: exit status 2 (extension watcher)",
                    "init (invoke) error Extension.InitError",
                    "answered with Extension.InitError",
                    "complete: error Extension.InitError",
                    "shutdown (failure)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated");
            stage.awaitOutputs(EXTENSION, "event 403 ", 2);
            assertThat(stage.outputOf(EXTENSION))
                    .filteredOn(line -> !line.startsWith("register"))
                    .hasSize(8)
                    .startsWith("init/error 202 {\"status\":\"OK\"}", "init/error 202 {\"status\":\"OK\"}")
                    .satisfies(lines -> {
                        assertThat(lines.get(2)).startsWith("exit/error 403 ").contains("from InitError to Exited");
                        assertThat(lines.get(3)).startsWith("event 403 ").contains("from InitError to Ready");
                    });
            stage.assertRecovers();
            String initError =
                    "EXTENSION\tName: watcher\tState: InitError\tEvents: [INVOKE, SHUTDOWN]\tError Type: Extension.NoKey";
            stage.assertLog(
                    INIT_START,
                    initError,
                    error("INIT_REPORT Init Duration\tPhase: init", "Extension.InitError"),
                    initError,
                    error("INIT_REPORT Init Duration\tPhase: invoke", "Extension.InitError"),
                    START,
                    END,
                    error(WARM, "Extension.InitError"),
                    READY,
                    START,
                    END,
                    success(WARM));
        }

        /** F4. */
        @Test
        void that_reports_its_error_and_hangs_times_out_and_is_killed_at_the_deadline() {
            start(
                    stage.runtime(),
                    stage.extension(NAME, "REGISTERED", "report init/error Extension.NoKey; hang", "LAUNCHES", "2"));
            String waiting = "; init waits for extension watcher (InitError) to ask for an event";
            Invocation invocation = stage.submit("1");
            for (int init = 1; init <= 2; init++) {
                stage.awaitOutputs(EXTENSION, "init/error 202", init);
                stage.awaitRuntimeReady(init);
                stage.clock.advance(init == 1 ? INIT_TIMEOUT : TIMEOUT);
                stage.awaitExit(Participant.RUNTIME, init);
                stage.clock.advance(Duration.ofSeconds(2));
            }

            stage.assertAnswered(invocation, TIMED_OUT_PAYLOAD);
            stage.assertReported(invocation, InvocationStatus.TIMEOUT);
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 10.00 seconds" + waiting,
                    "init (init) timeout",
                    "shutdown (timeout)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated",
                    "SIGKILL to extension watcher: its time is over",
                    "extension watcher ended: signal: killed");
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 3.00 seconds" + waiting,
                    "init (invoke) timeout",
                    "answered with Sandbox.Timedout",
                    "complete: timeout",
                    "shutdown (timeout)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated",
                    "SIGKILL to extension watcher: its time is over",
                    "extension watcher ended: signal: killed");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    "EXTENSION\tName: watcher\tState: InitError\tEvents: [INVOKE, SHUTDOWN]\tError Type: Extension.NoKey",
                    timeout("INIT_REPORT Init Duration\tPhase: init"),
                    "EXTENSION\tName: watcher\tState: InitError\tEvents: [INVOKE, SHUTDOWN]\tError Type: Extension.NoKey",
                    timeout("INIT_REPORT Init Duration\tPhase: invoke"),
                    START,
                    END,
                    timeout(WARM),
                    READY,
                    START,
                    END,
                    success(WARM));
        }

        /** F5. */
        @Test
        void that_ends_between_its_registration_and_its_first_poll_takes_the_runtime_along() {
            start(stage.runtime("START", "mark started"), stage.extension(NAME, "REGISTERED", "await started; exit 0"));
            stage.assertReset(
                    "extension watcher ended: exit status 0",
                    "FAILED with Extension.Crash: exit code 0 (extension watcher)",
                    "init (init) error Extension.Crash",
                    "shutdown (failure)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    "EXTENSION\tName: watcher\tState: Registered\tEvents: [INVOKE, SHUTDOWN]",
                    error("INIT_REPORT Init Duration\tPhase: init", "Extension.Crash"),
                    READY,
                    START,
                    END,
                    success(WARM));
        }

        /** F6. */
        @Test
        void is_no_directory(@TempDir Path folder) throws IOException {
            Files.createDirectory(folder.resolve("a-directory"));
            stage.install(folder.resolve(NAME), stage.extension(NAME));
            LambdaSimulator lambda = stage.start(
                    LambdaSimulator.builder().runtime(stage.runtime()).extensionsDirectory(folder));

            assertThat(stage.submit("1").awaitAnswer(Wire.PATIENCE).payloadText())
                    .isEqualTo("1");
            assertThat(lambda.extensions())
                    .singleElement()
                    .satisfies(info -> assertThat(info.name()).isEqualTo(NAME));
        }

        @Test
        void that_never_registers_keeps_the_runtime_from_starting() {
            start(stage.runtime(), stage.extension(NAME, "START", "mark started; hang"));
            stage.awaitMark("started");

            stage.clock.advance(INIT_TIMEOUT);
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 10.00 seconds; init waits for the registration"
                            + " of extension watcher",
                    "init (init) timeout",
                    "shutdown (timeout)",
                    "SIGKILL to extension watcher: it did not register for SHUTDOWN",
                    "extension watcher ended: signal: killed");
            stage.assertNeverStarted(Participant.RUNTIME);
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    "EXTENSION\tName: watcher\tState: Started\tEvents: []",
                    timeout("INIT_REPORT Init Duration\tPhase: init"),
                    READY,
                    START,
                    END,
                    success(WARM));
        }

        @Test
        void that_registers_under_another_name_is_internal_and_init_waits_for_the_real_one() {
            LambdaSimulator lambda =
                    start(stage.runtime(), stage.extension(NAME, "NAME", "watcher.py", "EVENTS", "INVOKE"));
            stage.awaitState("watcher.py", ExtensionState.READY);
            assertThat(lambda.describeWaiting())
                    .isEqualTo("init waits for the registration of extension watcher (registered under another name,"
                            + " and so as internal: watcher.py)");

            stage.clock.advance(INIT_TIMEOUT);
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 10.00 seconds; init waits for the registration"
                            + " of extension watcher (registered under another name, and so as internal: watcher.py)",
                    "init (init) timeout",
                    "shutdown (timeout)",
                    "SIGKILL to extension watcher: it did not register for SHUTDOWN",
                    "extension watcher ended: signal: killed");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    "EXTENSION\tName: watcher\tState: Started\tEvents: []",
                    "EXTENSION\tName: watcher.py\tState: Ready\tEvents: [INVOKE]",
                    timeout("INIT_REPORT Init Duration\tPhase: init"),
                    "EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE]",
                    START,
                    END,
                    success(WARM));
        }

        @Test
        void that_never_polls_has_its_time_in_the_reset_as_others_have() {
            start(stage.runtime("START", "mark started"), stage.extension(NAME, "REGISTERED", "await started; hang"));
            stage.awaitRuntimeReady();

            stage.clock.advance(INIT_TIMEOUT);
            stage.passBudget();
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 10.00 seconds; init waits for extension watcher"
                            + " (Registered) to ask for an event",
                    "init (init) timeout",
                    "shutdown (timeout)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated",
                    "SIGKILL to extension watcher: its time is over",
                    "extension watcher ended: signal: killed");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    "EXTENSION\tName: watcher\tState: Registered\tEvents: [INVOKE, SHUTDOWN]",
                    timeout("INIT_REPORT Init Duration\tPhase: init"),
                    READY,
                    START,
                    END,
                    success(WARM));
        }

        @ParameterizedTest(name = "D4 {0}")
        @ValueSource(ints = {10, 11})
        void may_be_one_of_ten(int count) {
            LambdaSimulator.Builder builder = LambdaSimulator.builder().runtime(stage.runtime());
            for (int i = 1; i <= count; i++) {
                builder.extension("e" + i, i == 1 ? stage.extension("e1") : Command.of("sleep", "1000"));
            }
            LambdaSimulator lambda = stage.start(builder);
            if (count == 10) {
                stage.awaitState("e1", ExtensionState.READY);
                assertThat(lambda.describeWaiting())
                        .isEqualTo("init waits for the registration of extension e2, e3, e4, e5, e6, e7, e8, e9, e10");
                return;
            }
            stage.awaitResets(1);
            // Too many stay too many: there is no recovery from this.
            for (int invocations = 1; invocations <= 2; invocations++) {
                Invocation invocation = stage.submit("1");
                stage.assertAnswered(
                        invocation, extensionError("Extension.LaunchError", "Extension limit (10) reached"));
                stage.assertReported(invocation, InvocationStatus.ERROR, "Extension.LaunchError");
                stage.awaitResets(1 + invocations);
            }
            assertThat(lambda.eventLog().events(Event.ExtensionReported.class))
                    .filteredOn(reported -> reported.name().equals("e11"))
                    .hasSize(3)
                    .allSatisfy(reported -> {
                        assertThat(reported.state()).isEqualTo(ExtensionState.LAUNCH_ERROR);
                        assertThat(reported.errorType()).contains("TooManyExtensions");
                    });
            assertThat(lambda.eventLog().events(Event.ShutdownStarted.class))
                    .extracting(Event.ShutdownStarted::reason)
                    .containsOnly(ShutdownReason.FAILURE);
            stage.assertNeverStarted(Participant.RUNTIME);
            // Those before it have been started each time when it is refused.
            List<String> launches = lambda.eventLog().entries().stream()
                    .map(EventLog.Entry::event)
                    .mapMulti((Event event, Consumer<String> names) -> {
                        if (event instanceof Event.ParticipantStarted started) {
                            names.accept(started.participant().name());
                        } else if (event instanceof Event.LaunchFailed failed) {
                            names.accept("not " + failed.participant().name());
                        }
                    })
                    .toList();
            List<String> each = List.of("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "e10", "not e11");
            assertThat(launches)
                    .isEqualTo(Collections.nCopies(3, each).stream()
                            .flatMap(List::stream)
                            .toList());
        }
    }

    @Nested
    class A_runtime_in_an_invocation {

        @ParameterizedTest(name = "G1 {0}")
        @CsvSource({
            "exit 0, exit status 0, Runtime exited without providing a reason, Runtime.ExitError",
            "exit 5, exit status 5, Runtime exited with error: exit status 5, Runtime.ExitError",
            // What AWS's runtime interface client for Node.js ends with after an exception that nobody caught.
            "exit 129, exit status 129, Runtime exited with error: exit status 129, Runtime.ExitError",
            "signal SEGV, signal: segmentation fault, Runtime exited with error: signal: segmentation fault,"
                    + " Runtime.ExitError",
            "signal KILL, signal: killed, Runtime exited with error: signal: killed, Runtime.OutOfMemory"
        })
        void that_ends_fails_it_and_extensions_are_told_to_shut_down(
                String step, String exit, String text, String recordedType) {
            start(stage.runtime(), stage.extension(NAME));

            Invocation invocation = stage.submit("\"do " + step + "\"");

            stage.assertAnswered(invocation, runtimeError(text));
            stage.assertReported(invocation, InvocationStatus.ERROR, recordedType);
            stage.assertReset(
                    "runtime ended: " + exit,
                    "FAILED with " + recordedType + ": " + text,
                    "answered with Runtime.ExitError",
                    "runtime done: error " + recordedType,
                    "complete: error " + recordedType,
                    "shutdown (failure)",
                    "extension watcher received SHUTDOWN",
                    "extension watcher ended: exit status 0");
            stage.assertTold(NAME, "failure");
            stage.assertRecovers();
            stage.assertLog(INIT_START, READY, START, END, error(COLD, recordedType), READY, START, END, success(WARM));
        }

        /** G2; the runtime exits between its response and its poll. */
        @Test
        void that_ends_after_its_response_leaves_the_caller_the_response() {
            start(stage.runtime(), stage.extension(NAME));

            Invocation invocation = stage.submit("\"do respond; exit 1\"");

            assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("\"do respond; exit 1\"");
            assertThat(invocation.awaitAnswer(Wire.PATIENCE).functionError()).isEmpty();
            stage.assertReported(invocation, InvocationStatus.ERROR, "Runtime.ExitError");
            stage.assertReset(
                    "answered",
                    "runtime ended: exit status 1",
                    "FAILED with Runtime.ExitError: Runtime exited with error: exit status 1",
                    "runtime done: error Runtime.ExitError",
                    "complete: error Runtime.ExitError",
                    "shutdown (failure)",
                    "extension watcher received SHUTDOWN",
                    "extension watcher ended: exit status 0");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START, READY, START, END, error(COLD, "Runtime.ExitError"), READY, START, END, success(WARM));
        }

        /** The exit, seen from here, and the end of its connection come in any order. */
        @ParameterizedTest
        @ValueSource(strings = {"begin-response so-far", "begin-response so-far streaming"})
        void that_ends_amid_its_response_has_truncated_it(String begin) {
            startAlone();

            Invocation invocation = stage.submit("\"do " + begin + "; exit 3\"");

            stage.assertAnswered(invocation, TRUNCATED_PAYLOAD);
            stage.assertReported(invocation, InvocationStatus.ERROR, "Runtime.ExitError");
            stage.awaitResets(1);
            stage.assertRecovers();
        }

        @ParameterizedTest
        @ValueSource(strings = {"begin-response so-far", "begin-response so-far streaming"})
        void that_ends_amid_its_response_and_leaves_the_connection_to_a_child_has_truncated_it(String begin) {
            startAlone();

            Invocation invocation = stage.submit("\"do " + begin + "; await begun; fork; exit 3\"");
            stage.awaitRuntimeState(RuntimeState.INVOCATION_RESPONSE);
            stage.mark("begun");

            stage.assertAnswered(invocation, TRUNCATED_PAYLOAD);
            stage.assertReported(invocation, InvocationStatus.ERROR, "Runtime.ExitError");
            stage.assertReset(
                    "runtime ended: exit status 3",
                    "answered with Runtime.TruncatedResponse",
                    "FAILED with Runtime.ExitError: Runtime exited with error: exit status 3",
                    "runtime done: error Runtime.ExitError",
                    "complete: error Runtime.ExitError",
                    "shutdown (failure)");
            stage.assertRecovers();
        }

        @Test
        void that_ends_amid_a_streamed_response_has_produced_the_bytes_so_far() throws IOException {
            LambdaSimulator lambda = startAlone();

            Invocation invocation = stage.submitStreaming("\"do begin-response so-far streaming; await read; exit 3\"");
            assertThat(invocation.responseStream().readNBytes(6)).asString().isEqualTo("so-far");
            stage.mark("read");

            stage.assertAnswered(invocation, TRUNCATED_PAYLOAD);
            assertThat(invocation.responseStream().read()).isEqualTo(-1);
            stage.assertReported(invocation, InvocationStatus.ERROR, "Runtime.ExitError");
            assertCutShort(lambda);
        }

        /** K1. */
        @Test
        void that_is_amid_a_streamed_response_when_its_time_is_over_has_produced_the_bytes_so_far() throws IOException {
            LambdaSimulator lambda = startAlone();
            Invocation invocation = stage.submitStreaming("\"do begin-response so-far streaming; hang\"");
            assertThat(invocation.responseStream().readNBytes(6)).asString().isEqualTo("so-far");

            stage.clock.advance(TIMEOUT);

            stage.assertAnswered(invocation, TIMED_OUT_PAYLOAD);
            assertThat(invocation.responseStream().read()).isEqualTo(-1);
            stage.assertReported(invocation, InvocationStatus.TIMEOUT);
            assertCutShort(lambda);
        }

        private static void assertCutShort(LambdaSimulator lambda) {
            Event.RuntimeDone done =
                    lambda.eventLog().events(Event.RuntimeDone.class).get(0);
            assertThat(done.producedBytes()).isEqualTo(6);
            assertThat(done.spans()).extracting(Span::name).containsExactly("responseLatency");
        }

        /** G5. */
        @Test
        void that_hangs_alone_is_killed_without_a_SIGTERM() {
            startAlone();
            Invocation invocation = stage.submit("\"do mark busy; hang\"");
            stage.awaitMark("busy");

            stage.clock.advance(TIMEOUT);

            stage.assertAnswered(invocation, TIMED_OUT_PAYLOAD);
            stage.assertReported(invocation, InvocationStatus.TIMEOUT);
            assertThat(invocation.awaitCompletion(Wire.PATIENCE).duration()).isEqualTo(TIMEOUT);
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 3.00 seconds; invocation <id> waits for the"
                            + " runtime (Running) to answer",
                    "answered with Sandbox.Timedout",
                    "runtime done: timeout",
                    "complete: timeout",
                    "shutdown (timeout)",
                    "SIGKILL to runtime: there is no extension",
                    "runtime ended: signal: killed");
            stage.assertRecovers();
            stage.assertLog(INIT_START, START, END, timeout(COLD), START, END, success(WARM));
        }

        /** G6. */
        @Test
        void that_hangs_and_ignores_SIGTERM_is_killed_after_its_share_and_the_extension_told_then() {
            start(stage.runtime(), stage.extension(NAME));
            Invocation invocation = stage.submit("\"do ignore TERM; mark busy; hang\"");
            stage.awaitMark("busy");
            stage.awaitState(NAME, ExtensionState.READY, 2);
            Instant begin = stage.clock.instant();

            stage.clock.advance(TIMEOUT);
            stage.clock.advance(Duration.ofMillis(300));

            stage.assertAnswered(invocation, TIMED_OUT_PAYLOAD);
            stage.assertReported(invocation, InvocationStatus.TIMEOUT);
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 3.00 seconds; invocation <id> waits for the"
                            + " runtime (Running) to answer",
                    "answered with Sandbox.Timedout",
                    "runtime done: timeout",
                    "complete: timeout",
                    "shutdown (timeout)",
                    "SIGTERM to runtime: shutdown",
                    "SIGKILL to runtime: its time is over",
                    "runtime ended: signal: killed",
                    "extension watcher received SHUTDOWN",
                    "extension watcher ended: exit status 0");
            assertThat(stage.timeOf("SIGTERM to runtime: shutdown")).isEqualTo(begin.plus(TIMEOUT));
            assertThat(stage.timeOf("SIGKILL to runtime: its time is over"))
                    .isEqualTo(begin.plus(TIMEOUT).plusMillis(300));
            stage.assertTold(NAME, "timeout");
            stage.assertRecovers();
            stage.assertLog(INIT_START, READY, START, END, timeout(COLD), READY, START, END, success(WARM));
        }

        /** G7. */
        @Test
        void that_hangs_beside_an_extension_that_does_are_both_killed() {
            start(stage.runtime(), stage.extension(NAME, "SHUTDOWN", "ignore TERM; hang"));
            Invocation invocation = stage.submit("\"do ignore TERM; mark busy; hang\"");
            stage.awaitMark("busy");
            stage.awaitState(NAME, ExtensionState.READY, 2);
            Instant begin = stage.clock.instant();

            stage.clock.advance(TIMEOUT);
            stage.clock.advance(Duration.ofSeconds(2));

            stage.assertAnswered(invocation, TIMED_OUT_PAYLOAD);
            stage.assertReset(
                    "FAILED with Sandbox.Timedout: Task timed out after 3.00 seconds; invocation <id> waits for the"
                            + " runtime (Running) to answer",
                    "answered with Sandbox.Timedout",
                    "runtime done: timeout",
                    "complete: timeout",
                    "shutdown (timeout)",
                    "SIGTERM to runtime: shutdown",
                    "SIGKILL to runtime: its time is over",
                    "runtime ended: signal: killed",
                    "extension watcher received SHUTDOWN",
                    "SIGKILL to extension watcher: its time is over",
                    "extension watcher ended: signal: killed");
            assertThat(stage.timeOf("SIGKILL to extension watcher: its time is over"))
                    .isEqualTo(begin.plus(TIMEOUT).plusSeconds(2));
            stage.assertRecovers();
            stage.assertLog(INIT_START, READY, START, END, timeout(COLD), READY, START, END, success(WARM));
        }
    }

    @Nested
    class An_extension_in_an_invocation {

        @ParameterizedTest(name = "G3 {0}")
        @CsvSource({
            "exit 1, exit status 1, Extension.Crash",
            "report exit/error Extension.Tired; exit 4, exit status 4, Extension.ExitError",
            "signal KILL, signal: killed, Extension.Crash"
        })
        void that_ends_before_the_runtime_has_answered_fails_it(String steps, String exit, String type) {
            start(stage.runtime(), stage.extension(NAME, "INVOKE", "await busy; " + steps));

            Invocation invocation = stage.submit("\"do mark busy; hang\"");

            stage.assertAnswered(invocation, extensionError(type, exit));
            stage.assertReported(invocation, InvocationStatus.ERROR, type);
            stage.assertReset(
                    "extension watcher ended: " + exit,
                    "FAILED with " + type + ": " + exit + " (extension watcher)",
                    "answered with " + type,
                    "runtime done: error " + type,
                    "complete: error " + type,
                    "shutdown (failure)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated");
            stage.assertRecovers();
            stage.assertLog(INIT_START, READY, START, END, error(COLD, type), READY, START, END, success(WARM));
        }

        /** G4. */
        @Test
        void that_ends_after_the_runtime_has_answered_leaves_the_caller_the_response() {
            start(stage.runtime(), stage.extension(NAME, "INVOKE", "await answered; exit 1"));

            Invocation invocation = stage.submit("\"do respond; hang\"");

            assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("\"do respond; hang\"");
            assertThat(invocation.awaitAnswer(Wire.PATIENCE).functionError()).isEmpty();
            stage.assertReported(invocation, InvocationStatus.ERROR, "Extension.Crash");
            stage.assertReset(
                    "answered",
                    "extension watcher ended: exit status 1",
                    "FAILED with Extension.Crash: exit status 1 (extension watcher)",
                    "runtime done: error Extension.Crash",
                    "complete: error Extension.Crash",
                    "shutdown (failure)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START, READY, START, END, error(COLD, "Extension.Crash"), READY, START, END, success(WARM));
        }

        @Test
        void that_never_polls_again_times_out_and_leaves_the_caller_the_response() {
            start(stage.runtime(), stage.extension(NAME, "INVOKE", "hang"));
            Invocation invocation = stage.submit("1");
            assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("1");
            stage.awaitRuntimeDone();

            stage.clock.advance(TIMEOUT);
            stage.passBudget();

            assertThat(invocation.awaitAnswer(Wire.PATIENCE).functionError()).isEmpty();
            stage.assertReported(invocation, InvocationStatus.TIMEOUT);
            stage.assertReset(
                    "answered",
                    "runtime done: success",
                    "FAILED with Sandbox.Timedout: Task timed out after 3.00 seconds; invocation <id> waits for"
                            + " extension watcher to ask for the next event",
                    "complete: timeout",
                    "shutdown (timeout)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated",
                    "SIGKILL to extension watcher: its time is over",
                    "extension watcher ended: signal: killed");
            stage.assertRecovers();
            stage.assertLog(INIT_START, READY, START, END, timeout(COLD), READY, START, END, success(WARM));
        }

        @Test
        void that_answers_late_is_waited_for_and_that_is_its_overhead() {
            LambdaSimulator lambda = start(stage.runtime(), stage.extension(NAME, "INVOKE", "await late"));
            Invocation invocation = stage.submit("1");
            assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("1");
            stage.awaitRuntimeDone();
            stage.clock.advance(Duration.ofMillis(750));
            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.INVOKE);

            stage.mark("late");

            stage.assertReported(invocation, InvocationStatus.SUCCESS);
            assertThat(invocation.readiness())
                    .singleElement()
                    .extracting(ExtensionReadiness::overhead)
                    .isEqualTo(Optional.of(Duration.ofMillis(750)));
            assertThat(invocation.awaitCompletion(Wire.PATIENCE).duration()).isEqualTo(Duration.ofMillis(750));
            stage.assertRecovered();
        }

        @Test
        void that_polls_twice_at_once_is_refused_the_second_time() {
            startUnfrozen(stage.runtime(), stage.extension(NAME, "REGISTERED", "poll-elsewhere; await parked"));
            stage.awaitState(NAME, ExtensionState.READY);

            stage.mark("parked");

            stage.awaitOutput(
                    EXTENSION,
                    "event 403 {\"errorMessage\":\"State transition from Ready to Ready failed for extension ");
            Invocation invocation = stage.submit("1");
            stage.awaitOutput(EXTENSION, "elsewhere 200 {\"eventType\":\"INVOKE\"");
            stage.awaitRuntimeDone();
            stage.clock.advance(TIMEOUT);
            stage.passBudget();
            stage.assertReported(invocation, InvocationStatus.TIMEOUT);
            stage.awaitResets(1);
            stage.assertRecovers();
            stage.assertLog(INIT_START, READY, START, END, timeout(COLD), READY, START, END, success(WARM));
        }

        /** G9. */
        @Test
        void that_reports_its_exit_beside_a_parked_poll_and_lives_on_lets_the_invocation_time_out() {
            startUnfrozen(
                    stage.runtime(),
                    stage.extension(
                            NAME,
                            "REGISTERED",
                            "poll-elsewhere; await parked; report exit/error Extension.Odd;" + " hang"));
            stage.awaitState(NAME, ExtensionState.READY);
            stage.awaitRuntimeReady();
            stage.mark("parked");
            stage.awaitOutput(EXTENSION, "elsewhere 403 ");
            assertThat(stage.outputOf(EXTENSION))
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("elsewhere 403 ")
                            .contains("State transition from ExitError to Ready failed")
                            .contains("Concurrent state modification"));

            Invocation invocation = stage.submit("1");
            assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("1");
            stage.awaitRuntimeDone();
            stage.clock.advance(TIMEOUT);
            stage.passBudget();

            stage.assertReported(invocation, InvocationStatus.TIMEOUT);
            stage.assertReset(
                    "answered",
                    "runtime done: success",
                    "FAILED with Sandbox.Timedout: Task timed out after 3.00 seconds; invocation <id> waits for"
                            + " extension watcher to ask for its INVOKE",
                    "complete: timeout",
                    "shutdown (timeout)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated",
                    "SIGKILL to extension watcher: its time is over",
                    "extension watcher ended: signal: killed");
            stage.assertRecovers();
            stage.assertLog(INIT_START, READY, START, END, timeout(COLD), READY, START, END, success(WARM));
        }

        @ParameterizedTest(name = "D2 {0}")
        @CsvSource({"SHUTDOWN", "''"})
        void that_did_not_subscribe_to_it_is_not_waited_for(String events) {
            LambdaSimulator lambda = startInRealTime(stage.runtime(), stage.extension(NAME, "EVENTS", events));
            Invocation invocation = stage.submit("1");
            stage.assertReported(invocation, InvocationStatus.SUCCESS);
            assertThat(invocation.readiness()).isEmpty();
            assertThat(stage.outputOf(EXTENSION)).noneMatch(line -> line.contains("INVOKE"));

            lambda.close();

            assertThat(stage.outputOf(EXTENSION).stream().filter(line -> line.startsWith("event")))
                    .hasSize(events.isEmpty() ? 0 : 1)
                    .allMatch(line -> line.endsWith("\"shutdownReason\":\"spindown\"}"));
            assertThat(lambda.process(EXTENSION).exit().orElseThrow().describe())
                    .isEqualTo(events.isEmpty() ? "signal: killed" : "exit status 0");
        }
    }

    @Nested
    class While_idle {

        private static final String RUNTIME_ENDED = "Runtime exited with error: exit status 7";

        /** G8. */
        @Test
        void a_runtime_that_ends_fails_the_next_invocation_at_once() throws Exception {
            LambdaSimulator lambda = startUnfrozen(stage.runtime(), stage.extension(NAME));
            stage.assertReported(stage.submit("1"), InvocationStatus.SUCCESS);
            stage.signal("USR1", Participant.RUNTIME);
            lambda.eventLog().await(Event.EnvironmentFailed.class, failed -> true, Wire.PATIENCE);
            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.READY);

            Invocation invocation = stage.submit("1");

            stage.assertAnswered(invocation, runtimeError(RUNTIME_ENDED));
            stage.assertReported(invocation, InvocationStatus.ERROR, "Runtime.ExitError");
            stage.assertReset(
                    "answered",
                    "runtime done: success",
                    "complete: success",
                    "runtime ended: exit status 7",
                    "FAILED with Runtime.ExitError: " + RUNTIME_ENDED,
                    "answered with Runtime.ExitError",
                    "complete: error Runtime.ExitError",
                    "shutdown (failure)",
                    "extension watcher received SHUTDOWN",
                    "extension watcher ended: exit status 0");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    READY,
                    START,
                    END,
                    success(COLD),
                    START,
                    END,
                    error(WARM, "Runtime.ExitError"),
                    READY,
                    START,
                    END,
                    success(WARM));
        }

        /** G8. */
        @Test
        void an_extension_that_ends_fails_the_next_invocation_at_once() throws Exception {
            LambdaSimulator lambda = startUnfrozen(stage.runtime(), stage.extension(NAME));
            lambda.awaitInit(Wire.PATIENCE);
            stage.signal("USR1", EXTENSION);
            lambda.eventLog().await(Event.EnvironmentFailed.class, failed -> true, Wire.PATIENCE);

            Invocation invocation = stage.submit("1");

            stage.assertAnswered(invocation, extensionError("Extension.Crash", "exit status 7"));
            stage.assertReported(invocation, InvocationStatus.ERROR, "Extension.Crash");
            stage.assertReset(
                    "extension watcher ended: exit status 7",
                    "FAILED with Extension.Crash: exit status 7 (extension watcher)",
                    "answered with Extension.Crash",
                    "complete: error Extension.Crash",
                    "shutdown (failure)",
                    "SIGTERM to runtime: shutdown",
                    "runtime ended: signal: terminated");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START, READY, START, END, error(COLD, "Extension.Crash"), READY, START, END, success(WARM));
        }

        @Test
        void a_frozen_runtime_that_is_killed_fails_the_next_invocation_at_once() throws Exception {
            LambdaSimulator lambda = start(stage.runtime(), stage.extension(NAME));
            lambda.awaitFrozen(Wire.PATIENCE);
            stage.signal("KILL", Participant.RUNTIME);
            lambda.eventLog().await(Event.EnvironmentFailed.class, failed -> true, Wire.PATIENCE);

            Invocation invocation = stage.submit("1");

            stage.assertAnswered(invocation, runtimeError("Runtime exited with error: signal: killed"));
            stage.assertReset(
                    "runtime ended: signal: killed",
                    "FAILED with Runtime.OutOfMemory: Runtime exited with error: signal: killed",
                    "answered with Runtime.ExitError",
                    "complete: error Runtime.OutOfMemory",
                    "shutdown (failure)",
                    "extension watcher received SHUTDOWN",
                    "extension watcher ended: exit status 0");
            stage.assertRecovers();
            stage.assertLog(
                    INIT_START,
                    READY,
                    START,
                    END,
                    error(COLD, "Runtime.OutOfMemory"),
                    READY,
                    START,
                    END,
                    success(WARM));
        }
    }

    @Nested
    class Shutdown {

        private ShutdownReport.End end(ShutdownReport report, Participant participant) {
            return report.of(participant).orElseThrow();
        }

        private void assertKilled(ShutdownReport.End end, Duration after, Instant begin) {
            assertThat(end.exit()).contains(new ProcessExit.Signal(9));
            assertThat(end.killedAt()).contains(begin.plus(after));
            assertThat(end.endedAt()).contains(begin.plus(after));
        }

        @Test
        void without_extensions_kills_the_runtime_at_once() {
            LambdaSimulator lambda = startAlone("START", "ignore TERM").awaitInit(Wire.PATIENCE);
            Instant begin = stage.clock.instant();

            ShutdownReport report = lambda.shutdown(ShutdownReason.SPINDOWN);

            assertThat(report.participants()).hasSize(1);
            assertKilled(end(report, Participant.RUNTIME), Duration.ZERO, begin);
            assertThat(end(report, Participant.RUNTIME).receivedShutdown()).isFalse();
            assertThat(lambda.eventLog().events(Event.SignalSent.class))
                    .extracting(Event.SignalSent::signal)
                    .containsExactly("SIGKILL");
        }

        @ParameterizedTest(name = "{0}")
        @CsvSource({"'register inner; poll inner', false", "'ignore TERM; register inner; poll inner', true"})
        void beside_internal_extensions_alone_gives_the_runtime_half_a_second(String steps, boolean ignores) {
            LambdaSimulator lambda = startAlone("START", steps).awaitInit(Wire.PATIENCE);
            Instant begin = stage.clock.instant();

            ShutdownReport report = lambda.shutdown(ShutdownReason.SPINDOWN);

            ShutdownReport.End runtime = end(report, Participant.RUNTIME);
            if (ignores) {
                assertKilled(runtime, Duration.ofMillis(500), begin);
                assertThat(lambda.eventLog().events(Event.SignalSent.class))
                        .extracting(Event.SignalSent::signal)
                        .containsExactly("SIGTERM", "SIGKILL");
            } else {
                assertThat(runtime.exit()).contains(new ProcessExit.Signal(15));
            }
            // It has no process of its own and is never told.
            assertThat(end(report, Participant.extension("inner")))
                    .isEqualTo(new ShutdownReport.End(
                            Participant.extension("inner"),
                            false,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty()));
        }

        @Test
        void beside_an_external_extension_lets_both_end_by_themselves() {
            LambdaSimulator lambda = startInRealTime(stage.runtime(), stage.extension(NAME, "SHUTDOWN", "exit 4"));
            lambda.awaitFrozen(Wire.PATIENCE);

            ShutdownReport report = lambda.shutdown(ShutdownReason.FAILURE);

            assertThat(report.reason()).isEqualTo(ShutdownReason.FAILURE);
            assertThat(end(report, Participant.RUNTIME).exit()).contains(new ProcessExit.Signal(15));
            assertThat(end(report, Participant.RUNTIME).killedAt()).isEmpty();
            assertThat(end(report, EXTENSION).receivedShutdown()).isTrue();
            assertThat(end(report, EXTENSION).exit()).contains(new ProcessExit.Code(4));
            assertThat(end(report, EXTENSION).killedAt()).isEmpty();
            stage.assertTold(NAME, "failure");
        }

        @ParameterizedTest(name = "runtime share {1} ms")
        @CsvSource({"ignore TERM, 300", "'ignore TERM; register inner; poll inner', 500"})
        void kills_whoever_ignores_it_at_the_end_of_his_time(String steps, int share) {
            LambdaSimulator lambda = start(
                            stage.runtime("START", steps), stage.extension(NAME, "SHUTDOWN", "ignore TERM; hang"))
                    .awaitInit(Wire.PATIENCE);
            Instant begin = stage.clock.instant();

            ShutdownReport report = lambda.shutdown(ShutdownReason.SPINDOWN);

            assertKilled(end(report, Participant.RUNTIME), Duration.ofMillis(share), begin);
            assertKilled(end(report, EXTENSION), Duration.ofSeconds(2), begin);
            assertThat(end(report, EXTENSION).receivedShutdown()).isTrue();
            assertThat(lambda.eventLog().events(Event.ShutdownStarted.class))
                    .containsExactly(new Event.ShutdownStarted(ShutdownReason.SPINDOWN, begin.plusSeconds(2)));
            stage.awaitOutput(
                    EXTENSION, "\"deadlineMs\":" + begin.plusSeconds(2).toEpochMilli());
        }
    }

    @Nested
    class Closing {

        @Test
        void during_a_reset_ends_what_is_under_way() {
            LambdaSimulator lambda =
                    start(stage.runtime(), stage.extension(NAME, "SHUTDOWN", "ignore TERM; mark told; hang"));
            Invocation invocation = stage.submit("\"do exit 1\"");
            stage.assertReported(invocation, InvocationStatus.ERROR, "Runtime.ExitError");
            stage.awaitMark("told");
            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.RESET);
            Invocation queued = stage.submit("1");

            lambda.close();

            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.CLOSED);
            assertThat(lambda.process(EXTENSION).exit()).contains(new ProcessExit.Signal(9));
            assertThatThrownBy(() -> queued.awaitAnswer(Wire.PATIENCE))
                    .hasMessage("the execution environment was shut down (spindown) before it was this invocation's"
                            + " turn");
            stage.assertTold(NAME, "failure");
        }

        @Test
        void during_an_init_within_an_invocation_answers_its_caller() {
            LambdaSimulator lambda = startInRealTime(
                    stage.runtime("START", "exit 1", "LATER", "mark again; hang"), stage.extension(NAME));
            stage.awaitResets(1);
            Invocation invocation = stage.submit("1");
            stage.awaitMark("again");

            lambda.close();

            stage.assertAnswered(
                    invocation,
                    "{\"errorType\":\"Sandbox.Failure\",\"errorMessage\":\"RequestId: <id> Error: the execution"
                            + " environment was shut down (spindown)\"}");
            stage.assertReported(invocation, InvocationStatus.FAILURE, "Sandbox.Failure");
            assertThat(lambda.process(Participant.RUNTIME).exit()).contains(new ProcessExit.Signal(15));
            stage.assertTold(NAME, "failure", "spindown");
        }

        @Test
        void while_frozen_thaws_first() {
            LambdaSimulator lambda = startInRealTime(stage.runtime(), stage.extension(NAME));
            lambda.awaitFrozen(Wire.PATIENCE);

            lambda.close();

            assertThat(lambda.process(Participant.RUNTIME).exit()).contains(new ProcessExit.Signal(15));
            assertThat(lambda.process(EXTENSION).exit()).contains(new ProcessExit.Code(0));
            stage.assertTold(NAME, "spindown");
        }
    }

    @Nested
    class Under_a_virtual_clock {

        @Test
        void a_process_that_is_terminated_ends_by_itself_however_far_time_goes() {
            try (LambdaSimulator lambda = stage.start(LambdaSimulator.builder()
                            .runtime(Command.of("sleep", "1000"))
                            .extension(NAME, Command.of("sleep", "1000")));
                    BareExtension extension = BareExtension.register(lambda, NAME, "INVOKE", "SHUTDOWN");
                    BareRuntime runtime = new BareRuntime(lambda)) {
                runtime.poll();
                extension.poll();
                Invocation invocation = stage.submit("1");
                runtime.reply();

                stage.clock.advance(Duration.ofHours(1));

                stage.assertReported(invocation, InvocationStatus.TIMEOUT);
                assertThat(lambda.process(Participant.RUNTIME).exit()).contains(new ProcessExit.Signal(15));
                assertThat(lambda.eventLog().events(Event.SignalSent.class))
                        .containsExactly(
                                new Event.SignalSent(Participant.RUNTIME, "SIGTERM", "shutdown"),
                                new Event.SignalSent(EXTENSION, "SIGKILL", "its time is over"));
            }
        }

        @Test
        void an_extension_has_a_moment_of_real_time_for_its_SHUTDOWN() {
            try (LambdaSimulator lambda =
                            stage.start(LambdaSimulator.builder().extension(NAME, Command.of("sleep", "1000")));
                    BareExtension extension = BareExtension.register(lambda, NAME, "SHUTDOWN");
                    BareRuntime runtime = new BareRuntime(lambda)) {
                runtime.poll();
                extension.poll();
                Invocation invocation = stage.submit("1");
                runtime.reply();
                long begin = System.nanoTime();

                stage.clock.advance(TIMEOUT);

                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
                stage.assertReported(invocation, InvocationStatus.TIMEOUT);
                assertThat(extension.reply().text()).contains("\"shutdownReason\":\"timeout\"");
                assertThat(lambda.process(EXTENSION).isRunning()).isTrue();
            }
        }
    }
}

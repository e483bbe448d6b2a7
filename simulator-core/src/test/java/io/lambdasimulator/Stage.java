package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.internal.telemetry.SystemLogLines;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * An environment with puppets on it: real processes that misbehave as they are told in their first launches, and behave from
 * then on ({@code puppets/*.py}). Time is simulated, so no deadline passes because a machine is busy.
 */
final class Stage implements BeforeEachCallback, AfterEachCallback {

    private static final Duration PATIENCE = Wire.PATIENCE;

    private static final String SHUTDOWN = "\"eventType\":\"SHUTDOWN\"";

    static final String INIT_START = "INIT_START";
    static final String START = "START";
    static final String END = "END";

    /** The interpreter itself, because a version manager puts a script before it that takes longer than all the rest. */
    private static final String PYTHON = interpreter();

    final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));

    private Path state = Path.of("");
    private LambdaSimulator lambda;
    private int resetsSeen;

    private static String interpreter() {
        try (var output = new ProcessBuilder("python3", "-c", "import sys; print(sys.executable)")
                .start()
                .inputReader()) {
            return output.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        state = Files.createTempDirectory("puppets");
    }

    // ---- who is on it

    /** A runtime, with environment variables that tell it what to do. */
    Command runtime(String... variables) {
        return puppet(List.of(script("runtime.py")), variables);
    }

    /** An extension, likewise. */
    Command extension(String name, String... variables) {
        return puppet(List.of(script("extension.py"), name), variables);
    }

    private Command puppet(List<String> scriptAndArguments, String... variables) {
        List<String> arguments = new ArrayList<>(List.of(PYTHON, "-S", "-E", "-B"));
        arguments.addAll(scriptAndArguments);
        Command command = Command.of(arguments).environment("STATE", state.toString());
        for (int i = 0; i < variables.length; i += 2) {
            command = command.environment(variables[i], variables[i + 1]);
        }
        return command;
    }

    /** Makes a file of a puppet, as it would lie in {@code /opt/extensions}. */
    void install(Path file, Command puppet) throws IOException {
        Files.writeString(file, "#!/bin/sh\nSTATE=%s exec %s\n".formatted(state, puppet));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static String script(String name) {
        try {
            return Path.of(Objects.requireNonNull(Stage.class.getResource("/puppets/" + name))
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    LambdaSimulator start(LambdaSimulator.Builder builder) {
        lambda = builder.time(clock).start();
        return lambda;
    }

    /** An environment in real time, for whoever is to end by himself while it is closed. */
    LambdaSimulator startInRealTime(LambdaSimulator.Builder builder) {
        lambda = builder.initTimeout(PATIENCE)
                .function(FunctionConfiguration.builder().timeout(PATIENCE).build())
                .start();
        return lambda;
    }

    // ---- what it does

    Invocation submit(String payload) {
        return lambda.submit(InvocationRequest.of(payload));
    }

    Invocation submitStreaming(String payload) {
        return lambda.submitStreaming(InvocationRequest.of(payload));
    }

    /** Waits until a puppet has printed a line with a text. */
    void awaitOutput(Participant participant, String text) {
        awaitOutputs(participant, text, 1);
    }

    /** Waits until a puppet has printed so many lines with a text, in all its launches. */
    void awaitOutputs(Participant participant, String text, int count) {
        awaitEvents(
                Event.ProcessOutput.class,
                output -> output.participant().equals(participant)
                        && output.line().contains(text),
                count);
    }

    /** Waits until the runtime of the first init has polled. */
    void awaitRuntimeReady() {
        awaitRuntimeReady(1);
    }

    /** Waits until the runtime has polled so often. */
    void awaitRuntimeReady(int count) {
        awaitEvents(Event.RuntimeStateChanged.class, change -> change.to() == RuntimeState.READY, count);
    }

    /** Waits until the runtime has been in a state. */
    void awaitRuntimeState(RuntimeState state) {
        awaitEvents(Event.RuntimeStateChanged.class, change -> change.to() == state, 1);
    }

    /** Waits until the runtime has asked for the next invocation. */
    void awaitRuntimeDone() {
        awaitEvents(Event.RuntimeDone.class, done -> true, 1);
    }

    /** Waits until an extension is in a state. */
    void awaitState(String extension, ExtensionState state) {
        awaitState(extension, state, 1);
    }

    /** Waits until an extension has come into a state so often. */
    void awaitState(String extension, ExtensionState state, int count) {
        awaitEvents(
                Event.ExtensionStateChanged.class,
                change -> change.name().equals(extension) && change.to() == state,
                count);
    }

    /** Waits until the environment has been reset so often. */
    void awaitResets(int count) {
        awaitEvents(Event.PhaseChanged.class, change -> change.to() == EnvironmentPhase.FAILED, count);
    }

    private <E extends Event> void awaitEvents(Class<E> type, Predicate<? super E> condition, int count) {
        AtomicInteger seen = new AtomicInteger();
        lambda.eventLog().await(type, event -> condition.test(event) && seen.incrementAndGet() == count, PATIENCE);
    }

    /** Lets a puppet go on that awaits this. */
    void mark(String name) {
        try {
            Files.createFile(state.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until a puppet has come to this point. */
    void awaitMark(String name) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(state.resolve(name))) {
            assertThat(System.nanoTime()).as("%s by a puppet", name).isLessThan(end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Signals a puppet's process from outside. */
    void signal(String signal, Participant participant) throws Exception {
        String pid = lambda.process(participant).pid().orElseThrow().toString();
        assertThat(new ProcessBuilder("kill", "-s", signal, pid).start().waitFor())
                .isZero();
    }

    /** Waits until a participant has ended by itself, so often. */
    void awaitExit(Participant participant, int count) {
        awaitEvents(
                Event.ParticipantExited.class, exited -> exited.participant().equals(participant), count);
    }

    /** Lets the time of a reset pass, for an extension that ignores it; the runtime has ended for the first time before. */
    void passBudget() {
        awaitExit(Participant.RUNTIME, 1);
        clock.advance(Duration.ofSeconds(2));
    }

    // ---- what is to be seen

    void assertAnswered(Invocation invocation, String payload) {
        assertThat(invocation.awaitAnswer(PATIENCE).payloadText())
                .isEqualTo(payload.replace("<id>", invocation.requestId()));
        assertThat(invocation.awaitAnswer(PATIENCE).functionError()).contains("Unhandled");
    }

    void assertReported(Invocation invocation, InvocationStatus status, String... errorType) {
        InvocationReport report = invocation.awaitCompletion(PATIENCE);
        assertThat(report.status()).isEqualTo(status);
        assertThat(report.errorType().stream()).containsExactly(errorType);
    }

    /** Waits for the end of the next reset, and lays open what happened since the one before. */
    void assertReset(String... story) {
        awaitResets(resetsSeen + 1);
        List<String> seen = new ArrayList<>();
        int resets = 0;
        for (EventLog.Entry entry : lambda.eventLog().entries()) {
            if (entry.event() instanceof Event.PhaseChanged change && change.to() == EnvironmentPhase.FAILED) {
                resets++;
            } else if (resets == resetsSeen) {
                tell(entry.event()).ifPresent(seen::add);
            }
        }
        resetsSeen++;
        assertThat(seen).as("what happened until reset %d", resetsSeen).containsExactly(story);
    }

    /** What belongs to a failure and its reset; the rest is left out. */
    private static Optional<String> tell(Event event) {
        if (event instanceof Event.InitReported init && init.status() != InvocationStatus.SUCCESS) {
            return Optional.of("init (" + init.phase().wireName() + ") " + outcome(init.status(), init.errorType()));
        }
        if (event instanceof Event.InvocationAnswered answered) {
            return Optional.of("answered"
                    + answered.errorType().map(type -> " with " + type).orElse(""));
        }
        if (event instanceof Event.RuntimeDone done) {
            return Optional.of("runtime done: " + outcome(done.status(), done.errorType()));
        }
        if (event instanceof Event.InvocationCompleted completed) {
            InvocationReport report = completed.report();
            return Optional.of("complete: " + outcome(report.status(), report.errorType()));
        }
        if (event instanceof Event.EventDelivered delivered) {
            return delivered.requestId().isPresent() ? Optional.empty() : Optional.of(event.describe());
        }
        if (event instanceof Event.EnvironmentFailed failed) {
            return Optional.of(failed.describe().replaceAll("invocation [0-9a-f-]{36}", "invocation <id>"));
        }
        return event instanceof Event.LaunchFailed
                        || event instanceof Event.ShutdownStarted
                        || event instanceof Event.SignalSent
                        || event instanceof Event.ParticipantExited
                ? Optional.of(event.describe())
                : Optional.empty();
    }

    private static String outcome(InvocationStatus status, Optional<String> errorType) {
        return status.wireName() + errorType.map(type -> " " + type).orElse("");
    }

    /** Nothing is left of the failure: the next invocation begins with an init and succeeds. */
    void assertRecovers() {
        long inits = inits();
        Invocation next = submit("\"again\"");
        assertThat(next.awaitAnswer(PATIENCE).payloadText()).isEqualTo("\"again\"");
        assertReported(next, InvocationStatus.SUCCESS);
        assertThat(next.awaitCompletion(PATIENCE).initDuration()).isEmpty();
        assertThat(inits()).isEqualTo(inits + 1);
        assertThat(lambda.eventLog().events(Event.InitStarted.class))
                .extracting(Event.InitStarted::phase)
                .last()
                .isEqualTo(InitPhase.INVOKE);
    }

    /** The same without an init: the environment is as good as new. */
    void assertRecovered() {
        long inits = inits();
        Invocation next = submit("\"and again\"");
        assertThat(next.awaitAnswer(PATIENCE).payloadText()).isEqualTo("\"and again\"");
        assertReported(next, InvocationStatus.SUCCESS);
        assertThat(inits()).isEqualTo(inits);
    }

    void assertNeverStarted(Participant participant) {
        assertThat(lambda.eventLog().events(Event.ParticipantStarted.class))
                .noneMatch(started -> started.participant().equals(participant));
    }

    private long inits() {
        return lambda.eventLog().events(Event.InitStarted.class).size();
    }

    void assertLog(String... lines) {
        assertThat(log()).containsExactly(lines);
    }

    /** The service's log lines so far, without ids, durations and memory. */
    List<String> log() {
        SystemLogLines service = new SystemLogLines(FunctionConfiguration.defaults());
        return lambda.eventLog().entries().stream()
                .flatMap(entry -> service.of(entry).stream())
                .map(Stage::withoutNumbers)
                .toList();
    }

    private static String withoutNumbers(String line) {
        return line.replaceAll("^INIT_START.*", INIT_START)
                .replaceAll("^START RequestId: .*", START)
                .replaceAll("^END RequestId: .*", END)
                .replaceAll("^REPORT RequestId: [^\t]*\tDuration: [^\t]*\tBilled[^\t]*\t[^\t]*\t[^\t]*", "REPORT")
                .replaceAll("Init Duration: [0-9.]* ms", "Init Duration");
    }

    /** What a puppet has printed in all its launches. */
    List<String> outputOf(Participant participant) {
        return lambda.eventLog().events(Event.ProcessOutput.class).stream()
                .filter(output -> output.participant().equals(participant))
                .map(Event.ProcessOutput::line)
                .toList();
    }

    /** Waits for the {@code SHUTDOWN} events that an extension has printed, in all its launches. */
    void assertTold(String extension, String... reasons) {
        Participant participant = Participant.extension(extension);
        awaitOutputs(participant, SHUTDOWN, reasons.length);
        assertThat(outputOf(participant).stream()
                        .filter(line -> line.contains(SHUTDOWN))
                        .map(line -> line.replaceAll(".*\"shutdownReason\":\"([a-z]*)\".*", "$1")))
                .containsExactly(reasons);
    }

    /** When something of a kind happened first. */
    Instant timeOf(String description) {
        return lambda.eventLog().entries().stream()
                .filter(entry -> entry.event().describe().equals(description))
                .findFirst()
                .orElseThrow()
                .time();
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        if (lambda != null) {
            lambda.close();
            context.getExecutionException()
                    .ifPresent(failure -> failure.addSuppressed(new AssertionError("timeline:\n" + lambda.timeline())));
            assertThat(lambda.eventLog().events(Event.ParticipantStarted.class))
                    .as("processes left after close()\n%s", lambda.timeline())
                    .noneMatch(process -> process.pid()
                            .flatMap(ProcessHandle::of)
                            .map(ProcessHandle::isAlive)
                            .orElse(false));
        }
        try (var files = Files.walk(state)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

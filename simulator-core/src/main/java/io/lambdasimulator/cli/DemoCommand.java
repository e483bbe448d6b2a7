package io.lambdasimulator.cli;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.cli.demo.DemoExtension;
import io.lambdasimulator.cli.demo.DemoRuntime;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.Command;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code demo}: takes one environment through its life, and tells what happened from its event log. */
@CommandLine.Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        usageHelpWidth = 100,
        header = "Shows the life of an execution environment, phase by phase.",
        synopsisHeading = "%nUsage: ",
        description = {
            "",
            "Starts a small runtime and a small extension as processes (both are in this jar), invokes the function cold,"
                    + " warm and with an event that it rejects, shuts the environment down, and prints what happened."
                    + " Takes a few seconds and needs nothing else."
        },
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:Everything went as it should.", "1:Something did not; the last line says what."})
final class DemoCommand implements Callable<Integer> {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Participant EXTENSION = Participant.extension(DemoExtension.NAME);
    private static final Set<Participant> BOTH = Set.of(Participant.RUNTIME, EXTENSION);

    private static final String ORDER_1 = "{\"order\":\"A-1\",\"price\":4.50,\"quantity\":2}";
    private static final String ORDER_2 = "{\"order\":\"A-2\",\"price\":1.25,\"quantity\":8}";
    private static final String FAILING = "{\"fail\":true}";

    private final PrintStream out;
    private final PrintStream err;
    private final List<String> complaints = new ArrayList<>();

    DemoCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        OwnLogLevel.useByDefault(OwnLogLevel.WARN);
        out.println("The life of an execution environment of AWS Lambda, by lambda-simulator " + Main.Version.number()
                + ".");
        out.println("The runtime and the extension are processes, on Java " + System.getProperty("java.version")
                + "; each line is from the event log.");
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime(java(DemoRuntime.class))
                .extension(DemoExtension.NAME, java(DemoExtension.class))
                // Roomy, since a machine may be busy and time limits are not what is shown.
                .function(FunctionConfiguration.builder().timeout(LIMIT).build())
                .initTimeout(LIMIT)
                .start()) {
            Transcript transcript = new Transcript(lambda.eventLog(), out);
            play(lambda, transcript);
        }
        return verdict();
    }

    private void play(LambdaSimulator lambda, Transcript transcript) {
        try {
            init(lambda, transcript);
            InvocationReport cold =
                    invoke(lambda, transcript, "INVOKE, COLD", ORDER_1, "{\"order\":\"A-1\",\"total\":9.00}");
            expect(cold.initDuration().isPresent(), "the first invocation is no cold start");
            InvocationReport warm =
                    invoke(lambda, transcript, "INVOKE, WARM", ORDER_2, "{\"order\":\"A-2\",\"total\":10.00}");
            expect(warm.initDuration().isEmpty(), "the second invocation is a cold start");
            invoke(lambda, transcript, "INVOKE, WITH AN ERROR", FAILING, "\"errorType\":\"OrderRejected\"");
        } catch (IllegalStateException e) {
            // What happened until then is worth more than the message alone.
            transcript.phase("AND THEN");
            complaints.add(e.getMessage());
        }
        shutDown(lambda, transcript);
    }

    private static void init(LambdaSimulator lambda, Transcript transcript) {
        lambda.awaitInit(LIMIT);
        BOTH.forEach(participant -> awaitOutput(lambda, participant, ""));
        transcript.phase("INIT");
    }

    private InvocationReport invoke(
            LambdaSimulator lambda, Transcript transcript, String title, String event, String expected) {
        Invocation invocation = lambda.submit(InvocationRequest.of(event));
        InvocationResult result = invocation.awaitAnswer(LIMIT);
        InvocationReport report = invocation.awaitCompletion(LIMIT);
        BOTH.forEach(participant -> awaitOutput(lambda, participant, invocation.requestId()));
        transcript.invocation(title, event, result, report);

        expect(report.status() == InvocationStatus.SUCCESS, title + " ended with " + report.status());
        expect(
                result.payloadText().contains(expected),
                title + " was answered with " + result.payloadText() + " and not with " + expected);
        expect(
                result.isSuccess() == !event.equals(FAILING),
                title + (result.isSuccess() ? " is no error" : " is an error"));
        expect(
                report.readiness().size() == 1 && report.readiness().get(0).isReady(),
                title + " did not wait for the extension");
        return report;
    }

    /** Output comes through a pipe, on its own time: what was written before an answer may be read after it. */
    private static void awaitOutput(LambdaSimulator lambda, Participant participant, String text) {
        lambda.eventLog()
                .await(
                        Event.ProcessOutput.class,
                        output -> output.participant().equals(participant)
                                && output.line().contains(text),
                        LIMIT);
    }

    private void shutDown(LambdaSimulator lambda, Transcript transcript) {
        lambda.close();
        transcript.phase("SHUTDOWN");

        EventLog log = lambda.eventLog();
        List<Long> left = log.events(Event.ParticipantStarted.class).stream()
                .flatMap(started -> started.pid().stream())
                .filter(pid -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false))
                .toList();
        expect(left.isEmpty(), "processes are left: " + left);
        Set<Participant> ended = log.events(Event.ParticipantExited.class).stream()
                .map(Event.ParticipantExited::participant)
                .collect(Collectors.toSet());
        expect(ended.equals(BOTH), "only these have ended: " + ended);
        expect(
                log.events(Event.ParticipantExited.class).stream()
                        .anyMatch(exited -> exited.participant().equals(EXTENSION)
                                && exited.exit().isSuccess()),
                "the extension did not end by itself");
    }

    private int verdict() {
        out.println();
        if (complaints.isEmpty()) {
            out.println("Everything went as it should, and no process is left.");
            out.flush();
            return 0;
        }
        out.flush();
        err.println(Main.NAME + " demo: " + String.join("; ", complaints));
        return Main.FAILURE;
    }

    private void expect(boolean condition, String complaint) {
        if (!condition) {
            complaints.add(complaint);
        }
    }

    /** The options make a short-lived JVM start quickly. */
    private static Command java(Class<?> program) {
        return Command.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-cp",
                place(program).toString(),
                program.getName());
    }

    /** The jar or folder that a class was loaded from. */
    private static Path place(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("cannot find the jar that " + type.getName() + " is in", e);
        }
    }
}

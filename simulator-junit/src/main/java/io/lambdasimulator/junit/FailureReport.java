package io.lambdasimulator.junit;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.SimulatedProcess;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.ProtocolViolation;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.MediaType;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Makes a failed test explain itself: a screen attached to the exception, and everything in files. */
final class FailureReport {

    private static final int LINES = 40;
    private static final int VIOLATIONS = 10;

    private FailureReport() {}

    /** How an environment stands now, and the newest lines of its timeline. */
    static String moment(LambdaSimulator lambda) {
        return lambda.describe() + lambda.timeline(LINES);
    }

    static String describe(LambdaSimulator lambda, List<ProtocolViolation> violations) {
        StringBuilder text = new StringBuilder();
        text.append(violations.size())
                .append(violations.size() == 1 ? " call" : " calls")
                .append(" broke the protocol of the Runtime or Extensions API:");
        violations.stream()
                .limit(VIOLATIONS)
                .forEach(violation -> text.append("\n  ").append(lambda.redact(violation.describe())));
        if (violations.size() > VIOLATIONS) {
            text.append("\n  and ").append(violations.size() - VIOLATIONS).append(" more");
        }
        return text.toString();
    }

    static void attach(
            RunningEnvironment environment,
            ExtensionContext context,
            String moment,
            List<ProtocolViolation> violations,
            Throwable failure) {
        String title = "Execution environment" + (environment.name().isEmpty() ? "" : " " + environment.name()) + ":\n";
        boolean isThere = Arrays.stream(failure.getSuppressed())
                .anyMatch(other -> other instanceof ExecutionEnvironmentReport
                        && other.toString().startsWith(title));
        if (isThere) {
            return; // a container's failure that came through one of its tests
        }
        StringBuilder text = new StringBuilder(title).append(moment);
        if (!violations.isEmpty()) {
            text.append(describe(environment.simulator(), violations)).append('\n');
        }
        text.append(publishIfPossible(environment, context));
        ExecutionEnvironmentReport report = new ExecutionEnvironmentReport(text.toString());
        failure.addSuppressed(report);
        if (!List.of(failure.getSuppressed()).contains(report)) {
            // An exception that takes no suppressed ones.
            context.publishReportEntry("lambda-simulator", report.toString());
        }
    }

    static void publishTimeout(RunningEnvironment environment, ExtensionContext context, String moment) {
        new PublishedFiles(context, environment.name())
                .add("timeout.txt", MediaType.TEXT_PLAIN_UTF_8, file -> Files.writeString(file, moment));
    }

    private static String publishIfPossible(RunningEnvironment environment, ExtensionContext context) {
        try {
            return publish(environment, context);
        } catch (LinkageError e) {
            return "no files, which need JUnit 5.14 or newer"; // a failure must not be hidden by another one
        }
    }

    /** Publishes what does not fit a screen; returns a line that says where it is. */
    private static String publish(RunningEnvironment environment, ExtensionContext context) {
        LambdaSimulator lambda = environment.simulator();
        PublishedFiles files = new PublishedFiles(context, environment.name());
        files.add("timeline.txt", MediaType.TEXT_PLAIN_UTF_8, file -> Files.writeString(file, lambda.timeline()));
        files.add(
                "timeline.svg",
                MediaType.create("image", "svg+xml"),
                file -> Files.writeString(file, lambda.timelineSvg()));
        files.add("events.jsonl", MediaType.create("application", "jsonl"), file -> {
            try (BufferedWriter out = Files.newBufferedWriter(file)) {
                lambda.eventLog().writeJsonLines(out);
            }
        });
        Set<Participant> printed = lambda.eventLog().events(Event.ProcessOutput.class).stream()
                .map(Event.ProcessOutput::participant)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        for (Participant participant : printed) {
            SimulatedProcess process = lambda.process(participant);
            files.add(
                    participant + ".log",
                    MediaType.TEXT_PLAIN_UTF_8,
                    file -> Files.write(
                            file, process.output().stream().map(lambda::redact).toList()));
        }
        return files.describe();
    }
}

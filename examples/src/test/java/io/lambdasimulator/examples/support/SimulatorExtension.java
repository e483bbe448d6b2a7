package io.lambdasimulator.examples.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts the environments of one test, closes them after it and checks that no process of theirs is left. When a test
 * fails, the timeline of its environments stands below the failure.
 */
public final class SimulatorExtension implements AfterEachCallback {

    /** Long enough for a busy machine. A test waits for an event, never for this time. */
    public static final Duration LIMIT = Duration.ofSeconds(30);

    private final List<LambdaSimulator> started = new ArrayList<>();

    /** An environment whose timeouts do not pass while a busy machine starts interpreters. */
    public static LambdaSimulator.Builder patient() {
        return LambdaSimulator.builder()
                .initTimeout(LIMIT)
                .function(patientFunction().build());
    }

    /** A function that does not time out because a machine is busy. */
    public static FunctionConfiguration.Builder patientFunction() {
        return FunctionConfiguration.builder().timeout(LIMIT);
    }

    /** Starts an environment and sees to its end. */
    public LambdaSimulator start(LambdaSimulator.Builder builder) {
        LambdaSimulator lambda = builder.start();
        started.add(lambda);
        return lambda;
    }

    /** Everything that a participant has printed so far. */
    public static List<String> output(LambdaSimulator lambda, Participant participant) {
        return lambda.eventLog().events(Event.ProcessOutput.class).stream()
                .filter(output -> output.participant().equals(participant))
                .map(Event.ProcessOutput::line)
                .toList();
    }

    /** Waits until a participant has printed a line that holds a text. */
    public static String awaitOutput(LambdaSimulator lambda, Participant participant, String text) {
        return lambda.eventLog()
                .await(
                        Event.ProcessOutput.class,
                        output -> output.participant().equals(participant)
                                && output.line().contains(text),
                        LIMIT)
                .line();
    }

    /** Waits until a participant has ended. */
    public static ProcessExit awaitExit(LambdaSimulator lambda, Participant participant) {
        return lambda.eventLog()
                .await(
                        Event.ParticipantExited.class,
                        exited -> exited.participant().equals(participant),
                        LIMIT)
                .exit();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        for (LambdaSimulator lambda : started) {
            lambda.close();
            context.getExecutionException()
                    .ifPresent(failure -> failure.addSuppressed(new AssertionError("timeline:\n" + lambda.timeline())));
        }
        for (LambdaSimulator lambda : started) {
            assertThat(lambda.eventLog().events(Event.ParticipantStarted.class))
                    .as("processes left after close()\n%s", lambda.timeline())
                    .noneMatch(process -> isAlive(process.pid()));
        }
    }

    private static boolean isAlive(Optional<Long> pid) {
        return pid.flatMap(ProcessHandle::of).map(ProcessHandle::isAlive).orElse(false);
    }
}

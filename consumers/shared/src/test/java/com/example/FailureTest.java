package com.example;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.junit.LambdaSimulatorExtension;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.OutputDirectoryCreator;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;

/** A failed test prints what its execution environment saw, and leaves it in files. */
class FailureTest {

    @TempDir
    Path output;

    /** Not found by a build, which looks for names that end in Test. */
    static class Failing {

        @RegisterExtension
        static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMinutes(1))
                        .build())
                .runtime((event, context) -> event));

        @Test
        void fails(LambdaSimulator lambda) {
            assertThat(lambda.invoke("{\"id\":42}")).hasJsonPayload("{\"id\":43}");
        }
    }

    /** No runtime ever comes. */
    static class Hanging {

        @RegisterExtension
        static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(LambdaSimulator.builder());

        @Test
        @Timeout(value = 500, unit = TimeUnit.MILLISECONDS)
        void hangs(LambdaSimulator lambda) {
            lambda.awaitInit(Duration.ofMinutes(1));
        }
    }

    @Test
    void an_assertion_that_fails_shows_the_timeline() {
        assertThat(printed(Failing.class))
                .contains("field/property 'id' differ")
                .contains("Suppressed: Execution environment:\nphase ")
                .containsPattern(" {2}invocation .* answered: 9 bytes\n")
                .contains("files in " + output);
        assertThat(output.resolve("lambda-timeline.txt")).content().contains("phase CLOSED");
        assertThat(output.resolve("lambda-events.jsonl")).content().contains("\"type\":\"InvocationAnswered\"");
    }

    @Test
    void a_timeout_shows_what_was_waited_for() {
        assertThat(printed(Hanging.class))
                .contains("TimeoutException")
                .contains("When the timeout struck:\nphase INIT: init waits for a runtime that connects by itself");
        assertThat(output.resolve("lambda-timeout.txt")).exists();
    }

    /** What a build tool prints of the one test of a class, which has to fail. */
    private String printed(Class<?> type) {
        TestExecutionResult result = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(type))
                .outputDirectoryCreator(new OutputDirectoryCreator() {
                    @Override
                    public Path getRootDirectory() {
                        return output;
                    }

                    @Override
                    public Path createOutputDirectory(TestDescriptor test) {
                        return output;
                    }
                })
                .execute()
                .testEvents()
                .failed()
                .stream()
                .findFirst()
                .orElseThrow()
                .getRequiredPayload(TestExecutionResult.class);
        StringWriter text = new StringWriter();
        result.getThrowable().orElseThrow().printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}

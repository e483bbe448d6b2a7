package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.telemetry.SystemLogLines;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformReport;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class MemoryTest {

    private static final FunctionConfiguration FUNCTION = FunctionConfiguration.builder()
            .memorySize(128)
            .timeout(Wire.PATIENCE)
            .build();

    private static LambdaSimulator.Builder hungry() {
        return LambdaSimulator.builder().function(FUNCTION).runtime(Programs.python("hungry_runtime.py"));
    }

    private static InvocationReport report(LambdaSimulator lambda, String event) {
        return lambda.submit(InvocationRequest.of(event)).awaitCompletion(Wire.PATIENCE);
    }

    /** A look takes a moment, and a report does not wait for it; the next one has it. */
    private static int maxMemoryUsed(LambdaSimulator lambda, int atLeast) {
        return Awaitility.await("a report of " + atLeast + " MB")
                .pollDelay(Duration.ZERO)
                .atMost(Wire.PATIENCE)
                .until(() -> report(lambda, "{}").maxMemoryUsed().orElse(0), used -> used >= atLeast);
    }

    @Nested
    class The_report {

        @Test
        void has_the_most_memory_that_was_ever_used() {
            try (LambdaSimulator lambda = hungry().start()) {
                int small = maxMemoryUsed(lambda, 1);
                assertThat(small).isLessThan(40);

                assertThat(report(lambda, "{\"MB\": 60}").status()).isEqualTo(InvocationStatus.SUCCESS);

                int large = maxMemoryUsed(lambda, 60);
                assertThat(large).isBetween(small + 50, small + 70);
                assertThat(report(lambda, "{}").maxMemoryUsed()).hasValue(large);
                assertThat(lines(lambda)).last().asString().contains("\tMax Memory Used: " + large + " MB\t");
            }
        }

        @Test
        void has_the_memory_of_an_invocation_that_times_out() {
            FunctionConfiguration impatient = FunctionConfiguration.builder()
                    .timeout(Duration.ofSeconds(2))
                    .build();
            try (LambdaSimulator lambda = hungry().function(impatient).start().awaitInit(Wire.PATIENCE)) {
                InvocationReport report = report(lambda, "{\"MB\": 200, \"hang\": true}");

                assertThat(report.status()).isEqualTo(InvocationStatus.TIMEOUT);
                assertThat(report.maxMemoryUsed().orElse(0)).isBetween(200, 250);
            }
        }

        @Test
        void has_what_a_process_used_whose_init_failed() {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                    .function(FUNCTION)
                    .runtime(Command.of("python3", "-c", "import time; time.sleep(0.3); raise SystemExit(3)"))
                    .start()) {
                InvocationReport report = report(lambda, "1");

                assertThat(report.status()).isEqualTo(InvocationStatus.ERROR);
                assertThat(report.maxMemoryUsed().orElse(0)).isBetween(1, 40);
            }
        }

        @Test
        void counts_the_extensions_and_the_children_of_all() {
            String twentyMebibytes = "exec perl -e 'my $x = \"x\" x 20971520; sleep 1000'";
            try (LambdaSimulator lambda = hungry().extension(
                                    "big", Command.of("sh", "-c", "(" + twentyMebibytes + ") & wait"))
                            .start();
                    BareExtension extension = BareExtension.register(lambda, "big", "SHUTDOWN")) {
                extension.poll();

                assertThat(report(lambda, "{\"MB\": 30, \"keep\": true}").status())
                        .isEqualTo(InvocationStatus.SUCCESS);

                assertThat(maxMemoryUsed(lambda, 50)).isLessThan(110);
            }
        }

        @Test
        void has_none_of_what_is_in_this_jvm_and_shows_half_of_the_memory_size() {
            try (LambdaSimulator lambda =
                    LambdaSimulator.builder().runtime((event, context) -> event).start()) {
                assertThat(report(lambda, "1").maxMemoryUsed()).isEqualTo(OptionalInt.empty());
                assertThat(report(lambda, "2").maxMemoryUsed()).isEqualTo(OptionalInt.empty());

                assertThat(lines(lambda)).last().asString().contains("\tMax Memory Used: 64 MB\t");
                assertThat(lambda.telemetry().events(PlatformReport.class))
                        .allMatch(report -> report.metrics().maxMemoryUsed() == 64);
            }
        }

        @Test
        void may_show_more_than_the_function_has_when_no_limit_is_enforced() {
            try (LambdaSimulator lambda = hungry().start()) {
                assertThat(report(lambda, "{\"MB\": 200}").status()).isEqualTo(InvocationStatus.SUCCESS);

                assertThat(maxMemoryUsed(lambda, 200)).isLessThan(250);
            }
        }
    }

    @Nested
    class A_limit {

        @Test
        void that_is_exceeded_is_out_of_memory_and_the_next_invocation_begins_anew() {
            try (LambdaSimulator lambda = hungry().enforceMemoryLimit().start()) {
                Invocation invocation = lambda.submit(InvocationRequest.of("{\"MB\": 300, \"hang\": true}"));

                assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText())
                        .isEqualTo("{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: "
                                + invocation.requestId() + " Error: Runtime exited with error: signal: killed\"}");
                InvocationReport report = invocation.awaitCompletion(Wire.PATIENCE);
                assertThat(report.errorType()).contains("Runtime.OutOfMemory");
                assertThat(report.maxMemoryUsed()).hasValue(128);
                assertThat(lines(lambda))
                        .last()
                        .asString()
                        .endsWith("\tMax Memory Used: 128 MB" + init(report)
                                + "\tStatus: error\tError Type: Runtime.OutOfMemory");
                assertThat(lambda.eventLog().events(Event.SignalSent.class))
                        .filteredOn(signal -> signal.signal().equals("SIGKILL"))
                        .singleElement()
                        .satisfies(signal -> {
                            assertThat(signal.participant()).isEqualTo(Participant.RUNTIME);
                            assertThat(signal.reason())
                                    .matches("out of memory: [0-9]+ MB are used, and the function has 128 MB");
                        });
                assertThat(lambda.process(Participant.RUNTIME).awaitExit(Wire.PATIENCE))
                        .isEqualTo(new ProcessExit.Signal(9));

                assertThat(lambda.invoke("{\"MB\": 20}").payloadText()).isEqualTo("{\"MB\": 20}");
                assertThat(lambda.eventLog().events(Event.ParticipantStarted.class))
                        .hasSize(2);
            }
        }

        @Test
        void lets_live_who_stays_below_it() {
            try (LambdaSimulator lambda = hungry().enforceMemoryLimit().start()) {
                assertThat(report(lambda, "{\"MB\": 60}").status()).isEqualTo(InvocationStatus.SUCCESS);

                assertThat(maxMemoryUsed(lambda, 60)).isLessThan(128);
                assertThat(lambda.eventLog().events(Event.ParticipantExited.class))
                        .isEmpty();
            }
        }

        @Test
        void needs_a_runtime_that_is_launched() {
            LambdaSimulator.Builder builder =
                    LambdaSimulator.builder().runtime((event, context) -> event).enforceMemoryLimit();

            assertThatThrownBy(builder::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("enforceMemoryLimit() needs a runtime that the simulator launches");
        }

        @Test
        void is_looked_after_by_a_thread_that_ends_with_the_environment() {
            LambdaSimulator lambda = hungry().enforceMemoryLimit().start();
            maxMemoryUsed(lambda, 1);
            long before = samplers();
            assertThat(before).isPositive();

            lambda.close();

            assertThat(samplers()).isLessThan(before);
        }
    }

    private static String init(InvocationReport report) {
        return report.initDuration()
                .map(took -> String.format("\tInit Duration: %.2f ms", took.toNanos() / 1e6))
                .orElse("");
    }

    private static long samplers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("lambda-memory"))
                .count();
    }

    private static List<String> lines(LambdaSimulator lambda) {
        SystemLogLines lines = new SystemLogLines(lambda.function());
        return lambda.eventLog().entries().stream()
                .flatMap(entry -> lines.of(entry).stream())
                .toList();
    }
}

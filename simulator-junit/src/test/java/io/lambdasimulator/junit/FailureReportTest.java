package io.lambdasimulator.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.TestExecutionResult;

/** What a user sees when a test fails. */
class FailureReportTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path output;

    /** Patient, for machines that are busy. */
    private static LambdaSimulator.Builder echo() {
        return LambdaSimulator.builder()
                .function(FunctionConfiguration.builder().timeout(LIMIT).build())
                .initTimeout(LIMIT)
                .runtime((event, context) -> event);
    }

    private static int call(LambdaSimulator lambda, String method, String path)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + lambda.runtimeApi() + path))
                .method(method, HttpRequest.BodyPublishers.ofString("{}"))
                .build();
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    @Nested
    class A_failed_test {

        static class Failing {
            @RegisterExtension
            static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(
                    echo().credentials("AKIAREALLOOKING00", "very/secret+value", "token-of-a-session")
                            .extension(
                                    "talkative",
                                    Command.of("sh", "-c", "echo my key is $AWS_SECRET_ACCESS_KEY; exec sleep 1000")));

            @Test
            void in_test(LambdaSimulator lambda) {
                lambda.process(Participant.extension("talkative")).awaitOutput("my key is very/secret+value", LIMIT);
                fail("an order is missing");
            }

            @Test
            void succeeds(LambdaSimulator lambda) {}

            @Test
            void is_aborted(LambdaSimulator lambda) {
                Assumptions.abort("not here");
            }
        }

        @Test
        void shows_how_the_environment_stood_and_its_timeline_without_secrets() throws IOException {
            TestRun run = TestRun.of(Failing.class, output);

            assertThat(run.printed("in_test"))
                    .startsWith("org.opentest4j.AssertionFailedError: an order is missing")
                    .containsPattern("""
                            \tSuppressed: Execution environment:
                            phase INIT: init waits for the registration of extension talkative
                            Runtime API at 127\\.0\\.0\\.1:\\d+
                            runtime: not started
                            extension talkative: Started, process \\d+: sh -c echo my key is \\$AWS_SECRET_ACCESS_KEY; exec sleep 1000
                                0\\.0000 s {2}phase INIT
                            """)
                    .containsPattern("\\d s {2}extension talkative \\| my key is \\*\\*\\*\n")
                    .contains("files in " + output.resolve("in_test")
                            + ": lambda-timeline.txt, lambda-timeline.svg, lambda-events.jsonl,"
                            + " lambda-extension-talkative.log\n")
                    .doesNotContain("very/secret+value", "phase SHUTDOWN", "ExecutionEnvironmentReport");
            assertThat(run.status("succeeds")).isEqualTo(TestExecutionResult.Status.SUCCESSFUL);
            assertThat(run.status("is_aborted")).isEqualTo(TestExecutionResult.Status.ABORTED);
        }

        @Test
        void publishes_the_whole_timeline_each_processs_output_and_the_event_log_as_files() throws IOException {
            TestRun run = TestRun.of(Failing.class, output);

            assertThat(run.file("in_test", "lambda-timeline.txt"))
                    .contains("my key is ***")
                    .contains("phase CLOSED");
            assertThat(run.file("in_test", "lambda-timeline.svg"))
                    .startsWith("<svg ")
                    .contains(">talkative</text>", ">SHUTDOWN")
                    .doesNotContain("very/secret+value");
            assertThat(run.file("in_test", "lambda-extension-talkative.log")).isEqualTo("my key is ***\n");
            assertThat(run.file("in_test", "lambda-events.jsonl").lines())
                    .anyMatch(line -> line.contains("\"type\":\"ProcessOutput\",\"record\":{\"participant\":"
                            + "{\"kind\":\"EXTENSION\",\"name\":\"talkative\"},\"stream\":\"STDOUT\","
                            + "\"line\":\"my key is ***\"}"))
                    .noneMatch(line -> line.contains("very/secret+value"));
            assertThat(output.resolve("succeeds")).doesNotExist();
            assertThat(output.resolve("is_aborted")).doesNotExist();
        }

        static class Verbose {
            @RegisterExtension
            static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(
                    echo().extension("verbose", Command.of("sh", "-c", "seq 1 500; exec sleep 1000")));

            @Test
            void verbose(LambdaSimulator lambda) {
                lambda.process(Participant.extension("verbose")).awaitOutput("500", LIMIT);
                fail("too much");
            }
        }

        @Test
        void is_bounded_to_a_screen() throws IOException {
            TestRun run = TestRun.of(Verbose.class, output);

            String report = run.failure("verbose").getSuppressed()[0].toString();
            assertThat(report.lines().count()).isLessThan(50);
            assertThat(report)
                    .containsPattern("\\(46\\d earlier lines left out\\)")
                    .contains(" | 500\n");
            assertThat(run.file("verbose", "lambda-timeline.txt"))
                    .contains(" | 1\n")
                    .contains(" | 500\n");
        }

        static class Around {
            @RegisterExtension
            static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(echo());

            @BeforeEach
            void before(TestInfo test) {
                if (test.getDisplayName().startsWith("before")) {
                    fail("in before");
                }
            }

            @Test
            void before() {}

            @Test
            void after() {}

            @AfterEach
            void after(TestInfo test) {
                if (test.getDisplayName().startsWith("after")) {
                    fail("in after");
                }
            }

            @TestFactory
            Stream<DynamicTest> dynamic(LambdaSimulator lambda) {
                return Stream.of(DynamicTest.dynamicTest("made up", () -> {
                    lambda.invoke("{}");
                    fail("in a dynamic test");
                }));
            }
        }

        @Test
        void explains_itself_before_after_and_in_dynamic_tests_as_well() {
            TestRun run = TestRun.of(Around.class, output);

            assertThat(run.printed("before")).contains("Suppressed: Execution environment:\nphase ");
            assertThat(run.printed("after")).contains("Suppressed: Execution environment:\nphase ");
            assertThat(run.printed("made up"))
                    .contains("Suppressed: Execution environment:\nphase ")
                    .contains("answered: 2 bytes");
        }

        static class TwoSimulators {
            @RegisterExtension
            static final LambdaSimulatorExtension ORDERS =
                    LambdaSimulatorExtension.of(echo()).named("orders");

            @RegisterExtension
            static final LambdaSimulatorExtension PAYMENTS =
                    LambdaSimulatorExtension.of(echo()).named("payments");

            @Test
            void two() {
                fail("of two");
            }
        }

        @Test
        void shows_each_of_several_environments_by_its_name() throws IOException {
            TestRun run = TestRun.of(TwoSimulators.class, output);

            assertThat(run.printed("two"))
                    .contains("Suppressed: Execution environment orders:\n")
                    .contains("Suppressed: Execution environment payments:\n");
            assertThat(run.files("two"))
                    .containsExactlyInAnyOrder(
                            "lambda-orders-timeline.txt",
                            "lambda-orders-timeline.svg",
                            "lambda-orders-events.jsonl",
                            "lambda-payments-timeline.txt",
                            "lambda-payments-timeline.svg",
                            "lambda-payments-events.jsonl");
        }

        /** An exception that takes no suppressed ones. */
        static final class Closed extends RuntimeException {
            private static final long serialVersionUID = 1L;

            Closed() {
                super("closed", null, false, false);
            }
        }

        static class FailingWithClosed {
            @RegisterExtension
            static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(echo());

            @Test
            void closed() {
                throw new Closed();
            }
        }

        @Test
        void whose_exception_takes_nothing_has_a_report_entry() {
            assertThat(TestRun.of(FailingWithClosed.class, output).reported("closed"))
                    .singleElement()
                    .asString()
                    .startsWith("Execution environment:\nphase ");
        }
    }

    @Nested
    class A_timeout {

        static class Hanging {
            @RegisterExtension
            static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(LambdaSimulator.builder()
                    .initTimeout(Duration.ofMinutes(2))
                    .extension("silent", Command.of("sleep", "1000")));

            @BeforeEach
            void start(LambdaSimulator lambda) {
                lambda.submit(InvocationRequest.of("{}"));
                lambda.eventLog().await(Event.ParticipantStarted.class, started -> true, LIMIT);
            }

            @Test
            @Timeout(value = 300, unit = TimeUnit.MILLISECONDS)
            void hangs(LambdaSimulator lambda) {
                lambda.awaitInit(Duration.ofMinutes(1));
            }

            @Test
            @Timeout(value = 300, unit = TimeUnit.MILLISECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
            void hangs_elsewhere(LambdaSimulator lambda) {
                lambda.awaitInit(Duration.ofMinutes(1));
            }
        }

        @Test
        void shows_what_was_waited_for_when_it_struck() throws IOException {
            TestRun run = TestRun.of(Hanging.class, output);

            for (String test : new String[] {"hangs", "hangs_elsewhere"}) {
                assertThat(run.printed(test)).contains("TimeoutException").containsPattern("""
                                Execution environment:
                                When the timeout struck:
                                phase INIT: init waits for the registration of extension silent and a runtime that connects .*
                                Runtime API at .*
                                runtime: Started, connects by itself
                                extension silent: Started, process \\d+: sleep 1000
                                1 invocation waits for its turn
                                """);
                assertThat(run.file(test, "lambda-timeout.txt"))
                        .startsWith("When the timeout struck:\nphase INIT: init waits for the registration");
            }
        }
    }

    @Nested
    class A_protocol_violation {

        static class Violating {
            @RegisterExtension
            static final LambdaSimulatorExtension LAMBDA =
                    LambdaSimulatorExtension.of(echo()).failOnProtocolViolation();

            @Test
            void violates(LambdaSimulator lambda) throws Exception {
                assertThat(call(lambda, "POST", "/2020-01-01/extension/registr"))
                        .isEqualTo(404);
                assertThat(call(lambda, "DELETE", "/2020-01-01/extension/register"))
                        .isEqualTo(405);
            }

            @Test
            void violates_often(LambdaSimulator lambda) throws Exception {
                for (int i : IntStream.range(0, 12).toArray()) {
                    call(lambda, "GET", "/" + i);
                }
            }

            @Test
            void behaves(LambdaSimulator lambda) {
                lambda.invoke(InvocationRequest.of("{}"));
            }
        }

        @Test
        void fails_the_test_when_asked_to_and_names_each_call() {
            TestRun run = TestRun.of(Violating.class, output);

            assertThat(run.failure("violates"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("""
                            2 calls broke the protocol of the Runtime or Extensions API:
                              POST /2020-01-01/extension/registr was answered with 404, there is no such path
                              DELETE /2020-01-01/extension/register was answered with 405, the path takes another method""");
            assertThat(run.printed("violates")).contains("Suppressed: Execution environment:\nphase ");
            assertThat(run.failure("violates_often"))
                    .hasMessageStartingWith("12 calls broke")
                    .hasMessageEndingWith("\n  and 2 more");
            run.assertSucceeded("behaves");
        }

        static class Lenient {
            @RegisterExtension
            static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(echo());

            @Test
            void passes(LambdaSimulator lambda) throws Exception {
                call(lambda, "GET", "/nowhere");
            }

            @Test
            void fails(LambdaSimulator lambda) throws Exception {
                call(lambda, "GET", "/nowhere");
                fail("for another reason");
            }
        }

        @Test
        void is_reported_with_any_other_failure() {
            TestRun run = TestRun.of(Lenient.class, output);

            run.assertSucceeded("passes");
            assertThat(run.printed("fails")).contains("""
                            1 call broke the protocol of the Runtime or Extensions API:
                              GET /nowhere was answered with 404, there is no such path
                            """);
        }

        @TestMethodOrder(MethodOrderer.MethodName.class)
        static class Shared {
            @RegisterExtension
            static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(echo())
                    .environment(EnvironmentLifecycle.PER_CLASS)
                    .failOnProtocolViolation();

            private static LambdaSimulator shared;

            @Test
            void a_violates(LambdaSimulator lambda) throws Exception {
                call(lambda, "GET", "/nowhere");
            }

            @Test
            void b_behaves(LambdaSimulator lambda) {
                shared = lambda;
            }

            @AfterAll
            static void late() throws Exception {
                call(shared, "GET", "/late");
            }
        }

        @Test
        void of_a_shared_environment_fails_the_test_during_which_it_happened_or_the_class() {
            TestRun run = TestRun.of(Shared.class, output);

            assertThat(run.failure("a_violates")).hasMessageStartingWith("1 call broke");
            run.assertSucceeded("b_behaves");
            assertThat(run.failure("FailureReportTest$A_protocol_violation$Shared"))
                    .hasMessage("after the last test 1 call broke the protocol of the Runtime or Extensions API:\n"
                            + "  GET /late was answered with 404, there is no such path");
        }
    }
}

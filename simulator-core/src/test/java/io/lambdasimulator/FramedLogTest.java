package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.LogFormat;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.telemetry.TelemetryRecord.FunctionLog;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformReport;
import io.lambdasimulator.time.VirtualClock;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What a runtime writes to {@code _LAMBDA_TELEMETRY_LOG_FD}, as AWS's clients do (spec: aws-contract §1.12). */
class FramedLogTest {

    private static LambdaSimulator.Builder environment(LogFormat format) {
        return LambdaSimulator.builder()
                .initTimeout(Wire.PATIENCE)
                .function(FunctionConfiguration.builder()
                        .timeout(Wire.PATIENCE)
                        .logFormat(format)
                        .build())
                .runtime(Programs.python("framing_runtime.py"));
    }

    private static LambdaSimulator.Builder environment() {
        return environment(LogFormat.TEXT).framedLog();
    }

    private static List<String> records(LambdaSimulator lambda) {
        return lambda.telemetry().events(FunctionLog.class).stream()
                .map(FunctionLog::line)
                .toList();
    }

    /** Closed, so that all of it is in the log. */
    private static LambdaSimulator after(LambdaSimulator.Builder builder, String... events) {
        try (LambdaSimulator lambda = builder.start()) {
            for (String event : events) {
                lambda.invoke(event);
            }
            return lambda;
        }
    }

    @Nested
    class A_message {

        @Test
        void is_one_record_however_many_lines_it_has_and_however_it_is_written() {
            LambdaSimulator lambda = after(environment(), """
                    [["frame", "Exception: no\\n\\tat one\\n\\tat two\\n"], ["frame", "two line feeds\\n\\n"], ["frame", ""],
                     ["json", "{\\"level\\": \\"INFO\\"}"], ["untimed", "schön 🐑"], ["split", "in\\npieces"]]""");

            assertThat(records(lambda))
                    .containsExactly(
                            "Exception: no\n\tat one\n\tat two",
                            "two line feeds\n",
                            "",
                            "{\"level\": \"INFO\"}",
                            "schön 🐑",
                            "in\npieces");
            assertThat(lambda.telemetry().toJsonLines())
                    .contains("\"record\":\"Exception: no\\n\\tat one\\n\\tat two\\n\"}")
                    .contains("\"record\":\"two line feeds\\n\\n\"}");
            assertThat(lambda.process(Participant.RUNTIME).output(Event.OutputStream.FRAMED_LOG))
                    .hasSize(6);
            assertThat(lambda.process(Participant.RUNTIME).describeOutput())
                    .startsWith("it has printed:\n  | Exception: no\n    \tat one\n    \tat two\n  | two line feeds\n");
        }

        @Test
        void may_be_as_long_as_a_payload() {
            String payload = "x".repeat(6_000_000);

            assertThat(records(after(environment(), "[[\"frame\", \"" + payload + "\"]]")))
                    .containsExactly(payload);
        }

        @Test
        void is_an_object_with_the_JSON_log_format_as_a_line_is() {
            LambdaSimulator lambda = after(environment(LogFormat.JSON).framedLog(), """
                    [["json", "{\\n  \\"level\\": \\"INFO\\",\\r\\n  \\"message\\": \\"of\\\\nlines\\"\\n}"]]""", """
                    [["frame", "plain\\ntext"]]""");

            assertThat(lambda.telemetry().toJsonLines().lines())
                    .allMatch(line -> line.startsWith("{\"time\":") && line.endsWith("}"))
                    .anyMatch(line ->
                            line.endsWith("\"record\":{   \"level\": \"INFO\",    \"message\": \"of\\nlines\" }}"))
                    .anyMatch(line -> line.endsWith("\"message\":\"plain\\ntext\"}}"));
        }

        @Test
        void stands_beside_what_is_printed() {
            LambdaSimulator lambda = after(environment(), """
                    [["frame", "one\\nmessage"], ["print", "out"], ["complain", "error"], ["descriptors"]]""");

            SimulatedProcess runtime = lambda.process(Participant.RUNTIME);
            assertThat(runtime.output(Event.OutputStream.FRAMED_LOG)).containsExactly("one\nmessage");
            assertThat(runtime.output(Event.OutputStream.STDERR)).containsExactly("error");
            assertThat(runtime.output(Event.OutputStream.STDOUT)).first().isEqualTo("out");
            assertThat(runtime.output(Event.OutputStream.STDOUT))
                    .last()
                    .asString()
                    .startsWith("3 ['0', '1', '2', '3', ");
        }

        @Test
        void is_in_the_log_tail_of_its_invocation() {
            try (LambdaSimulator lambda = environment().frontDoor().start();
                    Wire caller = new Wire(lambda.frontDoor().orElseThrow().getAuthority())) {
                for (int i = 0; i < 20; i++) {
                    Wire.Reply reply = caller.request(
                                    "POST",
                                    "/2015-03-31/functions/test-function/invocations",
                                    "[[\"frame\", \"of\\n" + i + "\"]]",
                                    "X-Amz-Log-Type: Tail")
                            .reply();

                    String tail = new String(
                            Base64.getDecoder()
                                    .decode(reply.header("X-Amz-Log-Result").orElseThrow()),
                            StandardCharsets.UTF_8);
                    assertThat(tail.lines().skip(1).limit(3)).startsWith("of", Integer.toString(i));
                }
            }
        }
    }

    @Nested
    class The_time_of_a_record {

        private static List<EventLog.Entry> entries(LambdaSimulator lambda) {
            return lambda.eventLog().entries();
        }

        private static int messageIn(List<EventLog.Entry> entries) {
            for (int i = 0; i < entries.size(); i++) {
                if (entries.get(i).event() instanceof Event.ProcessOutput) {
                    return i;
                }
            }
            throw new AssertionError("no message");
        }

        private static Instant written(EventLog.Entry entry) {
            return Instant.EPOCH.plusNanos(Long.parseLong(((Event.ProcessOutput) entry.event()).line()) * 1000);
        }

        @Test
        void is_the_frames_unless_the_log_has_something_newer() {
            List<EventLog.Entry> entries = entries(after(environment(), "[[\"written-before\"]]"));

            int message = messageIn(entries);
            Instant before = entries.get(message - 1).time();
            Instant written = written(entries.get(message));
            assertThat(entries.get(message).time()).isEqualTo(written.isAfter(before) ? written : before);
        }

        @Test
        void is_now_for_a_frame_from_before_the_process_or_from_the_future() {
            for (String step : List.of("from-1970", "of-tomorrow")) {
                Instant start = Instant.now();
                List<EventLog.Entry> entries = entries(after(environment(), "[[\"" + step + "\"]]"));

                EventLog.Entry message = entries.get(messageIn(entries));
                assertThat(message.time()).isBetween(written(message), Instant.now());
                assertThat(entries).allMatch(entry -> !entry.time().isBefore(start));
                assertThat(entries)
                        .last()
                        .matches(entry -> entry.time().isBefore(Instant.now().plusMillis(1)));
            }
        }

        @Test
        void is_of_the_simulated_clock_if_there_is_one() {
            for (String start : List.of("2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z")) {
                LambdaSimulator lambda = after(
                        environment().time(VirtualClock.startingAt(Instant.parse(start))),
                        "[[\"frame\", \"message\"]]");

                assertThat(entries(lambda))
                        .allMatch(entry -> entry.time().toString().startsWith(start.substring(0, 13)));
                assertThat(records(lambda)).containsExactly("message");
            }
        }
    }

    @Nested
    class What_is_no_frame {

        @Test
        void is_logged_as_lines_and_the_next_frame_is_found() {
            List<String> records = records(after(environment(), """
                    [["raw", "plain\\nlines and a rest"], ["frame", "found\\n1"], ["too-long", "huge\\n"], ["frame", "found\\n2"],
                     ["raw", "at the end"]]"""));

            assertThat(records).hasSize(6);
            assertThat(records.subList(0, 3)).containsExactly("plain", "lines and a rest", "found\n1");
            assertThat(records.get(3)).startsWith("\ufffdZ\0\3").endsWith("huge");
            assertThat(records.subList(4, 6)).containsExactly("found\n2", "at the end");
        }

        @Test
        void half_a_frame_at_the_exit_is_logged_as_far_as_it_came() {
            LambdaSimulator lambda = after(environment(), """
                    [["frame", "whole"], ["half", "last\\nwords"], ["exit", 3]]""");

            assertThat(records(lambda)).containsExactly("whole", "last\nwords");
        }

        @Test
        void a_frame_that_never_ends_holds_up_nothing() {
            try (LambdaSimulator lambda = environment().start()) {
                lambda.invoke("[[\"half\", \"begun\"]]");

                assertThat(lambda.invoke("[[\"print\", \"meanwhile\"]]").functionError())
                        .isEmpty();
                lambda.process(Participant.RUNTIME).awaitOutput("meanwhile", Wire.PATIENCE);
            }
        }
    }

    @Nested
    class The_descriptor {

        @Test
        void may_be_closed() {
            try (LambdaSimulator lambda = environment().start()) {
                lambda.invoke("[[\"frame\", \"goodbye\"], [\"close\"]]");

                assertThat(lambda.invoke("[[\"descriptors\"]]").functionError()).isEmpty();
                lambda.process(Participant.RUNTIME).awaitOutput("['0', '1', '2', '", Wire.PATIENCE);
                assertThat(records(lambda)).contains("goodbye");
            }
        }

        @Test
        void is_there_again_after_a_reset() {
            LambdaSimulator lambda =
                    after(environment(), "[[\"frame\", \"first\"], [\"exit\", 1]]", "[[\"frame\", \"second\"]]");

            assertThat(records(lambda)).containsExactly("first", "second");
        }

        @Test
        void is_not_there_unless_asked_for() {
            LambdaSimulator lambda = after(environment(LogFormat.TEXT), "[[\"descriptors\"]]");

            assertThat(lambda.process(Participant.RUNTIME).output())
                    .singleElement()
                    .asString()
                    .startsWith("-1 ");
        }

        @Test
        void is_nothing_for_an_extension() {
            Command extension = Command.of("sh", "-c", "echo \"fd=$_LAMBDA_TELEMETRY_LOG_FD\"; exec ls /proc/self/fd");
            try (LambdaSimulator lambda =
                    environment().extension("curious", extension).start()) {
                SimulatedProcess curious = lambda.process(Participant.extension("curious"));
                curious.awaitExit(Wire.PATIENCE);

                assertThat(curious.output()).containsExactly("fd=", "0", "1", "2", "3"); // 3 is of ls
            }
        }
    }

    @Test
    void the_invocation_of_a_runtime_that_floods_its_log_ends() {
        String flood = "[\"frame\", \"" + "y".repeat(1000) + "\\n\"],";

        LambdaSimulator lambda = after(environment(), "[" + flood.repeat(2000) + "[\"frame\", \"end\"]]");

        assertThat(lambda.telemetry().events(PlatformReport.class))
                .extracting(PlatformReport::status)
                .containsExactly(InvocationStatus.SUCCESS);
        assertThat(records(lambda)).hasSize(2001).last().isEqualTo("end");
    }
}

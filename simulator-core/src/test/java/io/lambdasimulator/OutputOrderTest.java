package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a participant has written comes before the records of what it did then: a function's lines before its
 * {@code platform.runtimeDone} (spec: production-captures §4.2). Here they are so many at once that reading them takes longer
 * than whatever the participant does next.
 */
class OutputOrderTest {

    private static final String NAME = "watcher";
    private static final Participant EXTENSION = Participant.extension(NAME);
    private static final int MANY = 30_000;
    private static final String MANY_LINES = "lines " + MANY;
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    @RegisterExtension
    final Stage stage = new Stage();

    private LambdaSimulator lambda;

    private void start(String... runtime) {
        lambda = stage.start(LambdaSimulator.builder().runtime(stage.runtime(runtime)));
    }

    private void startBesideExtension(String... extension) {
        lambda = stage.start(
                LambdaSimulator.builder().runtime(stage.runtime()).extension(NAME, stage.extension(NAME, extension)));
    }

    private void assertLinesOf(Participant participant, int count, Class<? extends Event> before) {
        List<EventLog.Entry> entries = lambda.eventLog().entries();
        long end = entries.stream()
                .filter(entry -> before.isInstance(entry.event()))
                .findFirst()
                .orElseThrow()
                .sequence();
        List<EventLog.Entry> lines = entries.stream()
                .filter(entry -> entry.event() instanceof Event.ProcessOutput output
                        && output.participant().equals(participant)
                        && output.line().equals("x"))
                .toList();
        assertThat(lines.size()).as("lines").isEqualTo(count);
        assertThat(lines.stream().filter(line -> line.sequence() > end).count())
                .as("lines behind the %s", before.getSimpleName())
                .isZero();
    }

    @Nested
    class Lines_of_a_runtime {

        @Test
        void come_before_it_is_done() {
            start();

            Invocation invocation = stage.submit("\"do " + MANY_LINES + "; respond\"");

            stage.assertReported(invocation, InvocationStatus.SUCCESS);
            assertLinesOf(Participant.RUNTIME, MANY, Event.RuntimeDone.class);
        }

        @Test
        void come_before_it_is_done_when_an_extension_takes_longer() {
            startBesideExtension("INVOKE", "await later");

            Invocation invocation = stage.submit("\"do " + MANY_LINES + "; respond\"");
            stage.awaitRuntimeDone();

            assertLinesOf(Participant.RUNTIME, MANY, Event.RuntimeDone.class);
            assertThat(invocation.completion()).isNotDone();
            stage.mark("later");
            stage.assertReported(invocation, InvocationStatus.SUCCESS);
        }

        @Test
        void come_before_its_timeout() {
            start();
            Invocation invocation = stage.submit("\"do " + MANY_LINES + "; mark busy; hang\"");
            stage.awaitMark("busy");

            stage.clock.advance(TIMEOUT);

            stage.assertReported(invocation, InvocationStatus.TIMEOUT);
            assertLinesOf(Participant.RUNTIME, MANY, Event.RuntimeDone.class);
        }

        @Test
        void come_before_it_is_done_with_an_invocation_that_a_failing_extension_ends() {
            startBesideExtension("INVOKE", "await written; exit 1");

            Invocation invocation = stage.submit("\"do " + MANY_LINES + "; mark written; hang\"");

            stage.assertReported(invocation, InvocationStatus.ERROR, "Extension.Crash");
            assertLinesOf(Participant.RUNTIME, MANY, Event.RuntimeDone.class);
        }

        @Test
        void come_before_it_is_done_when_the_environment_is_closed_right_after_the_answer() {
            start();

            lambda.invoke("\"do " + MANY_LINES + "; respond; hang\"");
            lambda.close();

            assertLinesOf(Participant.RUNTIME, MANY, Event.RuntimeDone.class);
            assertThat(lambda.invocations()).extracting("status").containsExactly(InvocationStatus.SUCCESS);
        }
    }

    @Nested
    @Tag("stress")
    class On_a_busy_machine {

        private final List<Thread> busy = new ArrayList<>();

        @BeforeEach
        void burn() {
            for (int i = 0; i < 4 * Runtime.getRuntime().availableProcessors(); i++) {
                Thread thread = new Thread(() -> {
                    while (!Thread.currentThread().isInterrupted()) {
                        Thread.onSpinWait();
                    }
                });
                thread.setDaemon(true);
                thread.start();
                busy.add(thread);
            }
        }

        @AfterEach
        void rest() {
            busy.forEach(Thread::interrupt);
        }

        @ParameterizedTest
        @EnumSource(names = {"NONE", "SIGNAL"})
        void every_line_lies_between_the_start_and_the_runtimeDone_of_its_invocation(FreezeMode freeze) {
            lambda = stage.startInRealTime(
                    LambdaSimulator.builder().freeze(freeze).runtime(stage.runtime()));
            int invocations = 200;
            for (int i = 0; i < invocations; i++) {
                lambda.invoke("\"do lines 100 " + i + "; respond\"");
            }
            lambda.close();

            int started = -1;
            boolean isDone = true;
            int lines = 0;
            for (EventLog.Entry entry : lambda.eventLog().entries()) {
                if (entry.event() instanceof Event.InvocationStarted) {
                    started++;
                    isDone = false;
                } else if (entry.event() instanceof Event.RuntimeDone) {
                    isDone = true;
                } else if (entry.event() instanceof Event.ProcessOutput output
                        && output.line().matches("\\d+")) {
                    assertThat(output.line()).as("%s", entry).isEqualTo(String.valueOf(started));
                    assertThat(isDone).as("%s after its runtimeDone", entry).isFalse();
                    lines++;
                }
            }
            assertThat(lines).isEqualTo(100 * invocations);
        }
    }

    @Nested
    class Lines_of_an_extension {

        @Test
        void come_before_the_report() {
            startBesideExtension("INVOKE", MANY_LINES);

            Invocation invocation = stage.submit("1");

            stage.assertReported(invocation, InvocationStatus.SUCCESS);
            assertLinesOf(EXTENSION, MANY, Event.InvocationCompleted.class);
        }
    }

    @Nested
    class Output {

        @Test
        void that_never_ends_holds_up_nobody() {
            start();

            stage.assertReported(stage.submit("\"do flood; respond\""), InvocationStatus.SUCCESS);
            for (int i = 0; i < 50; i++) {
                stage.assertReported(stage.submit("1"), InvocationStatus.SUCCESS);
            }
            Invocation last = stage.submit("\"do mark busy; hang\"");
            stage.awaitMark("busy");
            stage.clock.advance(TIMEOUT);
            stage.assertReported(last, InvocationStatus.TIMEOUT);
        }

        @Test
        void that_a_descendant_keeps_open_holds_up_nobody() {
            start();

            stage.assertReported(stage.submit("\"do leave-behind; respond\""), InvocationStatus.SUCCESS);
            stage.assertReported(stage.submit("1"), InvocationStatus.SUCCESS);
            stage.assertReported(
                    stage.submit("\"do leave-behind; exit 1\""), InvocationStatus.ERROR, "Runtime.ExitError");
            stage.assertRecovers();
        }
    }
}

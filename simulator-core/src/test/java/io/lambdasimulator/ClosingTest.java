package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Named.named;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.participant.ExtensionContext;
import io.lambdasimulator.participant.ExtensionProgram;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClosingTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** An extension that ignores its {@code SHUTDOWN}. */
    private static ExtensionProgram stubborn(ExtensionContext api) {
        ExtensionClient client = new ExtensionClient(api.runtimeApi(), "stubborn", "SHUTDOWN");
        return () -> {
            while (true) {
                client.pollInBackground().get();
            }
        };
    }

    @Test
    void an_invocation_under_way_is_answered_and_the_queued_ones_are_told_of_the_shutdown() {
        CountDownLatch never = new CountDownLatch(1);
        Invocation running;
        Invocation queued;
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) -> {
                    never.await();
                    return event;
                })
                .start()) {
            running = lambda.submit(InvocationRequest.builder().requestId("r-1").build());
            queued = lambda.submit(InvocationRequest.of("{}"));
            lambda.eventLog().await(Event.EventDelivered.class, delivered -> true, LIMIT);
        }

        assertThat(running.awaitAnswer(LIMIT).payloadText())
                .isEqualTo("{\"errorType\":\"Sandbox.Failure\",\"errorMessage\":\"RequestId: r-1 Error: "
                        + "the execution environment was shut down (spindown)\"}");
        assertThat(running.awaitCompletion(LIMIT).status()).isEqualTo(InvocationStatus.FAILURE);
        assertThatThrownBy(() -> queued.awaitAnswer(LIMIT))
                .isInstanceOf(InvocationRejectedException.class)
                .hasMessage("the execution environment was shut down (spindown) before it was this invocation's turn");
    }

    @Test
    void a_closed_environment_takes_no_invocation_and_can_be_closed_again() {
        LambdaSimulator lambda =
                LambdaSimulator.builder().runtime((event, context) -> event).start();
        lambda.close();
        lambda.close();

        assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.CLOSED);
        assertThatThrownBy(() -> lambda.invoke("{}"))
                .isInstanceOf(InvocationRejectedException.class)
                .hasMessage("the execution environment is shut down");
    }

    @Test
    void who_closes_while_another_does_waits_for_the_end() {
        LambdaSimulator lambda = LambdaSimulator.builder()
                .extension("stubborn", ClosingTest::stubborn)
                .runtime((event, context) -> event)
                .start()
                .awaitInit(LIMIT);
        CompletableFuture<Void> other = CompletableFuture.runAsync(lambda::close);
        lambda.eventLog().await(Event.ShutdownStarted.class, started -> true, LIMIT);

        lambda.close();

        assertThat(lambda.eventLog().events(Event.ParticipantExited.class)).hasSize(2);
        assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.CLOSED);
        assertThat(other).succeedsWithin(LIMIT);
    }

    @Test
    void closing_during_init_ends_what_was_launched() {
        LambdaSimulator lambda = LambdaSimulator.builder()
                .extension("never-registers", Command.of("sleep", "1000"))
                .runtime((event, context) -> event)
                .start();
        long pid = lambda.eventLog()
                .await(Event.ParticipantStarted.class, started -> started.pid().isPresent(), LIMIT)
                .pid()
                .orElseThrow();

        lambda.close();

        assertThat(ProcessHandle.of(pid)).isEmpty();
        assertThatThrownBy(() -> lambda.awaitInit(LIMIT))
                .hasMessage("the execution environment was shut down (spindown) before init was complete");
    }

    @Test
    void an_extension_that_ignores_its_shutdown_is_killed_at_the_deadline() {
        LambdaSimulator lambda = LambdaSimulator.builder()
                .extension("stubborn", ClosingTest::stubborn)
                .runtime((event, context) -> event)
                .start()
                .awaitInit(LIMIT);

        lambda.close();

        Event.ShutdownStarted shutdown =
                lambda.eventLog().events(Event.ShutdownStarted.class).get(0);
        Event.ParticipantExited exit = lambda.eventLog().events(Event.ParticipantExited.class).stream()
                .filter(exited -> exited.participant().name().equals("stubborn"))
                .findFirst()
                .orElseThrow();
        assertThat(exit.exit().describe()).isEqualTo("signal: killed");
        assertThat(lambda.eventLog().entries())
                .filteredOn(entry -> entry.event() == exit)
                .first()
                .satisfies(entry -> assertThat(entry.time()).isAfterOrEqualTo(shutdown.deadline()));
    }

    static List<Named<Consumer<LambdaSimulator>>> ends() {
        return List.of(
                named("close", LambdaSimulator::close),
                named("shutdown", lambda -> lambda.shutdown(ShutdownReason.SPINDOWN)));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void a_process_that_has_become_a_daemon_does_not_stay(Consumer<LambdaSimulator> end) {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime(Command.of(
                        "sh", "-c", "(setsid sh -c 'echo $$; exec sleep 1000' &); sleep 1000")) // forked twice
                .start()) {
            long daemon = Long.parseLong(lambda.eventLog()
                    .await(Event.ProcessOutput.class, output -> true, LIMIT)
                    .line());
            assertThat(ProcessHandle.of(daemon)).isPresent();

            end.accept(lambda);

            ProcessHandle.of(daemon)
                    .ifPresent(handle -> assertThat(handle.onExit()).succeedsWithin(LIMIT));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec 3<&0; exec sh -c \"$PROGRAM\"",
                "exec 3<&0; exec setsid sh -c \"$PROGRAM\"",
                "exec 3<&0; (setsid sh -c \"$PROGRAM\" &); exec sleep 1000 > /dev/null # its parent ends"
            })
    void a_process_that_the_user_started_is_left_alone(String start) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", start);
        builder.environment().put("PROGRAM", "echo $$; read line <&3; echo said $line");
        Process own;
        BufferedReader output;
        try (LambdaSimulator lambda =
                LambdaSimulator.builder().runtime(Command.of("sleep", "1000")).start()) {
            lambda.eventLog().await(Event.ParticipantStarted.class, started -> true, LIMIT);
            builder.environment().put("AWS_LAMBDA_RUNTIME_API", lambda.runtimeApi());
            own = builder.start();
            output = own.inputReader(StandardCharsets.UTF_8);
            long pid = Long.parseLong(output.readLine());
            if (start.contains("its parent ends")) { // only then it has to be said whose it is
                lambda.registerProcess(Participant.extension("own"), pid);
            }
        }

        try {
            own.outputWriter(StandardCharsets.UTF_8).append("goodbye\n").close();
            assertThat(output.readLine()).isEqualTo("said goodbye");
        } finally {
            own.destroyForcibly();
        }
    }

    @Test
    void an_invocation_whose_caller_has_its_answer_is_no_failure_when_the_environment_closes() {
        Invocation invocation;
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .declareExtension("busy")
                .runtime((event, context) -> event)
                .start()) {
            var unused = new ExtensionClient(lambda.runtimeApi(), "busy", "INVOKE").pollInBackground();
            invocation = lambda.submit(InvocationRequest.of("{}"));
            invocation.awaitAnswer(LIMIT);
        }

        assertThat(invocation.awaitCompletion(LIMIT).status()).isEqualTo(InvocationStatus.SUCCESS);
    }

    @Test
    void a_handler_that_ignores_its_interrupt_counts_as_killed() {
        AtomicBoolean over = new AtomicBoolean();
        LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) -> {
                    while (!over.get()) {
                        Thread.onSpinWait();
                    }
                    return event;
                })
                .start();
        lambda.submit(InvocationRequest.of("{}"));
        lambda.eventLog().await(Event.EventDelivered.class, delivered -> true, LIMIT);

        lambda.close();

        over.set(true);
        assertThat(lambda.eventLog().events(Event.ParticipantExited.class))
                .extracting(exited -> exited.exit().describe())
                .containsExactly("signal: killed");
    }

    @Test
    void a_wait_for_an_event_ends_with_the_environment() {
        LambdaSimulator lambda =
                LambdaSimulator.builder().runtime((event, context) -> event).start();
        CompletableFuture<Event> wait = CompletableFuture.supplyAsync(
                () -> lambda.eventLog().await(Event.SignalSent.class, sent -> false, Duration.ofHours(1)));

        lambda.close();

        assertThat(wait)
                .failsWithin(LIMIT)
                .withThrowableThat()
                .withMessageContaining("no SignalSent as expected before the environment was closed");
    }

    @RepeatedTest(20)
    void whoever_invokes_while_another_closes_gets_an_answer_or_a_rejection() throws Exception {
        LambdaSimulator lambda =
                LambdaSimulator.builder().runtime((event, context) -> event).start();
        CountDownLatch someAnswered = new CountDownLatch(5);
        List<CompletableFuture<Integer>> callers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            callers.add(CompletableFuture.supplyAsync(() -> {
                int answered = 0;
                while (true) {
                    try {
                        lambda.submit(InvocationRequest.of("{}")).answer().get(10, TimeUnit.SECONDS);
                        answered++;
                        someAnswered.countDown();
                    } catch (InvocationRejectedException e) {
                        return answered;
                    } catch (ExecutionException e) {
                        assertThat(e).hasCauseInstanceOf(InvocationRejectedException.class);
                        return answered;
                    } catch (Exception e) {
                        throw new AssertionError("an invocation was lost", e);
                    }
                }
            }));
        }
        someAnswered.await();

        lambda.close();

        for (CompletableFuture<Integer> caller : callers) {
            assertThat(caller).succeedsWithin(LIMIT);
        }
    }
}

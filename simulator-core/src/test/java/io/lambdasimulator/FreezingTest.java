package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FrozenInterval;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.ShutdownReport;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreezingTest {

    private static LambdaSimulator.Builder builder() {
        return LambdaSimulator.builder().freeze(FreezeMode.SIGNAL);
    }

    /** A client that connects by itself, so that the processes need no HTTP. */
    private static BareRuntime ready(LambdaSimulator lambda) {
        BareRuntime runtime = new BareRuntime(lambda);
        runtime.poll();
        return runtime;
    }

    @Nested
    class The_environment {

        @Test
        void freezes_after_init_and_after_each_invocation_and_thaws_for_the_next() {
            try (LambdaSimulator lambda =
                    builder().runtime((event, context) -> event).start()) {
                lambda.awaitFrozen(Wire.PATIENCE);
                assertThat(lambda.invoke("1").payloadText()).isEqualTo("1");
                lambda.awaitFrozen(Wire.PATIENCE);
                assertThat(lambda.invoke("2").payloadText()).isEqualTo("2");
                lambda.awaitFrozen(Wire.PATIENCE);

                assertThat(lambda.freezeCount()).isEqualTo(3);
                List<FrozenInterval> intervals = lambda.frozenIntervals();
                assertThat(intervals).hasSize(3);
                assertThat(intervals.get(2).until()).isEmpty();
                assertThat(intervals.get(0).until().orElseThrow())
                        .isBeforeOrEqualTo(intervals.get(1).from());
                assertThat(lambda.describeWaiting()).isEqualTo("the environment is idle and frozen");
            }
        }

        @Test
        void does_not_freeze_when_told_not_to() {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                    .freeze(FreezeMode.NONE)
                    .runtime((event, context) -> event)
                    .start()) {
                lambda.submit(InvocationRequest.of("1")).awaitCompletion(Wire.PATIENCE);
                lambda.submit(InvocationRequest.of("1")).awaitCompletion(Wire.PATIENCE);

                assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.READY);
                assertThat(lambda.freezeCount()).isZero();
            }
        }

        @Test
        void does_not_freeze_while_an_extension_has_not_polled() {
            try (LambdaSimulator lambda = builder().declareExtension("busy").start();
                    BareRuntime runtime = ready(lambda);
                    BareExtension extension = BareExtension.register(lambda, "busy", "INVOKE")) {
                extension.poll();
                lambda.awaitFrozen(Wire.PATIENCE);
                lambda.submit(InvocationRequest.of("1"));
                runtime.echo();
                extension.reply();
                lambda.eventLog().await(Event.RuntimeDone.class, done -> true, Wire.PATIENCE);
                assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.INVOKE);

                extension.poll();

                lambda.awaitFrozen(Wire.PATIENCE);
                List<Class<?>> order = new ArrayList<>();
                lambda.eventLog()
                        .entries()
                        .forEach(entry -> order.add(entry.event().getClass()));
                assertThat(order.lastIndexOf(Event.EnvironmentFrozen.class))
                        .isGreaterThan(order.lastIndexOf(Event.InvocationCompleted.class));
                assertThat(lambda.eventLog().events(Event.EnvironmentFrozen.class))
                        .allSatisfy(frozen -> assertThat(frozen.running())
                                .containsExactly(Participant.RUNTIME, Participant.extension("busy")));
            }
        }
    }

    @Nested
    class Runtime_and_extension {

        @Test
        void do_nothing_while_frozen_and_lose_nothing_of_what_arrives_meanwhile(@TempDir Path directory)
                throws IOException {
            try (FreezingProof proof = new FreezingProof(directory)) {
                FreezingProof.Outcome outcome = proof.run(50, 5);

                assertThat(outcome.freezes()).isGreaterThanOrEqualTo(50);
                assertThat(outcome.cutShort()).isGreaterThanOrEqualTo(5);
            }
        }
    }

    @Nested
    class A_process {

        private static final String NAME = "ticker";

        /** Writes the time, again and again, by itself and by a child. */
        private static final Command TICKER =
                Command.of("sh", "-c", "tick() { while :; do date +%s%N; sleep 0.002; done; }; tick & tick");

        private LambdaSimulator lambda;
        private BareRuntime runtime;
        private BareExtension extension;

        private void start(LambdaSimulator.Builder builder) {
            lambda = builder.start();
            connect();
        }

        private void connect() {
            runtime = new BareRuntime(lambda);
            extension = BareExtension.register(lambda, NAME, "INVOKE", "SHUTDOWN");
            runtime.poll();
            extension.poll();
        }

        private void invoke(String payload) {
            Invocation invocation = lambda.submit(InvocationRequest.of(payload));
            runtime.echo();
            extension.reply();
            extension.poll();
            assertThat(invocation.awaitCompletion(Wire.PATIENCE).errorType()).isEmpty();
        }

        private void close() {
            runtime.close();
            extension.close();
            lambda.close();
        }

        private List<Instant> ticks() {
            return lambda.eventLog().events(Event.ProcessOutput.class).stream()
                    .map(line -> Instant.EPOCH.plusNanos(Long.parseLong(line.line())))
                    .toList();
        }

        @Test
        void and_its_children_do_nothing_in_the_frozen_intervals() {
            start(builder().extension(NAME, TICKER));
            for (int i = 0; i < 10; i++) {
                lambda.awaitFrozen(Wire.PATIENCE);
                invoke(Integer.toString(i));
            }
            lambda.awaitFrozen(Wire.PATIENCE);

            assertThat(lambda.frozenIntervals()).hasSize(11);
            for (FrozenInterval frozen : lambda.frozenIntervals()) {
                Instant until = frozen.until().orElse(Instant.MAX);
                assertThat(ticks()).noneMatch(tick -> tick.isAfter(frozen.from()) && tick.isBefore(until));
            }
            assertThat(lambda.eventLog().events(Event.EnvironmentFrozen.class)).allSatisfy(frozen -> {
                assertThat(frozen.stopped()).containsExactly(Participant.extension(NAME));
                assertThat(frozen.running()).containsExactly(Participant.RUNTIME);
            });
            close();
        }

        @Test
        void is_thawed_before_its_shutdown() {
            lambda = builder()
                    .extension(
                            NAME,
                            Command.of(
                                    "sh",
                                    "-c",
                                    "trap 'echo told; exit 7' USR1; echo ready; while :; do sleep 0.01; done"))
                    .start();
            lambda.eventLog()
                    .await(Event.ProcessOutput.class, line -> line.line().equals("ready"), Wire.PATIENCE);
            connect();
            lambda.awaitFrozen(Wire.PATIENCE);
            CompletableFuture<ShutdownReport> shutdown =
                    CompletableFuture.supplyAsync(() -> lambda.shutdown(ShutdownReason.SPINDOWN));

            assertThat(extension.reply().text()).contains("\"shutdownReason\":\"spindown\"");
            signal("USR1", lambda.process(Participant.extension(NAME)).pid().orElseThrow());

            ShutdownReport report = shutdown.orTimeout(10, TimeUnit.SECONDS).join();
            assertThat(report.reason()).isEqualTo(ShutdownReason.SPINDOWN);
            ShutdownReport.End end = report.of(Participant.extension(NAME)).orElseThrow();
            assertThat(end.receivedShutdown()).isTrue();
            assertThat(end.exit()).contains(new ProcessExit.Code(7));
            assertThat(end.killedAt()).isEmpty();
            assertThat(end.endedAt()).isPresent();
            close();
        }

        @Test
        void that_is_killed_while_frozen_fails_the_next_invocation_at_once_and_the_one_after_it_runs()
                throws Exception {
            start(builder().extension(NAME, Command.of("sleep", "1000")));
            lambda.awaitFrozen(Wire.PATIENCE);
            signal("KILL", lambda.process(Participant.extension(NAME)).pid().orElseThrow());
            lambda.eventLog().await(Event.EnvironmentFailed.class, failed -> true, Wire.PATIENCE);

            Invocation fails = lambda.submit(InvocationRequest.of("1"));

            assertThat(fails.awaitAnswer(Wire.PATIENCE).payloadText())
                    .isEqualTo("{\"errorMessage\":\"RequestId: " + fails.requestId()
                            + " Error: signal: killed\",\"errorType\":\"Extension.Crash\"}");
            lambda.awaitPhase(EnvironmentPhase.FAILED, Wire.PATIENCE);
            runtime.close();
            extension.close();
            Invocation next = lambda.submit(InvocationRequest.of("2"));
            runtime = new BareRuntime(lambda);
            extension = BareExtension.register(lambda, NAME, "INVOKE", "SHUTDOWN");
            runtime.poll();
            extension.poll();
            runtime.echo();
            assertThat(next.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("2");
            close();
        }
    }

    @Nested
    class A_kill {

        @Test
        void of_a_runtime_is_out_of_memory_in_the_report_alone() {
            try (LambdaSimulator lambda =
                            builder().runtime(Command.of("sleep", "1000")).start();
                    BareRuntime runtime = ready(lambda)) {
                lambda.awaitInit(Wire.PATIENCE);
                Invocation invocation = lambda.submit(InvocationRequest.of("1"));
                runtime.reply();

                signal("KILL", lambda.process(Participant.RUNTIME).pid().orElseThrow());

                assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText())
                        .isEqualTo("{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: "
                                + invocation.requestId() + " Error: Runtime exited with error: signal: killed\"}");
                assertThat(invocation.awaitCompletion(Wire.PATIENCE).errorType())
                        .contains("Runtime.OutOfMemory");
            }
        }

        @Test
        void of_a_runtime_after_an_extension_has_reported_its_error_is_that_error() {
            try (LambdaSimulator lambda = builder()
                            .runtime(Command.of("sleep", "1000"))
                            .extension("ext", Command.of("sleep", "1000"))
                            .start();
                    BareExtension extension = BareExtension.register(lambda, "ext", "INVOKE");
                    BareRuntime runtime = new BareRuntime(lambda)) {
                extension.poll();
                lambda.eventLog()
                        .await(
                                Event.ParticipantStarted.class,
                                started -> started.participant().equals(Participant.RUNTIME),
                                Wire.PATIENCE);
                runtime.poll();
                Invocation invocation = lambda.submit(InvocationRequest.of("1"));
                runtime.reply();
                extension.reply();
                extension.exitError("Extension.Odd").assertAccepted();

                signal("KILL", lambda.process(Participant.RUNTIME).pid().orElseThrow());

                assertThat(invocation.awaitAnswer(Wire.PATIENCE).errorType()).contains("Extension.ExitError");
                assertThat(invocation.awaitCompletion(Wire.PATIENCE).errorType())
                        .contains("Extension.ExitError");
            }
        }
    }

    @Nested
    class A_process_of_the_tests_own {

        @Test
        void freezes_once_it_is_registered_and_until_it_is_not(@TempDir Path directory) throws IOException {
            Path ticks = directory.resolve("ticks");
            Process process = new ProcessBuilder("sh", "-c", "while :; do date +%s%N >> ticks; sleep 0.002; done")
                    .directory(directory.toFile())
                    .start();
            try (LambdaSimulator lambda = builder().start();
                    BareRuntime runtime = new BareRuntime(lambda)) {
                lambda.registerProcess(Participant.RUNTIME, process.pid());
                runtime.poll();
                lambda.awaitFrozen(Wire.PATIENCE);
                assertThat(lambda.eventLog().events(Event.EnvironmentFrozen.class))
                        .singleElement()
                        .satisfies(frozen -> {
                            assertThat(frozen.stopped()).containsExactly(Participant.RUNTIME);
                            assertThat(frozen.running()).isEmpty();
                        });
                long before = Files.size(ticks);
                assertThat(Files.size(ticks)).isEqualTo(before);

                lambda.unregisterProcess(Participant.RUNTIME);

                awaitGrowth(ticks, before);
                assertThat(process.isAlive()).isTrue();
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }

        @Test
        void is_refused_when_it_is_this_jvm() {
            try (LambdaSimulator lambda = builder().start()) {
                assertThatThrownBy(() -> lambda.registerProcess(
                                Participant.RUNTIME, ProcessHandle.current().pid()))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("it is this JVM");
            }
        }

        private static void awaitGrowth(Path file, long size) throws IOException {
            long end = System.nanoTime() + Wire.PATIENCE.toNanos();
            while (Files.size(file) <= size) {
                assertThat(System.nanoTime()).as("the file has grown").isLessThan(end);
                Thread.onSpinWait();
            }
        }
    }

    @Nested
    class An_extension_in_the_JVM {

        @Test
        void has_its_timers_held_back_until_the_thaw() throws InterruptedException {
            VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
            BlockingQueue<Instant> runs = new LinkedBlockingQueue<>();
            try (LambdaSimulator lambda = builder()
                    .time(clock)
                    .runtime((event, context) -> event)
                    .extension("timed", context -> () -> {
                        ExtensionClient client = new ExtensionClient(context.runtimeApi(), "timed", "INVOKE");
                        while (client.pollInBackground().get().contains("INVOKE")) {
                            var unused = context.scheduler()
                                    .schedule(() -> runs.add(context.clock().instant()), 10, TimeUnit.SECONDS);
                        }
                    })
                    .start()) {
                lambda.invoke("1");
                lambda.awaitFrozen(Wire.PATIENCE);
                clock.advance(Duration.ofSeconds(60));
                assertThat(runs).isEmpty();

                lambda.invoke("2");

                assertThat(runs.poll(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                        .isEqualTo(Instant.parse("2026-01-01T00:01:00Z"));
            }
        }
    }

    private static void signal(String name, long pid) {
        try {
            new ProcessBuilder("kill", "-s", name, Long.toString(pid)).start().waitFor();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void of_what_the_simulator_runs_itself_needs_no_registration() throws IOException {
        Process other = new ProcessBuilder("sleep", "60").start();
        try (LambdaSimulator lambda =
                LambdaSimulator.builder().runtime((event, context) -> event).start()) {
            assertThatThrownBy(() -> lambda.registerProcess(Participant.RUNTIME, other.pid()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is launched by the simulator, which freezes it anyway");
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void that_is_off_is_said_by_who_waits_for_it() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) -> event)
                .freeze(FreezeMode.NONE)
                .start()
                .awaitInit(Wire.PATIENCE)) {
            assertThatThrownBy(() -> lambda.awaitFrozen(Duration.ofMillis(1)))
                    .hasMessageContaining("the environment is idle and does not freeze");
        }
    }
}

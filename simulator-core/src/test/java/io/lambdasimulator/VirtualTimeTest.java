package io.lambdasimulator;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.ShutdownReport;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.time.VirtualClock;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** More than closing takes on a loaded machine, less than when nobody moves the clock. */
    private static final Duration SHORT = Duration.ofSeconds(5);

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final VirtualClock clock = VirtualClock.startingAt(START);
    private final CompletableFuture<byte[]> never = new CompletableFuture<>();

    private LambdaSimulator.Builder builder() {
        return LambdaSimulator.builder().time(clock);
    }

    private static FunctionConfiguration timeout(Duration timeout) {
        return FunctionConfiguration.builder().timeout(timeout).build();
    }

    private static Duration took(Runnable action) {
        long start = System.nanoTime();
        action.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** When something happened, since the clock's start. */
    private static <E extends Event> Duration timeOf(LambdaSimulator lambda, Class<E> type) {
        return lambda.eventLog().entries().stream()
                .filter(entry -> type.isInstance(entry.event()))
                .map(EventLog.Entry::time)
                .map(time -> Duration.between(START, time))
                .findFirst()
                .orElseThrow();
    }

    private static Duration exitOf(LambdaSimulator lambda, Participant participant, String how) {
        return lambda.eventLog().entries().stream()
                .filter(entry -> entry.event() instanceof Event.ParticipantExited exited
                        && exited.participant().equals(participant)
                        && exited.exit().describe().equals(how))
                .map(entry -> Duration.between(START, entry.time()))
                .findFirst()
                .orElseThrow(() -> new AssertionError(participant + " did not end so:\n" + lambda.timeline()));
    }

    /** An extension that asks for the next event until the connection breaks. */
    private static void pollForEver(ExtensionClient client) throws Exception {
        while (true) {
            client.pollInBackground().get();
        }
    }

    @Nested
    class LongTimes {

        @Test
        void an_init_timeout_of_10_s_a_function_timeout_of_15_min_and_a_shutdown_of_2_s_take_no_time() {
            Duration real = took(() -> {
                LambdaSimulator late = builder()
                        .declareExtension("absent")
                        .runtime((event, context) -> event)
                        .start();
                clock.advance(Duration.ofSeconds(10));
                assertThat(late.eventLog().events(Event.InitReported.class))
                        .first()
                        .satisfies(report -> {
                            assertThat(report.status()).isEqualTo(InvocationStatus.TIMEOUT);
                            assertThat(report.duration()).isEqualTo(Duration.ofSeconds(10));
                        });
                late.close();

                Instant invoked = clock.instant();
                LambdaSimulator slow = builder()
                        .function(timeout(Duration.ofMinutes(15)))
                        .runtime((event, context) -> clock.await(never))
                        .start();
                Invocation invocation = slow.submit(InvocationRequest.of("{}"));
                clock.advance(Duration.ofMinutes(15));
                InvocationReport report = invocation.awaitCompletion(Duration.ZERO);
                assertThat(report.status()).isEqualTo(InvocationStatus.TIMEOUT);
                assertThat(report.runtimeDoneAt()).contains(invoked.plusSeconds(900));
                slow.close();

                LambdaSimulator stubborn = builder()
                        .extension("stubborn", context -> {
                            ExtensionClient client = new ExtensionClient(context.runtimeApi(), "stubborn", "SHUTDOWN");
                            return () -> pollForEver(client);
                        })
                        .runtime((event, context) -> event)
                        .start();
                clock.settle();
                Instant closed = clock.instant();
                stubborn.close();
                assertThat(exitOf(stubborn, Participant.extension("stubborn"), "signal: killed"))
                        .isEqualTo(Duration.between(START, closed.plusSeconds(2)));
            });

            assertThat(real).isLessThan(Duration.ofMinutes(1)); // whatever else the machine does
        }

        @Test
        void a_runtime_that_sleeps_is_answered_for_at_the_instant_it_wakes() {
            try (LambdaSimulator lambda = builder()
                    .function(timeout(Duration.ofMinutes(1)))
                    .runtime((event, context) -> {
                        clock.sleep(Duration.ofSeconds(42));
                        return event;
                    })
                    .start()) {
                Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

                clock.advance(Duration.ofSeconds(50));

                InvocationReport report = invocation.awaitCompletion(Duration.ZERO);
                assertThat(report.status()).isEqualTo(InvocationStatus.SUCCESS);
                assertThat(report.duration()).isEqualTo(Duration.ofSeconds(42));
            }
        }
    }

    @Nested
    class Settling {

        @Test
        void init_and_whatever_was_invoked_are_over_before_time_goes_on() {
            try (LambdaSimulator lambda = builder()
                    .extension("listener", context -> {
                        ExtensionClient client = new ExtensionClient(context.runtimeApi(), "listener", "INVOKE");
                        return () -> pollForEver(client);
                    })
                    .runtime((event, context) -> event)
                    .start()) {
                clock.settle();
                assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.FROZEN);
                for (int i = 0; i < 50; i++) {
                    Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

                    clock.advance(Duration.ofSeconds(1));

                    InvocationReport report = invocation.awaitCompletion(Duration.ZERO);
                    assertThat(report.duration()).isZero();
                    assertThat(report.startedAt()).isEqualTo(START.plusSeconds(i));
                }
            }
        }

        @Test
        void a_task_that_calls_the_api_is_answered_at_its_own_instant() {
            List<Instant> answered = Collections.synchronizedList(new ArrayList<>());
            try (LambdaSimulator lambda =
                    builder().runtime((event, context) -> event).start()) {
                var unused = clock.scheduleAtFixedRate(
                        () -> {
                            ping(lambda);
                            answered.add(clock.instant());
                        },
                        60,
                        60,
                        SECONDS);

                clock.advance(Duration.ofMinutes(15));

                assertThat(answered).hasSize(15).last().isEqualTo(START.plusSeconds(900));
                assertThat(lambda.eventLog().entries())
                        .filteredOn(entry -> entry.event() instanceof Event.CallAnswered answer
                                && answer.path().endsWith("/ping"))
                        .extracting(EventLog.Entry::time)
                        .isEqualTo(answered);
            }
        }

        @Test
        void names_a_function_that_waits_in_real_time() throws Exception {
            CountDownLatch latch = new CountDownLatch(1);
            try (LambdaSimulator lambda = builder()
                    .runtime((event, context) -> {
                        latch.await();
                        return event;
                    })
                    .start()) {
                lambda.submit(InvocationRequest.of("{}"));

                assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(3), Duration.ofMillis(100)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith(
                                "time does not go on from 2026-01-01T00:00:00Z: not settled within 100 ms"
                                        + " of real time; busy: runtime, in this JVM, at io.lambdasimulator.VirtualTimeTest")
                        .hasMessageContaining("VirtualClock.sleep or await");

                latch.countDown();
                clock.advance(Duration.ofSeconds(1));
            }
        }

        @Test
        void waits_for_a_request_until_it_is_answered() {
            try (LambdaSimulator lambda = builder().start();
                    BareRuntime runtime = new BareRuntime(lambda).park()) {
                lambda.submit(InvocationRequest.builder().requestId("r-1").build());
                BareRuntime.requestIdOf(runtime.reply());
                new Moments(lambda)
                        .bringsRuntimeTo(
                                RuntimeState.INVOCATION_RESPONSE,
                                () -> runtime.wire().head("POST", BareRuntime.response("r-1"), "Content-Length: 2"));

                assertThatThrownBy(() -> clock.settle(Duration.ofMillis(50)))
                        .hasMessageContaining("busy: POST /2018-06-01/runtime/invocation/r-1/response.");

                runtime.wire().send("{}");
                runtime.reply().assertAccepted();
                clock.settle();
            }
        }

        @Test
        void does_not_wait_for_the_rest_of_a_body_that_nobody_wants() {
            try (LambdaSimulator lambda = builder().start();
                    Wire refused = new Wire(lambda.runtimeApi());
                    Wire unrouted = new Wire(lambda.runtimeApi())) {
                answers(lambda, 400, () -> refused.head("POST", BareRuntime.response("unknown"), "Content-Length: 2"));
                answers(lambda, 404, () -> unrouted.head("POST", "/nowhere", "Content-Length: 2"));

                clock.advance(Duration.ofSeconds(1));
            }
        }

        private void answers(LambdaSimulator lambda, int status, Runnable call) {
            new Moments(lambda).causes(Event.CallAnswered.class, answer -> answer.status() == status, call);
        }

        @Test
        void does_not_wait_for_callers_at_the_front_door() throws Exception {
            try (LambdaSimulator lambda = builder()
                    .frontDoor()
                    .runtime((event, context) -> clock.await(never))
                    .start()) {
                CompletableFuture<HttpResponse<String>> call = HTTP.sendAsync(
                        HttpRequest.newBuilder(lambda.frontDoor()
                                        .orElseThrow()
                                        .resolve("/2015-03-31/functions/test-function/invocations"))
                                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                                .build(),
                        BodyHandlers.ofString());
                lambda.eventLog().await(Event.InvocationStarted.class, started -> true, LIMIT);

                clock.advance(Duration.ofSeconds(3));

                assertThat(call.get(10, SECONDS).body()).contains("Task timed out after 3.00 seconds");
                assertThat(timeOf(lambda, Event.InvocationAnswered.class)).isEqualTo(Duration.ofSeconds(3));
            }
        }

        @Test
        void waits_for_callbacks_of_futures() {
            try (LambdaSimulator lambda =
                    builder().runtime((event, context) -> event).start()) {
                AtomicBoolean called = new AtomicBoolean();
                var unused = lambda.submit(InvocationRequest.of("{}"))
                        .completion()
                        .thenAccept(report -> {
                            ping(lambda);
                            called.set(true);
                        });

                clock.advance(Duration.ofSeconds(1));

                assertThat(called).isTrue();
            }
        }

        @Test
        void waits_for_the_end_of_a_process_that_is_killed() {
            try (LambdaSimulator lambda = builder()
                    .declareExtension("absent")
                    .extension("sleeper", Command.of("sleep", "1000"))
                    .start()) {
                clock.advance(Duration.ofSeconds(10));

                assertThat(exitOf(lambda, Participant.extension("sleeper"), "signal: killed"))
                        .isEqualTo(Duration.ofSeconds(10));
            }
        }

        @Test
        void spans_all_environments_of_a_clock() {
            try (LambdaSimulator one =
                            builder().runtime((event, context) -> event).start();
                    LambdaSimulator two = builder()
                            .runtime((event, context) -> clock.await(never))
                            .start()) {
                Invocation first = one.submit(InvocationRequest.of("{}"));
                Invocation second = two.submit(InvocationRequest.of("{}"));

                clock.advance(Duration.ofSeconds(3));

                assertThat(first.awaitCompletion(Duration.ZERO).duration()).isZero();
                assertThat(second.awaitCompletion(Duration.ZERO).status()).isEqualTo(InvocationStatus.TIMEOUT);
            }
        }

        @Test
        void a_participant_that_shuts_the_clocks_scheduler_down_stops_no_deadline() {
            clock.shutdownNow();
            try (LambdaSimulator lambda =
                    builder().runtime((event, context) -> clock.await(never)).start()) {
                Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

                clock.advance(Duration.ofSeconds(3));

                assertThat(invocation.awaitCompletion(Duration.ZERO).status()).isEqualTo(InvocationStatus.TIMEOUT);
            }
        }

        @Test
        void a_clock_and_another_scheduler_can_be_combined() {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                    .time(clock, clock)
                    .runtime((event, context) -> clock.await(never))
                    .start()) {
                Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

                clock.advance(Duration.ofSeconds(3));

                assertThat(invocation.awaitCompletion(Duration.ZERO).status()).isEqualTo(InvocationStatus.TIMEOUT);
            }
            assertThat(clock.isShutdown()).isFalse();
        }

        private void ping(LambdaSimulator lambda) {
            try {
                HTTP.send(
                        HttpRequest.newBuilder(URI.create("http://" + lambda.runtimeApi() + "/2018-06-01/ping"))
                                .build(),
                        BodyHandlers.ofString());
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    @Nested
    class Freezing {

        @Test
        void holds_the_timers_of_an_extension_in_this_jvm_until_the_next_invocation() {
            List<Duration> runs = Collections.synchronizedList(new ArrayList<>());
            try (LambdaSimulator lambda = builder()
                    .extension("flusher", context -> {
                        ExtensionClient client = new ExtensionClient(context.runtimeApi(), "flusher", "INVOKE");
                        var unused = context.scheduler()
                                .schedule(
                                        () -> runs.add(Duration.between(
                                                START, context.clock().instant())),
                                        60,
                                        SECONDS);
                        return () -> pollForEver(client);
                    })
                    .runtime((event, context) -> event)
                    .start()) {
                clock.advance(Duration.ofHours(1));
                assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.FROZEN);
                assertThat(runs).isEmpty();

                lambda.submit(InvocationRequest.of("{}"));
                clock.settle();

                assertThat(runs).containsExactly(Duration.ofHours(1));
            }
        }
    }

    @Nested
    class Closing {

        @Test
        void and_shutting_down_pass_the_budgets() {
            try (LambdaSimulator lambda = builder()
                    .extension("stubborn", context -> {
                        ExtensionClient client = new ExtensionClient(context.runtimeApi(), "stubborn", "SHUTDOWN");
                        return () -> pollForEver(client);
                    })
                    .runtime((event, context) -> event)
                    .start()) {
                clock.settle();

                ShutdownReport report = lambda.shutdown(ShutdownReason.SPINDOWN);

                assertThat(report.of(Participant.extension("stubborn"))
                                .orElseThrow()
                                .killedAt())
                        .contains(START.plusSeconds(2));
            }
        }

        @Test
        void a_process_that_ignores_sigterm_is_ended_promptly_and_its_budget_is_simulated() {
            LambdaSimulator lambda = builder()
                    .declareExtension("client")
                    .runtime(Command.of("sh", "-c", "trap '' TERM; echo trapped; while true; do sleep 1000; done"))
                    .start();
            var unused = new ExtensionClient(lambda.runtimeApi(), "client").pollInBackground();
            lambda.eventLog().await(Event.ProcessOutput.class, output -> true, LIMIT);

            Duration real = took(lambda::close);

            assertThat(exitOf(lambda, Participant.RUNTIME, "signal: killed")).isEqualTo(Duration.ofMillis(300));
            assertThat(real).isLessThan(SHORT);
        }

        @Test
        void a_process_that_ends_by_itself_has_real_time_for_it_and_takes_no_simulated_one() {
            LambdaSimulator lambda = builder()
                    .declareExtension("client")
                    .runtime(
                            Command.of("sh", "-c", "trap 'exit 7' TERM; echo trapped; while true; do sleep 0.01; done"))
                    .start();
            var unused = new ExtensionClient(lambda.runtimeApi(), "client").pollInBackground();
            lambda.eventLog().await(Event.ProcessOutput.class, output -> true, LIMIT);

            lambda.close();

            assertThat(exitOf(lambda, Participant.RUNTIME, "exit status 7")).isZero();
            assertThat(clock.instant()).isEqualTo(START);
        }

        @Test
        void a_function_has_its_share_of_simulated_time_to_clean_up() {
            List<Duration> cleanedUp = Collections.synchronizedList(new ArrayList<>());
            LambdaSimulator lambda = builder()
                    .declareExtension("client")
                    .runtime((event, context) -> {
                        try {
                            return clock.await(never);
                        } catch (InterruptedException e) {
                            clock.sleep(Duration.ofMillis(200));
                            cleanedUp.add(Duration.between(START, clock.instant()));
                            throw e;
                        }
                    })
                    .start();
            var unused = new ExtensionClient(lambda.runtimeApi(), "client").pollInBackground();
            lambda.submit(InvocationRequest.of("{}"));
            lambda.eventLog().await(Event.EventDelivered.class, delivered -> true, LIMIT);
            clock.settle();

            lambda.close();

            assertThat(cleanedUp).containsExactly(Duration.ofMillis(200));
        }

        @Test
        void an_extension_has_its_share_of_simulated_time_after_its_shutdown_event() {
            LambdaSimulator lambda = builder()
                    .extension("flusher", context -> {
                        ExtensionClient client = new ExtensionClient(context.runtimeApi(), "flusher", "SHUTDOWN");
                        return () -> {
                            client.pollInBackground().get();
                            clock.sleep(Duration.ofMillis(1_500));
                        };
                    })
                    .runtime((event, context) -> event)
                    .start();
            clock.settle();

            lambda.close();

            assertThat(exitOf(lambda, Participant.extension("flusher"), "exit status 0"))
                    .isEqualTo(Duration.ofMillis(1_500));
            assertThat(clock.instant()).isEqualTo(START.plusMillis(1_500));
        }

        @Test
        void a_function_that_ignores_its_interrupt_is_left_behind_promptly() {
            AtomicBoolean over = new AtomicBoolean();
            LambdaSimulator lambda = builder()
                    .runtime((event, context) -> {
                        while (!over.get()) {
                            Thread.onSpinWait();
                        }
                        return event;
                    })
                    .start();
            lambda.submit(InvocationRequest.of("{}"));

            Duration real = took(lambda::close);

            over.set(true);
            assertThat(real).isLessThan(SHORT);
            exitOf(lambda, Participant.RUNTIME, "signal: killed");
            clock.advance(Duration.ofHours(1)); // nothing of it holds time
        }

        @Test
        void within_a_task_moves_no_time() {
            LambdaSimulator lambda = builder()
                    .extension("flusher", context -> {
                        ExtensionClient client = new ExtensionClient(context.runtimeApi(), "flusher", "SHUTDOWN");
                        return () -> pollForEver(client);
                    })
                    .runtime((event, context) -> event)
                    .start();
            clock.settle();
            Future<?> closing = clock.submit(lambda::close);

            assertThat(closing).succeedsWithin(SHORT);
            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.CLOSED);
            assertThat(clock.instant()).isEqualTo(START);
        }
    }

    @Nested
    class OneScenario {

        /** What it takes to go wrong: tasks, requests, participants and deadlines at the same instants. */
        @Test
        void of_flushes_requests_and_a_deadline_is_the_same_every_time() throws Exception {
            live();
        }

        @Tag("stress")
        @RepeatedTest(200)
        void with_all_cores_loaded_is_the_same_every_time() throws Exception {
            AtomicBoolean over = new AtomicBoolean();
            List<Thread> load = new ArrayList<>();
            for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
                Thread thread = new Thread(() -> {
                    while (!over.get()) {
                        Thread.onSpinWait();
                    }
                });
                thread.setDaemon(true);
                thread.start();
                load.add(thread);
            }
            try {
                live();
            } finally {
                over.set(true);
                for (Thread thread : load) {
                    thread.join();
                }
            }
        }

        private void live() throws Exception {
            VirtualClock time = VirtualClock.startingAt(START);
            List<Long> flushes = Collections.synchronizedList(new ArrayList<>());
            List<Long> ends = Collections.synchronizedList(new ArrayList<>());
            LambdaSimulator lambda = LambdaSimulator.builder()
                    .time(time)
                    .freeze(FreezeMode.NONE)
                    .function(timeout(Duration.ofSeconds(870)))
                    .extension("flusher", context -> {
                        ExtensionClient client =
                                new ExtensionClient(context.runtimeApi(), "flusher", "INVOKE", "SHUTDOWN");
                        HttpRequest ping = HttpRequest.newBuilder(
                                        URI.create("http://" + context.runtimeApi() + "/2018-06-01/ping"))
                                .build();
                        var unused = context.scheduler()
                                .scheduleAtFixedRate(
                                        () -> {
                                            try {
                                                HTTP.send(ping, BodyHandlers.ofString());
                                            } catch (Exception e) {
                                                throw new AssertionError(e);
                                            }
                                            flushes.add(Duration.between(START, time.instant())
                                                    .toSeconds());
                                        },
                                        60,
                                        60,
                                        SECONDS);
                        return () -> pollForEver(client);
                    })
                    .runtime((event, context) -> {
                        if (new String(event, java.nio.charset.StandardCharsets.UTF_8).equals("\"quick\"")) {
                            time.sleep(Duration.ofSeconds(30));
                            return event;
                        }
                        return time.await(never);
                    })
                    .start();
            List<Invocation> invocations = new ArrayList<>();
            for (String payload : List.of("\"quick\"", "\"quick\"", "\"slow\"")) {
                Invocation invocation = lambda.submit(InvocationRequest.of(payload));
                var unused = invocation
                        .completion()
                        .thenAccept(report ->
                                ends.add(Duration.between(START, time.instant()).toSeconds()));
                invocations.add(invocation);
            }

            time.advance(Duration.ofSeconds(940));

            List<Long> minutes = new ArrayList<>();
            for (long second = 60; second <= 900; second += 60) {
                minutes.add(second);
            }
            assertThat(flushes).isEqualTo(minutes);
            assertThat(ends).containsExactly(30L, 60L, 930L);
            assertThat(invocations)
                    .extracting(invocation -> invocation
                            .completion()
                            .get(10_000, MILLISECONDS)
                            .duration()
                            .toSeconds())
                    .containsExactly(30L, 30L, 870L);
            lambda.close();
        }
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.LogFormat;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.Span;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.participant.FunctionHandler;
import io.lambdasimulator.telemetry.TelemetryRecord;
import io.lambdasimulator.telemetry.TelemetryRecord.ExtensionLog;
import io.lambdasimulator.telemetry.TelemetryRecord.FunctionLog;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformInitStart;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformReport;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformRuntimeDone;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformStart;
import io.lambdasimulator.telemetry.TelemetrySubscription;
import io.lambdasimulator.telemetry.TelemetrySubscription.Delivery;
import io.lambdasimulator.time.VirtualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a test sees of telemetry, and when subscribers get it. */
class TelemetryTest {

    private static final Duration AT_ONCE = Duration.ofMillis(1);
    private static final FunctionHandler ECHO = (event, context) -> event;

    @TempDir
    Path state;

    @Nested
    class Capture {

        @Test
        void is_typed_and_can_be_waited_for() {
            try (LambdaSimulator lambda =
                    LambdaSimulator.builder().runtime(ECHO).start()) {
                String requestId = lambda.invoke("1").requestId();

                PlatformReport report = lambda.telemetry()
                        .awaitEvent(
                                PlatformReport.class,
                                r -> r.metrics().initDuration().isPresent());

                assertThat(report.requestId()).isEqualTo(requestId);
                assertThat(report).isEqualTo(lambda.telemetry().awaitReport(requestId));
                assertThat(lambda.telemetry().of(requestId))
                        .extracting(TelemetryRecord::type)
                        .containsExactly("platform.start", "platform.runtimeDone", "platform.report");
                assertThat(lambda.telemetry().events(PlatformInitStart.class)).hasSize(1);
                assertThat(lambda.telemetry().events().get(0).toJson())
                        .isEqualTo(lambda.telemetry()
                                .toJsonLines()
                                .lines()
                                .findFirst()
                                .orElseThrow())
                        .contains("\"type\":\"platform.initStart\"");
            }
        }

        @Test
        void shows_what_there_is_in_place_of_what_was_waited_for() {
            try (LambdaSimulator lambda =
                    LambdaSimulator.builder().runtime(ECHO).start()) {
                String requestId = lambda.invoke("1").requestId();
                lambda.telemetry().awaitReport(requestId);

                assertThatThrownBy(() -> lambda.telemetry()
                                .awaitEvent(
                                        PlatformReport.class, r -> r.requestId().equals("another"), AT_ONCE))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith(
                                "no PlatformReport as expected within 1 ms; those that there are:\n  {\"time\":")
                        .hasMessageContaining(requestId);
                assertThatThrownBy(() -> lambda.telemetry().awaitEvent(FunctionLog.class, line -> true, AT_ONCE))
                        .hasMessageContaining("there is none of that type; the newest records are:\n")
                        .hasMessageContaining("platform.report");
            }
        }

        @Test
        void names_the_subscriptions_that_there_are() {
            try (LambdaSimulator lambda =
                    LambdaSimulator.builder().runtime(ECHO).start()) {
                assertThat(lambda.telemetry().subscriptions()).isEmpty();
                assertThatThrownBy(() -> lambda.telemetry().subscription("metrics"))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("extension metrics has not subscribed to telemetry; those that have: []");
            }
        }

        @Test
        void spans_add_up_to_the_duration() {
            try (LambdaSimulator lambda =
                    LambdaSimulator.builder().runtime(ECHO).start()) {
                String requestId = lambda.invoke("1").requestId();
                PlatformRuntimeDone done = lambda.telemetry()
                        .awaitEvent(
                                PlatformRuntimeDone.class, d -> d.requestId().equals(requestId));

                Duration sum = done.spans().stream().map(Span::duration).reduce(Duration.ZERO, Duration::plus);
                assertThat(sum).isEqualTo(done.duration());
                assertThat(lambda.telemetry().awaitReport(requestId).metrics().duration())
                        .isGreaterThanOrEqualTo(done.duration());
            }
        }
    }

    @Nested
    class Delivered {

        private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T12:00:00Z"));

        private LambdaSimulator.Builder environment(TelemetryConsumer consumer) {
            return LambdaSimulator.builder()
                    .time(clock)
                    .runtime(ECHO)
                    .extension("watcher", consumer.extension("watcher", event -> {}));
        }

        @Test
        void nothing_while_frozen_and_the_report_with_the_next_thaw() {
            try (TelemetryConsumer consumer = new TelemetryConsumer("2025-01-29", "\"platform\"");
                    LambdaSimulator lambda =
                            environment(consumer).freeze(FreezeMode.SIGNAL).start()) {
                String first = lambda.invoke("1").requestId();
                lambda.awaitFrozen(Wire.PATIENCE);

                clock.advance(Duration.ofMinutes(5));
                assertThat(consumer.events).noneMatch(event -> event.contains("platform.report"));

                lambda.submit(InvocationRequest.of("2")).awaitAnswer(Wire.PATIENCE);
                lambda.telemetry().subscription("watcher").awaitReport(first, Wire.PATIENCE);
                assertThat(consumer.events)
                        .filteredOn(event -> event.contains("platform.report"))
                        .first()
                        .asString()
                        .contains(first, "2026-01-01T12:00:00.");
            }
        }

        @Test
        void so_long_after_the_first_event_of_a_batch() {
            try (TelemetryConsumer consumer = new TelemetryConsumer("2025-01-29", "\"platform\"");
                    LambdaSimulator lambda =
                            environment(consumer).freeze(FreezeMode.NONE).start()) {
                lambda.awaitInit(Wire.PATIENCE);
                clock.settle(Wire.PATIENCE);
                assertThat(consumer.events).isEmpty();

                clock.advance(Duration.ofMillis(24));
                assertThat(consumer.events).isEmpty();
                clock.advance(Duration.ofMillis(1));
                assertThat(consumer.events).hasSize(5);

                List<TelemetrySubscription.Batch> batches =
                        lambda.telemetry().subscription("watcher").delivery().batches();
                assertThat(batches).hasSize(1);
                assertThat(batches.get(0).accepted()).isTrue();
                assertThat(batches.get(0).endedAt())
                        .contains(batches.get(0).openedAt().plusMillis(25));
            }
        }

        @Test
        void everything_before_SHUTDOWN() {
            List<Integer> atShutdown = new ArrayList<>();
            try (TelemetryConsumer consumer = new TelemetryConsumer("2025-01-29", "\"platform\"")) {
                try (LambdaSimulator lambda = LambdaSimulator.builder()
                        .runtime(ECHO)
                        .extension("watcher", consumer.extension("watcher", event -> {
                            if (event.contains("\"SHUTDOWN\"")) {
                                atShutdown.add(consumer.events.size());
                            }
                        }))
                        .start()) {
                    lambda.submit(InvocationRequest.of("1")).awaitCompletion(Wire.PATIENCE);
                    lambda.shutdown(ShutdownReason.SPINDOWN);
                }
                assertThat(consumer.events.subList(0, atShutdown.get(0)))
                        .last()
                        .asString()
                        .contains("platform.report");
            }
        }

        @Test
        void when_what_comes_with_a_thaw_is_a_reset() {
            List<Integer> atShutdown = new ArrayList<>();
            try (TelemetryConsumer consumer = new TelemetryConsumer("2025-01-29", "\"platform\"");
                    LambdaSimulator lambda = LambdaSimulator.builder()
                            .runtime(Command.of(
                                            "python3",
                                            TelemetrySequencesTest.resource("/puppets/runtime.py")
                                                    .toString())
                                    .environment("STATE", state.toString()))
                            .extension("watcher", consumer.extension("watcher", event -> {
                                if (event.contains("\"SHUTDOWN\"")) {
                                    atShutdown.add(consumer.events.size());
                                }
                            }))
                            .start()) {
                String first = lambda.invoke("1").requestId();
                lambda.awaitFrozen(Wire.PATIENCE);
                ProcessHandle.of(lambda.process(Participant.RUNTIME).pid().orElseThrow())
                        .orElseThrow()
                        .destroyForcibly();
                lambda.process(Participant.RUNTIME).awaitExit(Wire.PATIENCE);
                lambda.invoke("2");
                lambda.awaitPhase(EnvironmentPhase.FAILED, Wire.PATIENCE);

                assertThat(consumer.events.subList(0, atShutdown.get(0)))
                        .as("what the first generation got before its SHUTDOWN")
                        .anyMatch(event -> event.contains("platform.report") && event.contains(first));
            }
        }

        @Test
        void what_one_generation_has_not_accepted_to_the_next_however_long_that_takes() {
            AtomicInteger generation = new AtomicInteger();
            try (TelemetryConsumer only = new TelemetryConsumer("2025-01-29", "\"platform\"");
                    LambdaSimulator lambda = LambdaSimulator.builder()
                            .time(clock)
                            .freeze(FreezeMode.NONE)
                            .runtime((event, context) -> {
                                if (generation.get() == 1) {
                                    clock.sleep(Duration.ofDays(1));
                                }
                                return event;
                            })
                            .extension("watcher", context -> {
                                generation.incrementAndGet();
                                return only.extension("watcher", event -> {}).create(context);
                            })
                            .start()) {
                lambda.awaitInit(Wire.PATIENCE);
                Invocation hangs = lambda.submit(InvocationRequest.of("1"));
                lambda.eventLog().await(Event.InvocationStarted.class, started -> true, Wire.PATIENCE);
                clock.advance(Duration.ofMillis(2_999));
                only.refuse(true);
                clock.advance(Duration.ofMillis(1));
                assertThat(hangs.awaitAnswer(Wire.PATIENCE).errorType()).contains("Sandbox.Timedout");
                clock.advance(Duration.ofMinutes(10));
                only.refuse(false);
                lambda.submit(InvocationRequest.of("2")).awaitCompletion(Wire.PATIENCE);
                clock.advance(Duration.ofSeconds(10));

                assertThat(only.events).noneMatch(event -> event.contains("platform.logsDropped"));
                assertThat(only.events)
                        .filteredOn(event -> event.contains(hangs.requestId()))
                        .extracting(event -> event.replaceAll(".*\"type\":\"([^\"]*)\".*", "$1"))
                        .containsExactly("platform.start", "platform.runtimeDone", "platform.report");
            }
        }

        @Test
        @SuppressWarnings("try") // closing is what is tested
        void to_others_when_one_consumer_hangs_and_what_that_one_misses_is_counted() throws InterruptedException {
            CountDownLatch goOn = new CountDownLatch(1);
            String megabyte = "x".repeat(1 << 20);
            try (TelemetryConsumer quick = new TelemetryConsumer("2025-01-29", "\"function\",\"platform\"");
                    TelemetryConsumer hung = new TelemetryConsumer(
                            "/2022-07-01/telemetry", "2025-01-29", "\"function\",\"platform\"", () -> await(goOn));
                    LambdaSimulator lambda = LambdaSimulator.builder()
                            .runtime((event, context) -> {
                                context.log(megabyte);
                                return event;
                            })
                            .freeze(FreezeMode.NONE)
                            .extension("quick", quick.extension("quick", event -> {}))
                            .extension("hung", hung.extension("hung", event -> {}))
                            .start()) {
                for (int i = 0; i < 12; i++) {
                    String id = lambda.submit(InvocationRequest.of("1"))
                            .awaitCompletion(Wire.PATIENCE)
                            .requestId();
                    lambda.telemetry().subscription("quick").awaitReport(id, Wire.PATIENCE);
                }
                lambda.shutdown(ShutdownReason.SPINDOWN);
                goOn.countDown();
                lambda.close();

                long produced = lambda.telemetry().events().stream()
                        .filter(event -> !event.type().equals("extension"))
                        .count();
                Delivery ofQuick = lambda.telemetry().subscription("quick").delivery();
                Delivery ofHung = lambda.telemetry().subscription("hung").delivery();
                assertThat(ofQuick.dropped()).isZero();
                assertThat(ofQuick.accepted() + ofQuick.dropped()).isEqualTo(produced);
                assertThat(ofHung.dropped()).isPositive();
                assertThat(ofHung.accepted() + ofHung.dropped()).isEqualTo(produced);
                assertThat(ofHung.waiting()).isZero();
                assertThat(quick.events).noneMatch(event -> event.contains("platform.logsDropped"));
            }
        }
    }

    @Nested
    class In_time {

        private static final String EVERYTHING = "\"platform\",\"function\",\"extension\"";

        @ParameterizedTest
        @EnumSource(FreezeMode.class)
        void a_line_of_9_MiB_displaces_nothing(FreezeMode freeze) {
            String large = "x".repeat(9 << 20);
            CountDownLatch delivered = new CountDownLatch(1);
            try (TelemetryConsumer consumer = new TelemetryConsumer("2025-01-29", EVERYTHING);
                    LambdaSimulator lambda = LambdaSimulator.builder()
                            .freeze(freeze)
                            .runtime((event, context) -> {
                                if (event[0] == '2') {
                                    await(delivered);
                                } else {
                                    List.of("before", large, "between", large, "after")
                                            .forEach(context::log);
                                }
                                return event;
                            })
                            .extension("watcher", consumer.extension("watcher", event -> {}))
                            .start()) {
                String id = lambda.invoke("1").requestId();
                if (freeze == FreezeMode.SIGNAL) {
                    lambda.awaitFrozen(Wire.PATIENCE);
                }
                lambda.submit(InvocationRequest.of("2"));
                TelemetrySubscription subscription = lambda.telemetry().subscription("watcher");
                subscription.awaitReport(id, Wire.PATIENCE);
                delivered.countDown();

                assertThat(subscription.delivery().dropped()).isZero();
                assertThat(consumer.events)
                        .noneMatch(event -> event.contains("platform.logsDropped"))
                        .filteredOn(event -> event.contains("\"type\":\"function\""))
                        .hasSize(5);
            }
        }

        @Test
        void what_the_log_has_dropped_before_a_subscription_is_no_loss() {
            try (TelemetryConsumer consumer = new TelemetryConsumer("2025-01-29", "\"platform\"");
                    LambdaSimulator lambda = LambdaSimulator.builder()
                            .retain(100, 1000)
                            .freeze(FreezeMode.NONE)
                            .runtime(ECHO)
                            .extension("watcher", context -> {
                                for (int i = 0; i < 5000; i++) {
                                    context.log("line " + i);
                                }
                                return consumer.extension("watcher", event -> {})
                                        .create(context);
                            })
                            .start()) {
                String id = lambda.invoke("1").requestId();
                TelemetrySubscription subscription = lambda.telemetry().subscription("watcher");
                subscription.awaitReport(id, Duration.ofSeconds(Long.MAX_VALUE));

                assertThat(subscription.delivery().dropped()).isZero();
                assertThat(consumer.events).noneMatch(event -> event.contains("platform.logsDropped"));
                assertThat(consumer.events.get(0)).contains("platform.telemetrySubscription");
            }
        }
    }

    @Nested
    class A_first_subscription_after_a_reset {

        private void polls(ExtensionClient extension) throws Exception {
            while (true) {
                extension.pollInBackground().get();
            }
        }

        @Test
        void begins_with_the_report_of_the_invocation_that_failed_and_the_new_init() {
            AtomicInteger starts = new AtomicInteger();
            try (TelemetryConsumer consumer = new TelemetryConsumer("2025-01-29", "\"platform\"");
                    LambdaSimulator lambda = LambdaSimulator.builder()
                            .freeze(FreezeMode.NONE)
                            .runtime((event, context) -> {
                                if (event[0] == '0') {
                                    throw new Error("dead"); // which ends the runtime, as no exception does
                                }
                                return event;
                            })
                            .extension(
                                    "watcher",
                                    context -> starts.getAndIncrement() == 0
                                            ? () -> polls(
                                                    new ExtensionClient(context.runtimeApi(), "watcher", "INVOKE"))
                                            : consumer.extension("watcher", event -> {})
                                                    .create(context))
                            .start()) {
                lambda.invoke("1");
                String failed = lambda.invoke("0").requestId();
                String id = lambda.invoke("2").requestId();
                lambda.telemetry().subscription("watcher").awaitReport(id, Wire.PATIENCE);

                assertThat(consumer.events)
                        .extracting(event -> event.replaceAll(".*\"type\":\"(platform.\\w+)\".*", "$1"))
                        .containsExactly(
                                "platform.report",
                                "platform.initStart",
                                "platform.telemetrySubscription",
                                "platform.initRuntimeDone",
                                "platform.extension",
                                "platform.initReport",
                                "platform.start",
                                "platform.runtimeDone",
                                "platform.report");
                assertThat(consumer.events.get(0)).contains(failed);
            }
        }

        @Test
        void begins_with_the_environment_if_no_init_was_complete() {
            AtomicInteger starts = new AtomicInteger();
            try (TelemetryConsumer consumer = new TelemetryConsumer("2025-01-29", "\"platform\"");
                    LambdaSimulator lambda = LambdaSimulator.builder()
                            .freeze(FreezeMode.NONE)
                            .runtime(ECHO)
                            .extension("watcher", context -> {
                                if (starts.getAndIncrement() == 0) {
                                    return () -> {};
                                }
                                return consumer.extension("watcher", event -> {})
                                        .create(context);
                            })
                            .start()) {
                String id = lambda.invoke("1").requestId();
                lambda.telemetry().subscription("watcher").awaitReport(id, Wire.PATIENCE);

                assertThat(consumer.events)
                        .filteredOn(event -> event.contains("platform.initStart"))
                        .extracting(event -> event.replaceAll(".*\"phase\":\"(\\w+)\".*", "$1"))
                        .containsExactly("init", "invoke");
            }
        }
    }

    @Nested
    class Lines {

        @Test
        void of_participants_in_the_JVM() {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                    .runtime((event, context) -> {
                        context.log("one\ntwo\n");
                        context.log("lone surrogate \ud800");
                        return event;
                    })
                    .extension("watcher", context -> () -> {
                        context.log("started");
                        new ExtensionClient(context.runtimeApi(), "watcher", "SHUTDOWN")
                                .pollInBackground()
                                .join();
                    })
                    .start()) {
                lambda.invoke("1");

                assertThat(lambda.telemetry().events(FunctionLog.class))
                        .containsExactly(
                                new FunctionLog("one"), new FunctionLog("two"), new FunctionLog("lone surrogate ?"));
                assertThat(lambda.telemetry().events(ExtensionLog.class))
                        .containsExactly(new ExtensionLog("watcher", "started"));
                assertThat(lambda.process(Participant.RUNTIME).output()).contains("two");
            }
        }

        @Test
        @SuppressWarnings("try") // closing is what is tested
        void of_any_length_with_garbage_and_without_an_end() {
            String script =
                    "printf 'first\\nbad \\377 byte\\n'; head -c 300000 /dev/zero | tr '\\0' y; printf '\\n\\n';"
                            + " printf 'to stderr' >&2; exit 1";
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                    .runtime(Command.of("/bin/sh", "-c", script))
                    .start()) {
                lambda.eventLog().await(Event.InitReported.class, init -> true, Wire.PATIENCE);
                lambda.close();

                assertThat(lambda.telemetry().events(FunctionLog.class))
                        .containsExactlyInAnyOrder(
                                new FunctionLog("first"),
                                new FunctionLog("bad \ufffd byte"),
                                new FunctionLog("y".repeat(300_000)),
                                new FunctionLog(""),
                                new FunctionLog("to stderr"));
                assertThat(lambda.telemetry().toJsonLines()).contains("\"record\":\"bad \ufffd byte\\n\"");
            }
        }

        @Test
        void are_objects_with_the_JSON_log_format() {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                    .function(FunctionConfiguration.builder()
                            .logFormat(LogFormat.JSON)
                            .build())
                    .runtime((event, context) -> {
                        context.log("{\"level\":\"INFO\",\"message\":\"structured\"}");
                        return event;
                    })
                    .start()) {
                lambda.invoke("1");

                assertThat(lambda.telemetry().toJsonLines())
                        .contains("\"type\":\"function\",\"record\":{\"level\":\"INFO\",\"message\":\"structured\"}}");
            }
        }
    }

    @Test
    void of_an_inline_init_the_runtimes_part_has_a_duration_of_its_own() throws InterruptedException {
        CountDownLatch first = new CountDownLatch(1);
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofSeconds(2))
                        .build())
                .runtime((event, context) -> {
                    if (first.getCount() > 0) {
                        first.countDown();
                        new CountDownLatch(1).await();
                    }
                    return event;
                })
                .start()) {
            lambda.invoke("1");
            InvocationReport second = lambda.submit(InvocationRequest.of("2")).awaitCompletion(Wire.PATIENCE);

            PlatformStart start = lambda.telemetry()
                    .awaitEvent(PlatformStart.class, s -> s.requestId().equals(second.requestId()));
            PlatformRuntimeDone done = lambda.telemetry()
                    .awaitEvent(PlatformRuntimeDone.class, d -> d.requestId().equals(second.requestId()));
            assertThat(start.functionArn()).isEqualTo(lambda.function().arn());
            assertThat(done.duration()).isLessThan(second.duration());
        }
    }

    @Test
    void of_the_Logs_API_is_another_set_of_records() {
        try (TelemetryConsumer consumer =
                        new TelemetryConsumer("/2020-08-15/logs", "2021-03-18", "\"platform\",\"function\"", () -> {});
                LambdaSimulator lambda = LambdaSimulator.builder()
                        .runtime((event, context) -> {
                            context.log("a line");
                            return event;
                        })
                        .extension("watcher", consumer.extension("watcher", event -> {}))
                        .start()) {
            String id = lambda.submit(InvocationRequest.of("1"))
                    .awaitCompletion(Wire.PATIENCE)
                    .requestId();
            lambda.shutdown(ShutdownReason.SPINDOWN);

            assertThat(consumer.events)
                    .extracting(event -> event.replaceAll("^\\{\"time\":\"[^\"]*\",|[\\d.]+(?=[,}])", ""))
                    .containsExactly(
                            "\"type\":\"platform.logsSubscription\",\"record\":{\"name\":\"watcher\",\"state\":\"Subscribed\",\"types\":[\"platform\",\"function\"]}}",
                            "\"type\":\"platform.extension\",\"record\":{\"name\":\"watcher\",\"state\":\"Ready\",\"events\":[\"INVOKE\",\"SHUTDOWN\"]}}",
                            "\"type\":\"platform.start\",\"record\":{\"requestId\":\"" + id + "\"}}",
                            "\"type\":\"function\",\"record\":\"a line\\n\"}",
                            "\"type\":\"platform.runtimeDone\",\"record\":{\"requestId\":\"" + id
                                    + "\",\"status\":\"success\"}}",
                            "\"type\":\"platform.end\",\"record\":{\"requestId\":\"" + id + "\"}}",
                            "\"type\":\"platform.report\",\"record\":{\"requestId\":\"" + id
                                    + "\",\"metrics\":{\"durationMs\":,\"billedDurationMs\":,\"memorySizeMB\":,\"maxMemoryUsedMB\":,\"initDurationMs\":}}}");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

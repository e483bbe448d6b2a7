package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Everything at once, from many threads: invoking, timing out and resetting, freezing, looking, registering a process and, in the end, closing. */
@EnabledOnOs(OS.LINUX)
class ConcurrentLifecycleTest {

    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final Duration SHORTLY = Duration.ofMillis(20);
    private static final String HANG = "\"hang\"";
    private static final Participant BYSTANDER = Participant.extension("bystander");
    private static final int CALLERS = 3;
    private static final int BEFORE_CLOSING = 60;

    private final List<Invocation> submitted = Collections.synchronizedList(new ArrayList<>());
    private final AtomicBoolean over = new AtomicBoolean();

    @RepeatedTest(3)
    void every_invocation_ends_once_and_the_log_tells_one_story() throws Exception {
        CountDownLatch enough = new CountDownLatch(BEFORE_CLOSING);
        CountDownLatch reset = new CountDownLatch(1);
        Process bystander = new ProcessBuilder("sleep", "300").start();
        ExecutorService threads = Executors.newCachedThreadPool();
        LambdaSimulator lambda = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofSeconds(1))
                        .build())
                .runtime((event, context) -> answer(event))
                .start();
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int caller = 0; caller < CALLERS; caller++) {
                all.add(threads.submit(() -> repeat(() -> invoke(lambda, "\"quick\"", enough))));
            }
            all.add(threads.submit(() -> {
                invoke(lambda, HANG, enough);
                reset.countDown();
            }));
            all.add(threads.submit(() -> repeat(() -> freeze(lambda))));
            all.add(threads.submit(() -> repeat(() -> look(lambda))));
            all.add(threads.submit(() -> repeat(() -> {
                lambda.registerProcess(BYSTANDER, bystander.pid());
                lambda.unregisterProcess(BYSTANDER);
            })));

            assertThat(enough.await(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", lambda.describe())
                    .isTrue();
            assertThat(reset.await(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", lambda.describe())
                    .isTrue();
            List<Future<?>> closers = List.of(
                    threads.submit(() -> lambda.shutdown(ShutdownReason.SPINDOWN)),
                    threads.submit(lambda::close),
                    threads.submit(lambda::close));
            for (Future<?> closer : closers) {
                closer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            }
            over.set(true);
            for (Future<?> one : all) {
                one.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            }
            lambda.close();

            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.CLOSED);
            Map<String, InvocationReport> reports = awaitAllFutures();
            assertThatTheLogAgrees(lambda.eventLog(), reports);
            assertThat(bystander.isAlive()).isTrue();
        } finally {
            over.set(true);
            lambda.close();
            threads.shutdownNow();
            bystander.destroyForcibly();
        }
    }

    private static byte[] answer(byte[] event) {
        while (new String(event, StandardCharsets.UTF_8).equals(HANG)
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.park();
        }
        return event;
    }

    private void repeat(Runnable step) {
        while (!over.get()) {
            step.run();
        }
    }

    /** What is documented may happen: an answer, or a rejection once the environment closes. */
    private void invoke(LambdaSimulator lambda, String payload, CountDownLatch answered) {
        try {
            Invocation invocation = lambda.submit(InvocationRequest.of(payload));
            submitted.add(invocation);
            InvocationResult result = invocation.answer().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            if (result.isSuccess()) {
                assertThat(result.payloadText()).isEqualTo(payload);
            }
            answered.countDown();
        } catch (InvocationRejectedException e) {
            over.set(true);
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(InvocationRejectedException.class);
        } catch (Exception e) {
            throw new AssertionError("an invocation was lost", e);
        }
    }

    private static void freeze(LambdaSimulator lambda) {
        try {
            lambda.awaitFrozen(SHORTLY);
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageContaining("FROZEN");
        }
    }

    private static void look(LambdaSimulator lambda) {
        assertThat(lambda.phase()).isNotNull();
        assertThat(lambda.runtimeState()).isNotNull();
        assertThat(lambda.extensions()).isEmpty();
        assertThat(lambda.protocolViolations()).isEmpty();
        assertThat(lambda.describe()).isNotEmpty();
        assertThat(lambda.timeline(50)).isNotEmpty();
        assertThat(lambda.telemetry().events()).isNotNull();
        assertThat(lambda.frozenIntervals()).isNotNull();
        assertThat(lambda.invocations()).doesNotContainNull();
    }

    /** The reports by request id, of those that were run. */
    private Map<String, InvocationReport> awaitAllFutures() throws Exception {
        Map<String, InvocationReport> reports = new HashMap<>();
        for (Invocation invocation : submitted) {
            assertThat(isDone(invocation.answer())).isEqualTo(isDone(invocation.completion()));
            if (isDone(invocation.completion())) {
                reports.put(invocation.requestId(), invocation.completion().get());
            }
        }
        return reports;
    }

    /** Whether it ended with a value, and not with a rejection. */
    private static boolean isDone(CompletableFuture<?> future) throws Exception {
        try {
            future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(InvocationRejectedException.class);
            return false;
        }
    }

    private void assertThatTheLogAgrees(EventLog log, Map<String, InvocationReport> reports) {
        assertThat(log.events(Event.InvocationCompleted.class))
                .extracting(Event.InvocationCompleted::report)
                .containsExactlyInAnyOrderElementsOf(reports.values());
        assertThat(log.events(Event.InvocationQueued.class))
                .extracting(Event.InvocationQueued::requestId)
                .containsExactlyInAnyOrderElementsOf(
                        submitted.stream().map(Invocation::requestId).toList());
        assertThat(reports.values())
                .extracting(InvocationReport::status)
                .contains(InvocationStatus.SUCCESS, InvocationStatus.TIMEOUT);

        // One invocation at a time, and nobody is invoked while frozen or shutting down.
        String running = "";
        boolean frozen = false;
        EnvironmentPhase phase = null;
        for (EventLog.Entry entry : log.entries()) {
            if (entry.event() instanceof Event.PhaseChanged changed) {
                assertThat(phase == null || changed.from() == phase)
                        .as("%s", entry)
                        .isTrue();
                phase = changed.to();
            } else if (entry.event() instanceof Event.EnvironmentFrozen) {
                assertThat(running).as("%s", entry).isEmpty();
                frozen = true;
            } else if (entry.event() instanceof Event.EnvironmentThawed) {
                assertThat(frozen).as("%s", entry).isTrue();
                frozen = false;
            } else if (entry.event() instanceof Event.InvocationStarted started) {
                assertThat(running).as("%s", entry).isEmpty();
                assertThat(frozen).as("%s", entry).isFalse();
                running = started.requestId();
            } else if (entry.event() instanceof Event.InvocationCompleted completed) {
                assertThat(completed.report().requestId()).as("%s", entry).isEqualTo(running);
                running = "";
            }
        }
        assertThat(running).isEmpty();
        List<ShutdownReason> shutdowns = log.events(Event.ShutdownStarted.class).stream()
                .map(Event.ShutdownStarted::reason)
                .toList();
        assertThat(shutdowns).startsWith(ShutdownReason.TIMEOUT).endsWith(ShutdownReason.SPINDOWN);
        assertThat(shutdowns).containsOnlyOnce(ShutdownReason.SPINDOWN);
    }
}

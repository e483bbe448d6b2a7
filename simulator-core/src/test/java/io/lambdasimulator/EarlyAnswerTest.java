package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The caller has the answer as soon as the runtime answered; extensions may be busy for longer. */
class EarlyAnswerTest {

    private static final Duration BUSY = Duration.ofMillis(300);
    private static final Duration AT_ONCE = Duration.ofMillis(100);

    private LambdaSimulator lambda;
    private BareExtension busy;
    private BareExtension quick;
    private BareRuntime runtime;
    private HttpClient caller;

    /** One invocation is over, so that the ones of the tests are warm. */
    @BeforeEach
    void warmUp() throws Exception {
        lambda = LambdaSimulator.builder().frontDoor().start();
        busy = BareExtension.register(lambda, "busy", "INVOKE").poll();
        quick = BareExtension.register(lambda, "quick", "INVOKE").poll();
        runtime = new BareRuntime(lambda).poll();
        caller = HttpClient.newHttpClient();
        Thread answering = new Thread(runtime::echo);
        answering.start();
        call("\"warm up\"");
        answering.join();
        busy.reply();
        busy.park();
        quick.reply();
        quick.park();
    }

    @AfterEach
    void close() {
        runtime.close();
        quick.close();
        busy.close();
        lambda.close();
    }

    private HttpResponse<String> call(String event) throws Exception {
        return caller.send(
                HttpRequest.newBuilder(
                                lambda.frontDoor().orElseThrow().resolve("/2015-03-31/functions/function/invocations"))
                        .POST(BodyPublishers.ofString(event))
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void a_warm_caller_does_not_wait_for_a_busy_extension_but_the_next_invocation_does() throws Exception {
        CountDownLatch finish = new CountDownLatch(1);
        Thread extension = inBackground(() -> {
            busy.reply();
            workFor(BUSY);
            await(finish);
            busy.poll();
        });
        Thread function = inBackground(runtime::echo);
        long called = System.nanoTime();

        HttpResponse<String> answer = call("\"event\"");

        Duration untilAnswer = Duration.ofNanos(System.nanoTime() - called);
        assertThat(answer.body()).isEqualTo("\"event\"");
        assertThat(untilAnswer).isLessThan(AT_ONCE);
        function.join();
        quick.reply();
        quick.park();
        Invocation next = lambda.submit(InvocationRequest.of("\"next\""));
        assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.INVOKE);
        assertThat(next.readiness()).as("the next one is not dispatched").isEmpty();
        assertThat(lambda.invocations()).hasSize(1);
        finish.countDown();

        assertThat(BareRuntime.requestIdOf(runtime.reply())).isEqualTo(next.requestId());
        InvocationReport report = lambda.invocations().get(1);
        Instant busyUntil = report.readiness().get(0).polledAgainAt().orElseThrow();
        assertThat(answer.headers().firstValue("x-amzn-RequestId")).contains(report.requestId());
        assertThat(report.duration()).isGreaterThanOrEqualTo(BUSY);
        assertThat(Duration.between(report.startedAt(), report.answeredAt().orElseThrow()))
                .isLessThan(AT_ONCE);
        assertThat(startOf(next)).isAfterOrEqualTo(busyUntil);
        extension.join();
    }

    @Test
    void the_readiness_of_each_extension_can_be_watched_and_awaited() {
        Invocation invocation = lambda.submit(InvocationRequest.of("\"event\""));
        runtime.echo();
        invocation.awaitAnswer(Wire.PATIENCE);
        busy.reply();
        quick.reply();

        assertThat(invocation.readiness())
                .extracting(ExtensionReadiness::extension, r -> r.receivedAt().isPresent(), ExtensionReadiness::isReady)
                .containsExactly(tuple("busy", true, false), tuple("quick", true, false));
        assertThatThrownBy(() -> invocation.awaitReadiness("quick", Duration.ofMillis(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is not done with by extension quick within")
                .hasMessageContaining("extension busy to ask for the next event")
                .hasMessageContaining("extension quick to ask for the next event");

        quick.poll();

        ExtensionReadiness quickly = invocation.awaitReadiness("quick", Wire.PATIENCE);
        assertThat(quickly.isReady()).isTrue();
        assertThat(quickly.overhead()).isPresent();
        assertThat(invocation.completion()).isNotDone();
        assertThat(invocation.readiness())
                .extracting(ExtensionReadiness::extension, ExtensionReadiness::isReady)
                .containsExactly(tuple("busy", false), tuple("quick", true));

        busy.poll();

        InvocationReport report = invocation.awaitCompletion(Wire.PATIENCE);
        assertThat(report.readiness())
                .isEqualTo(invocation.readiness())
                .allMatch(ExtensionReadiness::isReady)
                .allSatisfy(readiness -> {
                    assertThat(readiness.receivedAt().orElseThrow())
                            .isBeforeOrEqualTo(readiness.polledAgainAt().orElseThrow());
                    assertThat(readiness.overhead().orElseThrow()).isGreaterThanOrEqualTo(Duration.ZERO);
                });
        assertThat(lambda.eventLog().events(Event.ExtensionReady.class))
                .filteredOn(ready -> ready.requestId().equals(invocation.requestId()))
                .extracting(Event.ExtensionReady::extension)
                .containsExactly("quick", "busy");
    }

    @Test
    void an_extension_that_is_ready_before_the_runtime_has_no_overhead() {
        Invocation invocation = lambda.submit(InvocationRequest.of("\"event\""));
        busy.reply();
        busy.park();
        quick.reply();
        quick.park();
        assertThat(invocation.readiness()).allMatch(ExtensionReadiness::isReady);
        assertThat(invocation.answer()).isNotDone();

        runtime.echo();

        assertThat(invocation.awaitCompletion(Wire.PATIENCE).readiness())
                .extracting(ExtensionReadiness::overhead)
                .containsOnly(Optional.of(Duration.ZERO));
    }

    @Test
    void nobody_can_wait_for_an_extension_that_is_not_invoked() {
        Invocation invocation = lambda.submit(InvocationRequest.of("\"event\""));

        assertThatThrownBy(() -> invocation.awaitReadiness("other", Wire.PATIENCE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("extension other does not receive INVOKE for invocation " + invocation.requestId()
                        + "; those who do: [busy, quick]");
    }

    private Instant startOf(Invocation invocation) {
        return lambda.eventLog().entries().stream()
                .filter(entry -> entry.event() instanceof Event.InvocationStarted started
                        && started.requestId().equals(invocation.requestId()))
                .findFirst()
                .orElseThrow()
                .time();
    }

    private static Thread inBackground(Runnable work) {
        Thread thread = new Thread(work);
        thread.start();
        return thread;
    }

    private static void workFor(Duration time) {
        try {
            assertThat(new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS))
                    .isFalse();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void futures_are_done_once_a_wait_for_the_same_has_returned() {
        try (LambdaSimulator hosted =
                LambdaSimulator.builder().runtime((event, context) -> event).start()) {
            for (int i = 0; i < 100; i++) {
                Invocation invocation = hosted.submit(InvocationRequest.of("1"));
                invocation.awaitCompletion(Wire.PATIENCE);

                assertThat(invocation.completion()).isDone();
                assertThat(invocation.answer()).isDone();
            }
        }
    }
}

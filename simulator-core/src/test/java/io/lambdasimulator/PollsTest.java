package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a poll whose client goes away, or is not the only one. No event is ever swallowed. */
class PollsTest {

    /** How a client leaves. */
    private enum Leaving {
        CLOSE,
        RESET,
        HALF_CLOSE;

        Runnable of(Wire wire) {
            return switch (this) {
                case CLOSE -> wire::close;
                case RESET -> wire::reset;
                case HALF_CLOSE -> wire::halfClose;
            };
        }
    }

    private LambdaSimulator lambda;

    @BeforeEach
    void start() {
        lambda = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMinutes(1))
                        .build())
                .start();
    }

    @AfterEach
    void close() {
        lambda.close();
    }

    private Invocation submit(String event) {
        return lambda.submit(InvocationRequest.of('"' + event + '"'));
    }

    private void answerOne(BareRuntime runtime, Invocation invocation) {
        Reply event = runtime.next();
        assertThat(BareRuntime.requestIdOf(event)).isEqualTo(invocation.requestId());
        runtime.respond(invocation.requestId(), event.text()).assertAccepted();
        assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo(event.text());
    }

    @Nested
    class A_runtime_that_leaves_its_poll {

        @ParameterizedTest
        @EnumSource
        void before_the_first_invocation_is_back_in_started(Leaving leaving) {
            BareRuntime gone = new BareRuntime(lambda).park();

            new Moments(lambda).withdrawsPoll(leaving.of(gone.wire()));

            assertThat(lambda.runtimeState()).contains(RuntimeState.STARTED);
            gone.wire().assertEnds();
            try (BareRuntime returned = new BareRuntime(lambda)) {
                answerOne(returned, submit("first"));
            }
        }

        @ParameterizedTest
        @EnumSource
        void between_invocations_is_back_in_response_sent_and_gets_the_next_one(Leaving leaving) {
            BareRuntime gone = new BareRuntime(lambda);
            answerOne(gone, submit("first"));
            gone.park();
            lambda.awaitInit(Wire.PATIENCE);

            new Moments(lambda).withdrawsPoll(leaving.of(gone.wire()));

            assertThat(lambda.runtimeState()).contains(RuntimeState.RESPONSE_SENT);
            try (BareRuntime returned = new BareRuntime(lambda)) {
                answerOne(returned, submit("second"));
            }
        }

        @Test
        void can_answer_an_invocation_that_was_dispatched_meanwhile_only_after_it_was_handed_over() {
            BareRuntime gone = new BareRuntime(lambda).park();
            lambda.awaitInit(Wire.PATIENCE);
            new Moments(lambda).withdrawsPoll(gone::close);
            Invocation invocation = submit("event");
            lambda.eventLog().await(Event.InvocationStarted.class, started -> true, Wire.PATIENCE);

            try (BareRuntime returned = new BareRuntime(lambda)) {
                returned.respond(invocation.requestId(), "")
                        .assertRefused(
                                403,
                                "InvalidStateTransition",
                                "State transition from Started to InvocationResponse failed for runtime."
                                        + " Error: State transition is not allowed");
                answerOne(returned, invocation);
            }
        }

        @ParameterizedTest
        @EnumSource
        void is_done_with_the_invocation_it_returns_for_only_when_it_has_polled_again(Leaving leaving) {
            BareRuntime gone = new BareRuntime(lambda);
            answerOne(gone, submit("first"));
            gone.park();
            new Moments(lambda).withdrawsPoll(leaving.of(gone.wire()));
            Invocation second = submit("second");

            try (BareRuntime returned = new BareRuntime(lambda)) {
                answerOne(returned, second);
                assertThat(second.completion()).isNotDone();
                assertThat(lambda.eventLog().events(Event.RuntimeDone.class))
                        .extracting(Event.RuntimeDone::requestId)
                        .doesNotContain(second.requestId());

                returned.park();

                InvocationReport report = second.awaitCompletion(Wire.PATIENCE);
                assertThat(report.runtimeDoneAt().orElseThrow())
                        .isAfterOrEqualTo(report.answeredAt().orElseThrow());
                assertThat(lambda.eventLog().events(Event.RuntimeDone.class))
                        .last()
                        .extracting(Event.RuntimeDone::producedBytes)
                        .isEqualTo(8L);
            }
        }
    }

    @Nested
    class A_runtime_that_polls_twice {

        /** The second poll is parked behind the first, or comes after the hand-over and sees the same event again. */
        @Test
        void has_one_event_for_each_poll() {
            try (BareRuntime first = new BareRuntime(lambda).park();
                    BareRuntime second = new BareRuntime(lambda).poll()) {
                Invocation one = submit("one");
                Invocation two = submit("two");
                assertThat(BareRuntime.requestIdOf(first.reply())).isEqualTo(one.requestId());
                first.respond(one.requestId(), "").assertAccepted();
                first.poll();

                Reply event = second.reply();
                if (event.text().equals("\"one\"")) {
                    event = first.reply();
                }

                assertThat(BareRuntime.requestIdOf(event)).isEqualTo(two.requestId());
            }
        }

        @ParameterizedTest
        @EnumSource
        void has_the_second_poll_served_when_the_first_is_left(Leaving leaving) {
            BareRuntime first = new BareRuntime(lambda).park();
            try (BareRuntime second = new BareRuntime(lambda).poll()) {
                new Moments(lambda).withdrawsPoll(leaving.of(first.wire()));
                Invocation invocation = submit("event");

                second.echo();

                assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("\"event\"");
            }
        }

        @ParameterizedTest
        @EnumSource
        void has_the_first_poll_served_when_the_second_is_left(Leaving leaving) {
            try (BareRuntime first = new BareRuntime(lambda).park()) {
                BareRuntime second = new BareRuntime(lambda).poll();
                new Moments(lambda).withdrawsPoll(leaving.of(second.wire()));
                Invocation invocation = submit("event");

                first.echo();

                assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("\"event\"");
            }
        }
    }

    /** An extension whose connections come and go: each call has one of its own. */
    private Wire pollOf(BareExtension extension) {
        return new Wire(lambda.runtimeApi())
                .request("GET", BareExtension.NEXT, "", "Lambda-Extension-Identifier: " + extension.identifier());
    }

    private Wire parkedPollOf(BareExtension extension) {
        Wire[] poll = new Wire[1];
        new Moments(lambda).bringsExtensionTo(ExtensionState.READY, "e", () -> poll[0] = pollOf(extension));
        return poll[0];
    }

    private ExtensionState stateOfExtension() {
        return lambda.extensions().get(0).state();
    }

    @Nested
    class An_extension_that_leaves_its_poll {

        private BareExtension extension;
        private BareRuntime runtime;

        @BeforeEach
        void register() {
            extension = BareExtension.register(lambda, "e", "INVOKE");
            runtime = new BareRuntime(lambda);
        }

        @AfterEach
        void close() {
            runtime.close();
            extension.close();
        }

        @ParameterizedTest
        @EnumSource
        void before_its_first_event_is_back_in_registered_and_init_waits_for_it(Leaving leaving) {
            Wire gone = parkedPollOf(extension);
            new Moments(lambda).withdrawsPoll(leaving.of(gone));
            assertThat(stateOfExtension()).isEqualTo(ExtensionState.REGISTERED);
            runtime.park();
            Invocation invocation = submit("event");
            assertThat(lambda.phase()).isEqualTo(EnvironmentPhase.INIT);
            assertThat(lambda.describeWaiting()).contains("extension e (Registered) to ask for an event");

            try (Wire returned = pollOf(extension)) {
                assertThat(returned.reply().text()).contains(invocation.requestId());
            }
        }

        @ParameterizedTest
        @EnumSource
        void between_invocations_is_back_in_running_and_gets_the_next_event(Leaving leaving) {
            runtime.poll();
            Invocation first = submit("first");
            try (Wire poll = pollOf(extension)) {
                assertThat(poll.reply().text()).contains(first.requestId());
            }
            runtime.echo();
            Wire gone = parkedPollOf(extension);
            first.awaitCompletion(Wire.PATIENCE);
            new Moments(lambda).withdrawsPoll(leaving.of(gone));
            assertThat(stateOfExtension()).isEqualTo(ExtensionState.RUNNING);

            Invocation second = submit("second");
            runtime.echo();
            assertThat(second.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("\"second\"");
            assertThat(second.completion()).isNotDone();
            try (Wire returned = pollOf(extension)) {
                assertThat(returned.reply().text()).contains(second.requestId());
                returned.request(
                        "GET", BareExtension.NEXT, "", "Lambda-Extension-Identifier: " + extension.identifier());

                assertThat(second.awaitCompletion(Wire.PATIENCE).status()).isEqualTo(InvocationStatus.SUCCESS);
            }
        }
    }

    @Test
    void an_extension_that_polls_twice_is_refused_and_keeps_its_first_poll() {
        try (BareExtension extension = BareExtension.register(lambda, "e", "INVOKE");
                BareRuntime runtime = new BareRuntime(lambda).poll();
                Wire second = new Wire(lambda.runtimeApi())) {
            extension.park();

            second.request("GET", BareExtension.NEXT, "", "Lambda-Extension-Identifier: " + extension.identifier())
                    .reply()
                    .assertRefused(
                            403,
                            "Extension.InvalidExtensionState",
                            "State transition from Ready to Ready failed for extension " + extension.identifier()
                                    + ". Error: State transition is not allowed");

            Invocation invocation = submit("event");
            assertThat(extension.reply().text()).contains(invocation.requestId());
            runtime.echo();
        }
    }

    @Test
    void an_extension_that_leaves_its_poll_and_returns_at_once_is_not_refused() {
        try (BareExtension extension = BareExtension.register(lambda, "e", "INVOKE")) {
            Wire parked = parkedPollOf(extension);
            for (int round = 2; round <= 300; round++) {
                int settled = round;
                parked.close();
                parked = pollOf(extension);
                AtomicLong seen = new AtomicLong();
                lambda.eventLog()
                        .await(
                                Event.class,
                                event -> isSettled(event) && seen.incrementAndGet() == settled,
                                Wire.PATIENCE);
            }
            parked.close();
        }
        assertThat(lambda.eventLog().events(Event.CallAnswered.class))
                .extracting(Event.CallAnswered::status)
                .doesNotContain(403);
    }

    private static boolean isSettled(Event event) {
        return (event instanceof Event.ExtensionStateChanged change && change.to() == ExtensionState.READY)
                || (event instanceof Event.CallAnswered answered && answered.status() == 403);
    }

    @Test
    void a_parked_poll_ends_when_the_environment_does() {
        try (BareRuntime runtime = new BareRuntime(lambda);
                BareExtension extension = BareExtension.register(lambda, "e", "INVOKE")) {
            runtime.park();
            extension.park();

            lambda.close();

            runtime.wire().assertEnds();
            extension.wire().assertEnds();
        }
    }

    @Test
    void a_runtime_that_returns_during_shutdown_is_not_handed_what_has_ended() throws InterruptedException {
        BareExtension extension = BareExtension.register(lambda, "e", "SHUTDOWN");
        try (BareRuntime returned = new BareRuntime(lambda)) {
            Wire poll = parkedPollOf(extension);
            BareRuntime gone = new BareRuntime(lambda).park();
            lambda.awaitInit(Wire.PATIENCE);
            new Moments(lambda).withdrawsPoll(gone::close);
            new Moments(lambda).withdrawsPoll(poll::close);
            Invocation invocation = submit("event");
            lambda.eventLog().await(Event.InvocationStarted.class, started -> true, Wire.PATIENCE);
            Thread closing = new Thread(lambda::close);
            closing.start();
            lambda.eventLog().await(Event.ShutdownStarted.class, started -> true, Wire.PATIENCE);

            returned.poll();

            returned.wire().assertEnds();
            assertThat(invocation.awaitAnswer(Wire.PATIENCE).errorType()).contains("Sandbox.Failure");
            closing.join(Wire.PATIENCE.toMillis());
        }
        extension.close();
    }

    /** Clients that park, vanish at a random moment around the dispatch, and return. */
    @Nested
    class No_event_is_swallowed {

        private static final int ROUNDS = 300;
        private static final List<Leaving> WAYS = List.of(Leaving.values());

        private final Random random = new Random(20_180_601);

        private void shortWhile() {
            LockSupport.parkNanos(random.nextInt(400_000));
        }

        private Leaving anyWay() {
            return WAYS.get(random.nextInt(WAYS.size()));
        }

        private CompletableFuture<Invocation> submitSoon(int round) {
            int delay = random.nextInt(600_000);
            return CompletableFuture.supplyAsync(() -> {
                LockSupport.parkNanos(delay);
                return submit("round " + round);
            });
        }

        @Test
        void by_a_runtime_that_comes_and_goes() {
            for (int round = 0; round < ROUNDS; round++) {
                try (BareRuntime gone = new BareRuntime(lambda).poll();
                        BareRuntime returned = new BareRuntime(lambda)) {
                    CompletableFuture<Invocation> submitted = submitSoon(round);
                    shortWhile();
                    anyWay().of(gone.wire()).run();
                    Reply event = returned.next();
                    assertThat(event.text()).isEqualTo("\"round " + round + "\"");
                    returned.respond(BareRuntime.requestIdOf(event), event.text())
                            .assertAccepted();
                    assertThat(submitted.join().awaitAnswer(Wire.PATIENCE).payloadText())
                            .isEqualTo(event.text());
                }
            }
        }

        /** The extension sees an event unless it was sent before it left; either way the invocation goes on. */
        @Test
        void by_an_extension_that_comes_and_goes() {
            int seen = 0;
            try (BareExtension extension = BareExtension.register(lambda, "e", "INVOKE");
                    BareRuntime runtime = new BareRuntime(lambda).poll()) {
                Wire parked = parkedPollOf(extension);
                for (int round = 0; round < ROUNDS; round++) {
                    CompletableFuture<Invocation> submitted = submitSoon(round);
                    shortWhile();
                    // Not by a reset: Java holds it back while the reply is being waited for, as it may be here.
                    (random.nextBoolean() ? Leaving.CLOSE : Leaving.HALF_CLOSE)
                            .of(parked)
                            .run();
                    parked.close();
                    parked = pollOf(extension);
                    runtime.echo();
                    Invocation invocation = submitted.join();
                    CompletableFuture<Reply> event = CompletableFuture.supplyAsync(parked::reply);
                    CompletableFuture.anyOf(event, invocation.completion()).join();
                    if (event.isDone()) {
                        seen++;
                        assertThat(event.join().text()).contains(invocation.requestId());
                        parked.close();
                        parked = pollOf(extension);
                    }
                    assertThat(invocation.awaitCompletion(Wire.PATIENCE).status())
                            .isEqualTo(InvocationStatus.SUCCESS);
                }
                parked.close();
            }
            assertThat(seen).isPositive();
        }
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.fault.ApiCall;
import io.lambdasimulator.fault.ApiFault;
import io.lambdasimulator.fault.InjectedFault;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FaultInjectionTest {

    private static final ApiFault DROP = new ApiFault.Drop();
    private static final ApiFault RESET = new ApiFault.Reset();
    private static final ApiFault UNAVAILABLE = new ApiFault.Answer(503, "Service.Unavailable", "come back later");

    private static final String REGISTER = "/2020-01-01/extension/register";
    private static final String EXTENSION_NEXT = "/2020-01-01/extension/event/next";

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private LambdaSimulator lambda = LambdaSimulator.builder().start();

    private LambdaSimulator restart(LambdaSimulator.Builder builder) {
        lambda.close();
        lambda = builder.start();
        return lambda;
    }

    @AfterEach
    void close() {
        lambda.close();
    }

    private Invocation invoke() {
        return lambda.submit(InvocationRequest.of("{\"n\":1}"));
    }

    private String register(Wire wire, String name) {
        return wire.request("POST", REGISTER, "{\"events\":[\"INVOKE\"]}", "Lambda-Extension-Name: " + name)
                .reply()
                .header("Lambda-Extension-Identifier")
                .orElseThrow();
    }

    /** Makes the call of a fault, correct or not: what matters is that it arrives. */
    private Wire make(Wire wire, ApiCall call) {
        String path = call.path().replace("{AwsRequestId}", "some-id");
        return wire.request(call.method(), path, call.method().equals("GET") ? "" : "{}");
    }

    private void awaitStrike(ApiCall call) {
        lambda.eventLog().await(Event.FaultInjected.class, fault -> fault.call() == call, Wire.PATIENCE);
    }

    @Nested
    class Every_call {

        @ParameterizedTest
        @EnumSource
        void can_be_answered_with_an_error(ApiCall call) {
            lambda.injectFault(call, UNAVAILABLE);

            try (Wire wire = new Wire(lambda.runtimeApi())) {
                make(wire, call).reply().assertRefused(503, "Service.Unavailable", "come back later");
                make(wire, call).reply().assertRefused(503, "Service.Unavailable", "come back later");
            }
        }

        @ParameterizedTest
        @EnumSource
        void can_be_closed_without_an_answer(ApiCall call) throws IOException {
            lambda.injectFault(call, DROP);

            try (Wire wire = new Wire(lambda.runtimeApi())) {
                make(wire, call).assertIsClosed();
            }
        }

        @ParameterizedTest
        @EnumSource
        void can_be_reset(ApiCall call) {
            lambda.injectFault(call, RESET);

            try (Wire wire = new Wire(lambda.runtimeApi())) {
                make(wire, call).assertIsReset();
            }
        }

        @ParameterizedTest
        @EnumSource
        void can_be_delayed(ApiCall call) {
            restart(LambdaSimulator.builder().time(clock)).injectFault(call, new ApiFault.Delay(Duration.ofSeconds(2)));

            try (Wire wire = new Wire(lambda.runtimeApi())) {
                make(wire, call);
                awaitStrike(call);
                clock.advance(Duration.ofSeconds(2).minusNanos(1));
                assertThat(lambda.eventLog().events(Event.CallAnswered.class)).isEmpty();
                clock.advance(Duration.ofNanos(1));
                if (call != ApiCall.RUNTIME_NEXT) { // which is parked now
                    wire.reply();
                } else {
                    assertThat(lambda.describe()).contains("Ready");
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        void is_left_alone_when_another_one_is_to_fail(ApiCall call) {
            for (ApiCall other : ApiCall.values()) {
                if (other != call) {
                    lambda.injectFault(other, UNAVAILABLE);
                }
            }

            try (Wire wire = new Wire(lambda.runtimeApi())) {
                make(wire, call);
                if (call == ApiCall.RUNTIME_NEXT) {
                    invoke();
                }
                assertThat(wire.reply().status()).isNotEqualTo(503);
            }
        }
    }

    @Nested
    class What_is_struck {

        @ParameterizedTest
        @ValueSource(strings = {"drop", "reset", "answer"})
        void does_not_take_an_invocation_along(String kind) {
            ApiFault fault = kind.equals("drop") ? DROP : kind.equals("reset") ? RESET : UNAVAILABLE;
            lambda.injectFault(ApiCall.RUNTIME_NEXT, fault, 1);
            Invocation invocation = invoke();

            try (Wire struck = new Wire(lambda.runtimeApi());
                    BareRuntime runtime = new BareRuntime(lambda)) {
                make(struck, ApiCall.RUNTIME_NEXT);
                awaitStrike(ApiCall.RUNTIME_NEXT);
                assertThat(lambda.runtimeState())
                        .hasValueSatisfying(
                                state -> assertThat(state.wireName()).isEqualTo("Started"));
                runtime.poll().echo();
                assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("{\"n\":1}");
            }
        }

        @Test
        void does_not_take_an_extension_event_along() throws IOException {
            try (Wire extension = new Wire(lambda.runtimeApi());
                    Wire again = new Wire(lambda.runtimeApi());
                    BareRuntime runtime = new BareRuntime(lambda)) {
                String identifier = register(extension, "ext");
                lambda.injectFault(ApiCall.EXTENSION_NEXT, DROP, 1);

                extension
                        .request("GET", EXTENSION_NEXT, "", "Lambda-Extension-Identifier: " + identifier)
                        .assertIsClosed();
                again.request("GET", EXTENSION_NEXT, "", "Lambda-Extension-Identifier: " + identifier);
                runtime.poll();
                Invocation invocation = invoke();

                assertThat(again.reply().text()).contains("\"eventType\":\"INVOKE\"", invocation.requestId());
            }
        }

        @Test
        void is_on_record_with_its_caller_and_is_no_violation_of_the_protocol() {
            try (Wire extension = new Wire(lambda.runtimeApi())) {
                String identifier = register(extension, "ext");
                lambda.injectFault(ApiCall.EXTENSION_INIT_ERROR, new ApiFault.Answer(418, "Teapot", "short and stout"));

                extension
                        .request(
                                "POST",
                                ApiCall.EXTENSION_INIT_ERROR.path(),
                                "",
                                "Lambda-Extension-Identifier: " + identifier)
                        .reply()
                        .assertRefused(418, "Teapot", "short and stout");
            }

            assertThat(lambda.eventLog().events(Event.FaultInjected.class))
                    .singleElement()
                    .satisfies(fault -> assertThat(fault.caller()).contains(Participant.extension("ext")));
            assertThat(lambda.timeline())
                    .contains("injected fault: POST /2020-01-01/extension/init/error of the extension ext"
                            + " was answered with 418 Teapot");
            assertThat(lambda.eventLog().toJsonLines())
                    .contains("\"type\":\"FaultInjected\",\"record\":{\"call\":\"EXTENSION_INIT_ERROR\"")
                    .contains("\"fault\":{\"type\":\"Answer\",\"status\":418,\"errorType\":\"Teapot\"");
            assertThat(lambda.protocolViolations()).isEmpty();
        }

        @Test
        void may_be_a_large_body_whose_sender_still_reads_the_answer() {
            lambda.injectFault(ApiCall.RUNTIME_RESPONSE, UNAVAILABLE);

            Wire.call(lambda.runtimeApi(), "POST", BareRuntime.response("x"), "x".repeat(5_000_000))
                    .assertRefused(503, "Service.Unavailable", "come back later");
        }
    }

    @Nested
    class Delays {

        @Test
        void hold_an_in_jvm_runtime_back_for_exactly_their_time() {
            restart(LambdaSimulator.builder()
                    .time(clock)
                    .runtime((event, context) -> event)
                    .injectFault(ApiCall.RUNTIME_RESPONSE, new ApiFault.Delay(Duration.ofMillis(700))));
            Invocation invocation = invoke();

            clock.advance(Duration.ofSeconds(1));

            assertThat(invocation.awaitCompletion(Wire.PATIENCE).duration()).isEqualTo(Duration.ofMillis(700));
        }

        @Test
        void of_a_response_beyond_the_timeout_let_the_invocation_time_out() {
            restart(LambdaSimulator.builder()
                    .time(clock)
                    .runtime((event, context) -> event)
                    .injectFault(ApiCall.RUNTIME_RESPONSE, new ApiFault.Delay(Duration.ofSeconds(30)), 1));
            Invocation invocation = invoke();

            clock.advance(Duration.ofSeconds(40));

            assertThat(invocation.awaitCompletion(Wire.PATIENCE).status()).isEqualTo(InvocationStatus.TIMEOUT);
            Invocation afterwards = invoke();
            clock.settle(Wire.PATIENCE);
            assertThat(afterwards.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("{\"n\":1}");
        }

        @Test
        void take_real_time_under_a_real_clock() {
            lambda.injectFault(ApiCall.EXTENSION_REGISTER, new ApiFault.Delay(Duration.ofMillis(150)));
            long start = System.nanoTime();

            try (Wire wire = new Wire(lambda.runtimeApi())) {
                register(wire, "ext");
            }

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(149));
        }

        @Test
        void of_a_response_whose_client_leaves_meanwhile_do_not_lose_it() {
            restart(LambdaSimulator.builder().time(clock).freeze(FreezeMode.NONE));
            try (BareRuntime runtime = new BareRuntime(lambda)) {
                Invocation invocation = invoke();
                String requestId = BareRuntime.requestIdOf(runtime.next());
                lambda.injectFault(ApiCall.RUNTIME_RESPONSE, new ApiFault.Delay(Duration.ofSeconds(1)));
                try (Wire gone = new Wire(lambda.runtimeApi())) {
                    gone.request("POST", BareRuntime.response(requestId), "\"all of it\"");
                    awaitStrike(ApiCall.RUNTIME_RESPONSE);
                }

                clock.advance(Duration.ofSeconds(1));

                assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("\"all of it\"");
            }
        }

        @Test
        void of_a_poll_whose_client_leaves_meanwhile_do_not_swallow_the_event() {
            restart(LambdaSimulator.builder().time(clock));
            InjectedFault fault =
                    lambda.injectFault(ApiCall.RUNTIME_NEXT, new ApiFault.Delay(Duration.ofSeconds(1)), 1);
            Invocation invocation = invoke();
            try (BareRuntime gone = new BareRuntime(lambda)) {
                gone.poll();
                awaitStrike(ApiCall.RUNTIME_NEXT);
            }

            clock.advance(Duration.ofSeconds(1));

            try (BareRuntime runtime = new BareRuntime(lambda)) {
                runtime.poll().echo();
                assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("{\"n\":1}");
            }
            assertThat(fault.struck()).isEqualTo(1);
        }

        @Test
        void do_not_keep_an_environment_from_closing() {
            lambda.injectFault(ApiCall.RUNTIME_NEXT, new ApiFault.Delay(Duration.ofHours(1)));
            try (BareRuntime runtime = new BareRuntime(lambda)) {
                runtime.poll();
                awaitStrike(ApiCall.RUNTIME_NEXT);
                long start = System.nanoTime();

                lambda.close();

                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
                runtime.wire().assertEnds();
            }
        }
    }

    @Nested
    class How_often {

        private int call(ApiCall call) {
            try (Wire wire = new Wire(lambda.runtimeApi())) {
                return make(wire, call).reply().status();
            }
        }

        @Test
        void as_often_as_it_was_asked_to() {
            InjectedFault fault = lambda.injectFault(ApiCall.EXTENSION_REGISTER, UNAVAILABLE, 2);
            assertThat(fault.isActive()).isTrue();

            assertThat(call(ApiCall.EXTENSION_REGISTER)).isEqualTo(503);
            assertThat(call(ApiCall.EXTENSION_REGISTER)).isEqualTo(503);
            assertThat(call(ApiCall.EXTENSION_REGISTER)).isNotEqualTo(503);

            assertThat(fault.struck()).isEqualTo(2);
            assertThat(fault.isActive()).isFalse();
            assertThat(lambda.injectedFaults()).isEmpty();
        }

        @Test
        void until_it_is_removed() {
            InjectedFault fault = lambda.injectFault(ApiCall.EXTENSION_REGISTER, UNAVAILABLE);
            assertThat(call(ApiCall.EXTENSION_REGISTER)).isEqualTo(503);

            fault.remove();
            fault.remove();

            assertThat(call(ApiCall.EXTENSION_REGISTER)).isNotEqualTo(503);
            assertThat(fault.struck()).isEqualTo(1);
        }

        @Test
        void one_after_the_other() {
            lambda.injectFault(ApiCall.EXTENSION_REGISTER, new ApiFault.Answer(500, "First", ""), 1);
            lambda.injectFault(ApiCall.EXTENSION_REGISTER, new ApiFault.Answer(501, "Second", ""), 1);

            assertThat(call(ApiCall.EXTENSION_REGISTER)).isEqualTo(500);
            assertThat(call(ApiCall.EXTENSION_REGISTER)).isEqualTo(501);
        }

        @Test
        void from_the_start_of_an_environment_and_of_each_that_a_builder_starts() {
            LambdaSimulator.Builder builder = LambdaSimulator.builder()
                    .injectFault(ApiCall.EXTENSION_REGISTER, UNAVAILABLE, 1)
                    .injectFault(ApiCall.EXTENSION_INIT_ERROR, DROP);
            for (int i = 0; i < 2; i++) {
                restart(builder);
                assertThat(lambda.injectedFaults()).hasSize(2);
                assertThat(call(ApiCall.EXTENSION_REGISTER)).isEqualTo(503);
                assertThat(lambda.injectedFaults()).singleElement().satisfies(fault -> {
                    assertThat(fault.call()).isEqualTo(ApiCall.EXTENSION_INIT_ERROR);
                    assertThat(fault.fault()).isEqualTo(DROP);
                });
            }
        }
    }

    @Nested
    class Bad_input {

        @Test
        void is_a_delay_that_is_negative_or_never_ends() {
            assertThatThrownBy(() -> new ApiFault.Delay(Duration.ofMillis(-1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a call is delayed by a duration from 0 to 365 days, not by PT-0.001S");
            assertThatThrownBy(() -> new ApiFault.Delay(Duration.ofDays(366)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("PT8784H");
        }

        @ParameterizedTest
        @ValueSource(ints = {42, 200, 399, 600})
        void is_a_status_that_is_none_of_an_error(int status) {
            assertThatThrownBy(() -> new ApiFault.Answer(status, "Type", "message"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(status + " is no status of an error: a fault answers with one from 400 to 599");
        }

        @Test
        void is_a_fault_that_strikes_no_time() {
            assertThatThrownBy(() -> lambda.injectFault(ApiCall.RUNTIME_NEXT, DROP, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a fault strikes at least once, not 0 times");
            assertThatThrownBy(() -> LambdaSimulator.builder().injectFault(ApiCall.RUNTIME_NEXT, DROP, -1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("-1 times");
        }
    }
}

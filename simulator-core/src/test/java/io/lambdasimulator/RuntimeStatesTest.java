package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The runtime's state machine (spec: on-demand §2.1). In every state there is a current invocation, since a wrong request
 * id would be noticed first: an internal extension keeps it open.
 */
class RuntimeStatesTest {

    /** A call, with the name of the state it leads to in messages. */
    private enum Call {
        NEXT("Ready"),
        INIT_ERROR("InitError"),
        RESPONSE("InvocationResponse"),
        ERROR("InvocationErrorResponse");

        private final String target;

        Call(String target) {
            this.target = target;
        }
    }

    /** The cells of the table that say 403. */
    private static final Map<RuntimeState, List<Call>> REFUSED = new EnumMap<>(Map.of(
            RuntimeState.STARTED, List.of(Call.RESPONSE, Call.ERROR),
            RuntimeState.INIT_ERROR, List.of(Call.values()),
            RuntimeState.READY, List.of(Call.INIT_ERROR, Call.RESPONSE, Call.ERROR),
            RuntimeState.RUNNING, List.of(Call.INIT_ERROR),
            RuntimeState.INVOCATION_RESPONSE, List.of(Call.values()),
            RuntimeState.INVOCATION_ERROR_RESPONSE, List.of(Call.values()),
            RuntimeState.RESPONSE_SENT, List.of(Call.INIT_ERROR, Call.RESPONSE, Call.ERROR)));

    private final List<AutoCloseable> open = new ArrayList<>();
    private LambdaSimulator lambda;
    private BareExtension extension;
    private BareRuntime runtime;
    private Invocation invocation;

    /** Init is done, the runtime has withdrawn its poll and an invocation is dispatched: the state is Started. */
    @BeforeEach
    void dispatch() {
        lambda = keep(LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMinutes(1))
                        .build())
                .runtime(Command.of("sleep", "600"))
                .invocationIdHeader(InvocationIdHeader.SENT)
                .start());
        extension = keep(BareExtension.register(lambda, "internal", "INVOKE")).park();
        BareRuntime first = keep(new BareRuntime(lambda)).park();
        lambda.awaitInit(Wire.PATIENCE);
        new Moments(lambda).withdrawsPoll(first::close);
        invocation = lambda.submit(InvocationRequest.of("\"event\""));
        assertThat(extension.reply().text()).contains(invocation.requestId());
        runtime = keep(new BareRuntime(lambda));
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private <T extends AutoCloseable> T keep(T resource) {
        open.add(resource);
        return resource;
    }

    private BareRuntime another() {
        return keep(new BareRuntime(lambda));
    }

    private void bring(RuntimeState state) {
        switch (state) {
            case STARTED -> {
                // The state it is in.
            }
            case INIT_ERROR -> runtime.initError("{}").assertAccepted();
            case RUNNING -> runtime.next();
            case INVOCATION_RESPONSE -> beginAnswer(state, BareRuntime.response(invocation.requestId()));
            case INVOCATION_ERROR_RESPONSE -> beginAnswer(state, BareRuntime.error(invocation.requestId()));
            case RESPONSE_SENT -> {
                runtime.next();
                runtime.respond(invocation.requestId(), "{}").assertAccepted();
            }
            case READY -> {
                bring(RuntimeState.RESPONSE_SENT);
                runtime.park();
            }
        }
        assertThat(lambda.runtimeState()).contains(state);
    }

    private void beginAnswer(RuntimeState state, String target) {
        runtime.next();
        new Moments(lambda)
                .bringsRuntimeTo(
                        state,
                        () -> another()
                                .wire()
                                .head("POST", target, "Content-Length: 3")
                                .send("{"));
    }

    private Reply make(Call call) {
        BareRuntime caller = another();
        return switch (call) {
            case NEXT -> caller.next();
            case INIT_ERROR -> caller.initError("{}");
            case RESPONSE -> caller.respond(invocation.requestId(), "{}");
            case ERROR -> caller.fail(invocation.requestId(), "{}");
        };
    }

    @ParameterizedTest
    @EnumSource(RuntimeState.class)
    void a_call_that_the_state_does_not_allow_is_refused_and_changes_nothing(RuntimeState state) {
        bring(state);

        for (Call call : REFUSED.get(state)) {
            make(call)
                    .assertRefused(
                            403,
                            "InvalidStateTransition",
                            "State transition from " + state.wireName() + " to " + call.target
                                    + " failed for runtime. Error: State transition is not allowed");
            assertThat(lambda.runtimeState()).as("after %s", call).contains(state);
        }
    }

    @Test
    void in_started_next_parks_and_gets_the_event() {
        assertThat(make(Call.NEXT).text()).isEqualTo("\"event\"");
        assertThat(lambda.runtimeState()).contains(RuntimeState.RUNNING);
    }

    @Test
    void in_started_an_init_error_is_accepted() {
        make(Call.INIT_ERROR).assertAccepted();
        assertThat(lambda.runtimeState()).contains(RuntimeState.INIT_ERROR);
    }

    @Test
    void in_running_next_gets_the_same_event_again() {
        Reply first = runtime.next();
        Reply again = make(Call.NEXT);

        assertThat(again.text()).isEqualTo("\"event\"");
        assertThat(again.header("Lambda-Runtime-Invocation-Id"))
                .isPresent()
                .isEqualTo(first.header("Lambda-Runtime-Invocation-Id"));
        assertThat(lambda.runtimeState()).contains(RuntimeState.RUNNING);
    }

    @ParameterizedTest
    @EnumSource(names = {"RESPONSE", "ERROR"})
    void in_running_an_answer_is_accepted_once(Call call) {
        bring(RuntimeState.RUNNING);

        make(call).assertAccepted();

        assertThat(lambda.runtimeState()).contains(RuntimeState.RESPONSE_SENT);
        assertThat(make(call).status()).isEqualTo(403);
    }

    @Test
    void in_response_sent_next_parks_until_the_next_invocation() {
        bring(RuntimeState.RESPONSE_SENT);
        runtime.park();
        Invocation next = lambda.submit(InvocationRequest.of("\"next\""));

        extension.poll();

        assertThat(runtime.reply().text()).isEqualTo("\"next\"");
        assertThat(extension.reply().text()).contains(next.requestId());
    }

    @Test
    void in_ready_a_further_next_parks_as_well() {
        bring(RuntimeState.READY);
        BareRuntime further = another().poll();
        new Moments(lambda).withdrawsPoll(runtime::close);
        lambda.submit(InvocationRequest.of("\"next\""));

        extension.poll();

        assertThat(further.reply().text()).isEqualTo("\"next\"");
    }
}

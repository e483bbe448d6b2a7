package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.RuntimeState;

/** A runtime that is nothing but a connection: it makes the calls it is told to make. */
final class BareRuntime implements AutoCloseable {

    static final String NEXT = "/2018-06-01/runtime/invocation/next";
    static final String INIT_ERROR = "/2018-06-01/runtime/init/error";

    private final LambdaSimulator lambda;
    private final Wire wire;

    BareRuntime(LambdaSimulator lambda) {
        this.lambda = lambda;
        this.wire = new Wire(lambda.runtimeApi());
    }

    static String response(String requestId) {
        return "/2018-06-01/runtime/invocation/" + requestId + "/response";
    }

    static String error(String requestId) {
        return "/2018-06-01/runtime/invocation/" + requestId + "/error";
    }

    /** The request id of an invocation that {@code next} returned. */
    static String requestIdOf(Reply next) {
        assertThat(next.status()).as(next.toString()).isEqualTo(200);
        return next.header("Lambda-Runtime-Aws-Request-Id").orElseThrow();
    }

    Wire wire() {
        return wire;
    }

    /** Asks for the next invocation and does not wait for it. */
    BareRuntime poll() {
        wire.request("GET", NEXT, "");
        return this;
    }

    /** Asks for the next invocation and waits until the environment knows that the runtime is ready. */
    BareRuntime park() {
        new Moments(lambda).bringsRuntimeTo(RuntimeState.READY, this::poll);
        return this;
    }

    /** Waits for what a poll brings. */
    Reply reply() {
        return wire.reply();
    }

    /** Asks for the next invocation and waits for it. */
    Reply next() {
        return poll().reply();
    }

    Reply respond(String requestId, String body, String... headerLines) {
        return wire.request("POST", response(requestId), body, headerLines).reply();
    }

    Reply fail(String requestId, String body, String... headerLines) {
        return wire.request("POST", error(requestId), body, headerLines).reply();
    }

    Reply initError(String body, String... headerLines) {
        return wire.request("POST", INIT_ERROR, body, headerLines).reply();
    }

    /** Takes the invocation that a parked poll gets, echoes its event, and is ready again. */
    void echo() {
        Reply event = reply();
        respond(requestIdOf(event), event.text()).assertAccepted();
        poll();
    }

    @Override
    public void close() {
        wire.close();
    }
}

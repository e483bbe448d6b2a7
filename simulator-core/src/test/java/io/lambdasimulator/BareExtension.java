package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.ExtensionState;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A registered extension that is nothing but a connection: it makes the calls it is told to make. */
final class BareExtension implements AutoCloseable {

    static final String REGISTER = "/2020-01-01/extension/register";
    static final String NEXT = "/2020-01-01/extension/event/next";
    static final String INIT_ERROR = "/2020-01-01/extension/init/error";
    static final String EXIT_ERROR = "/2020-01-01/extension/exit/error";

    private final LambdaSimulator lambda;
    private final Wire wire;
    private final String name;
    private final String identifier;

    private BareExtension(LambdaSimulator lambda, Wire wire, String name, String identifier) {
        this.lambda = lambda;
        this.wire = wire;
        this.name = name;
        this.identifier = identifier;
    }

    static BareExtension register(LambdaSimulator lambda, String name, String... events) {
        Wire wire = new Wire(lambda.runtimeApi());
        Reply reply = wire.request("POST", REGISTER, body(events), "Lambda-Extension-Name: " + name)
                .reply();
        assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
        return new BareExtension(
                lambda, wire, name, reply.header("Lambda-Extension-Identifier").orElseThrow());
    }

    /** The body of a registration. */
    static String body(String... events) {
        return Stream.of(events)
                .map(event -> '"' + event + '"')
                .collect(Collectors.joining(",", "{\"events\":[", "]}"));
    }

    String identifier() {
        return identifier;
    }

    Wire wire() {
        return wire;
    }

    private String identification() {
        return "Lambda-Extension-Identifier: " + identifier;
    }

    /** Asks for the next event and does not wait for it. */
    BareExtension poll() {
        wire.request("GET", NEXT, "", identification());
        return this;
    }

    /** Asks for the next event and waits until the environment knows that the extension is ready. */
    BareExtension park() {
        new Moments(lambda).bringsExtensionTo(ExtensionState.READY, name, this::poll);
        return this;
    }

    /** Waits for what a poll brings. */
    Reply reply() {
        return wire.reply();
    }

    /** Asks for the next event and waits for it. */
    Reply next() {
        return poll().reply();
    }

    Reply initError(String errorType) {
        return report(INIT_ERROR, errorType);
    }

    Reply exitError(String errorType) {
        return report(EXIT_ERROR, errorType);
    }

    private Reply report(String target, String errorType) {
        return wire.request("POST", target, "", identification(), "Lambda-Extension-Function-Error-Type: " + errorType)
                .reply();
    }

    @Override
    public void close() {
        wire.close();
    }
}

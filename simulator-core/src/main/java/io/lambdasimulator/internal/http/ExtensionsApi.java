package io.lambdasimulator.internal.http;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.internal.environment.CallRefused;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.environment.ExtensionEvent;
import io.lambdasimulator.internal.environment.Limits;
import io.lambdasimulator.internal.json.GoJson;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The Extensions API, version 2020-01-01 (spec: on-demand §1.8–§1.10). */
final class ExtensionsApi {

    private static final String PREFIX = "/2020-01-01/extension";
    static final String NAME = "Lambda-Extension-Name";
    static final String IDENTIFIER = "Lambda-Extension-Identifier";

    private final ExecutionEnvironment environment;
    private final Answers answers;
    private final boolean enabled;

    /**
     * @param enabled false answers every call with an empty 404, as the service does for functions without extensions
     */
    ExtensionsApi(ExecutionEnvironment environment, Answers answers, boolean enabled) {
        this.environment = environment;
        this.answers = answers;
        this.enabled = enabled;
    }

    List<Route> routes() {
        return List.of(
                route("POST", "/register", this::register),
                route("GET", "/event/next", this::next),
                route("POST", "/init/error", exchange -> error(exchange, environment::extensionInitError)),
                route("POST", "/exit/error", exchange -> error(exchange, environment::extensionExitError)));
    }

    private Route route(String method, String path, Route.Handler handler) {
        Route.Handler gated = enabled ? handler : exchange -> answers.send(exchange, Answer.empty(404));
        return new Route(method, PREFIX + path, gated);
    }

    private void register(Exchange exchange) {
        String name = exchange.header(NAME);
        if (name == null || name.isEmpty()) {
            answers.refuse(exchange, CallRefused.emptyExtensionName());
            return;
        }
        exchange.readBody(Limits.RESPONSE_BYTES, new Exchange.BodyReader() {
            @Override
            public void complete(byte[] body) {
                try {
                    answers.send(exchange, register(exchange, name, body));
                } catch (CallRefused refusal) {
                    answers.refuse(exchange, refusal);
                }
            }

            @Override
            public void truncated() {
                answers.refuse(exchange, CallRefused.invalidRegistration("unexpected EOF"));
            }

            @Override
            public void tooLarge(long size) {
                answers.refuse(exchange, CallRefused.bodyTooLarge());
            }
        });
    }

    private Answer register(Exchange exchange, String name, byte[] body) throws CallRefused {
        List<String> events = RegistrationBody.events(body);
        ExecutionEnvironment.Registration registration = environment.register(name, events);
        FunctionConfiguration function = registration.function();
        Map<String, String> facts = new LinkedHashMap<>();
        if (accepts(exchange.header("Lambda-Extension-Accept-Feature"), "accountId")) {
            facts.put("accountId", function.accountId());
        }
        facts.put("functionName", function.name());
        facts.put("functionVersion", function.version());
        facts.put("handler", function.handler());
        return Answer.of(200, "application/json", Answers.line(GoJson.bytes(facts)))
                .with(IDENTIFIER, registration.identifier().toString());
    }

    private static boolean accepts(@Nullable String features, String feature) {
        return features != null
                && Arrays.stream(features.split(",")).map(String::trim).anyMatch(feature::equals);
    }

    private void next(Exchange exchange) {
        UUID identifier;
        try {
            identifier = identifier(exchange);
        } catch (CallRefused refusal) {
            answers.refuse(exchange, refusal);
            return;
        }
        environment.extensionNext(identifier, ExchangePoll.park(exchange, environment, answers, ExtensionsApi::render));
    }

    private static Answer render(ExtensionEvent event) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("eventType", event.type().name());
        body.put("deadlineMs", event.deadline().toEpochMilli());
        if (event instanceof ExtensionEvent.Invoke invoke) {
            body.put("requestId", invoke.requestId());
            body.put("invokedFunctionArn", invoke.invokedFunctionArn());
            if (!invoke.traceId().isEmpty()) {
                Map<String, String> tracing = new LinkedHashMap<>();
                tracing.put("type", "X-Amzn-Trace-Id");
                tracing.put("value", invoke.traceId());
                body.put("tracing", tracing);
            }
            return Answer.of(200, "application/json", GoJson.bytes(body))
                    .with("Lambda-Extension-Event-Identifier", UUID.randomUUID().toString());
        }
        if (event instanceof ExtensionEvent.Shutdown shutdown) {
            body.put("shutdownReason", shutdown.reason().wireName());
        }
        // The core writes this event raw; Go then names the type it sees.
        return Answer.of(200, "text/plain; charset=utf-8", GoJson.bytes(body));
    }

    private interface ErrorCall {
        void make(UUID identifier, String errorType) throws CallRefused;
    }

    private void error(Exchange exchange, ErrorCall call) {
        try {
            UUID identifier = identifier(exchange);
            String errorType = exchange.header("Lambda-Extension-Function-Error-Type");
            if (errorType == null || errorType.isEmpty()) {
                throw CallRefused.missingErrorType();
            }
            call.make(identifier, errorType);
            answers.send(exchange, Answers.accepted());
        } catch (CallRefused refusal) {
            answers.refuse(exchange, refusal);
        }
    }

    static UUID identifier(Exchange exchange) throws CallRefused {
        String text = exchange.header(IDENTIFIER);
        if (text == null || text.isEmpty()) {
            throw CallRefused.missingIdentifier();
        }
        UUID identifier = Uuids.parse(text);
        if (identifier == null) {
            throw CallRefused.invalidIdentifier();
        }
        return identifier;
    }
}

package io.lambdasimulator.internal.http;

import io.lambdasimulator.internal.environment.CallRefused;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.telemetry.SubscriptionBody;
import io.lambdasimulator.telemetry.TelemetryApi;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/** Subscribing to the Telemetry API, version 2022-07-01, and the Logs API, version 2020-08-15 (spec: aws-contract §3.1, §4). */
final class TelemetryApis {

    private static final int BODY_LIMIT = 1 << 20;
    private static final byte[] OK = "\"OK\"".getBytes(StandardCharsets.UTF_8);

    private final ExecutionEnvironment environment;
    private final Answers answers;
    private final boolean enabled;

    /**
     * @param enabled false answers every call with an empty 404, as the service does for functions without extensions
     */
    TelemetryApis(ExecutionEnvironment environment, Answers answers, boolean enabled) {
        this.environment = environment;
        this.answers = answers;
        this.enabled = enabled;
    }

    /** AWS's pages show the address with and without a slash at its end. */
    List<Route> routes() {
        return List.of(
                route("/2022-07-01/telemetry", TelemetryApi.TELEMETRY),
                route("/2022-07-01/telemetry/", TelemetryApi.TELEMETRY),
                route("/2020-08-15/logs", TelemetryApi.LOGS),
                route("/2020-08-15/logs/", TelemetryApi.LOGS));
    }

    private Route route(String path, TelemetryApi api) {
        return new Route("PUT", path, exchange -> {
            if (enabled) {
                subscribe(exchange, api);
            } else {
                answers.send(exchange, Answer.empty(404));
            }
        });
    }

    private void subscribe(Exchange exchange, TelemetryApi api) {
        UUID identifier;
        try {
            identifier = ExtensionsApi.identifier(exchange);
            environment.checkSubscription(identifier, api);
        } catch (CallRefused refusal) {
            answers.refuse(exchange, refusal);
            return;
        }
        exchange.readBody(BODY_LIMIT, new Exchange.BodyReader() {
            @Override
            public void complete(byte[] body) {
                try {
                    environment.subscribe(identifier, SubscriptionBody.parse(api, body));
                    // The service writes the text itself, and Go then names the type it sees.
                    answers.send(exchange, Answer.of(200, "text/plain; charset=utf-8", OK));
                } catch (CallRefused refusal) {
                    answers.refuse(exchange, refusal);
                }
            }

            @Override
            public void truncated() {
                answers.refuse(exchange, CallRefused.invalidSubscription(api, "failed to parse JSON: unexpected EOF"));
            }

            @Override
            public void tooLarge(long size) {
                answers.refuse(
                        exchange,
                        CallRefused.invalidSubscription(
                                api, "the body has to be smaller than " + BODY_LIMIT + " bytes"));
            }
        });
    }
}

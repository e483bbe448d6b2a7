package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.json.JsonValues;
import io.lambdasimulator.telemetry.TelemetryApi;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformLogsSubscription;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformTelemetrySubscription;
import io.lambdasimulator.telemetry.TelemetrySubscription;
import io.lambdasimulator.telemetry.TelemetryType;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code PUT /telemetry} and {@code PUT /logs} on the wire (spec: aws-contract §3.1, §4; production-captures §2.8, §7). */
class TelemetrySubscriptionTest {

    private static final String TELEMETRY = "/2022-07-01/telemetry";
    private static final String LOGS = "/2020-08-15/logs";
    private static final String HTTP =
            "\"destination\":{\"protocol\":\"HTTP\",\"URI\":\"http://sandbox.localdomain:4243\"}";
    private static final String ALL = "\"types\":[\"platform\",\"function\",\"extension\"]";
    private static final String NEWEST = "\"schemaVersion\":\"2025-01-29\"";
    private static final String GOOD = "{" + NEWEST + "," + ALL + "," + HTTP + "}";

    private final LambdaSimulator lambda =
            LambdaSimulator.builder().declareExtension("watcher").start();
    // Without SHUTDOWN nobody waits for it to exit, which it never does.
    private final BareExtension extension = BareExtension.register(lambda, "watcher", "INVOKE");

    @AfterEach
    void close() {
        extension.close();
        lambda.close();
    }

    private Reply put(String path, String body) {
        return put(extension, path, body);
    }

    private Reply put(BareExtension who, String path, String body) {
        return Wire.call(
                lambda.runtimeApi(),
                "PUT",
                path,
                body,
                "Content-Type: application/json",
                "Lambda-Extension-Identifier: " + who.identifier());
    }

    @ParameterizedTest
    @ValueSource(strings = {TELEMETRY, TELEMETRY + "/"})
    void is_answered_with_the_text_OK(String path) {
        put(path, GOOD).assertIs(200, "text/plain; charset=utf-8", "\"OK\"");

        assertThat(lambda.telemetry().events(PlatformTelemetrySubscription.class))
                .containsExactly(new PlatformTelemetrySubscription(
                        "watcher",
                        "Subscribed",
                        List.of(TelemetryType.PLATFORM, TelemetryType.FUNCTION, TelemetryType.EXTENSION)));
        TelemetrySubscription subscription = lambda.telemetry().subscription("watcher");
        assertThat(subscription.api()).isEqualTo(TelemetryApi.TELEMETRY);
        assertThat(subscription.schemaVersion()).isEqualTo("2025-01-29");
    }

    @ParameterizedTest
    @ValueSource(strings = {LOGS, LOGS + "/"})
    void of_the_Logs_API_needs_no_schema_version(String path) {
        put(path, "{\"types\":[\"function\"]," + HTTP + "}").assertIs(200, "text/plain; charset=utf-8", "\"OK\"");

        assertThat(lambda.telemetry().subscription("watcher").schemaVersion()).isEqualTo("2020-08-15");
        assertThat(lambda.eventLog().toJsonLines()).contains("\"api\":\"LOGS\"");
        assertThat(lambda.telemetry().events(PlatformLogsSubscription.class))
                .as("a record of the Logs API only")
                .isEmpty();
    }

    static Stream<Arguments> accepted() {
        return Stream.of(
                arguments(TELEMETRY, body("2022-07-01", HTTP)),
                arguments(TELEMETRY, body("2022-12-13", HTTP)),
                arguments(TELEMETRY, body("2025-01-29", "\"unknown\":{\"x\":1}," + HTTP)),
                arguments(TELEMETRY, body("2025-01-29", destination("HTTP", "\"URI\":\"http://sandbox:4243/a?b=c\""))),
                arguments(TELEMETRY, body("2025-01-29", destination("HTTP", "\"URI\":\"http://127.0.0.1:4243\""))),
                arguments(TELEMETRY, body("2025-01-29", destination("HTTP", "\"URI\":\"http://localhost:4243/\""))),
                arguments(TELEMETRY, body("2025-01-29", destination("TCP", "\"port\":4243"))),
                arguments(
                        TELEMETRY,
                        body("2025-01-29", buffering("\"maxItems\":1000,\"maxBytes\":262144,\"timeoutMs\":25"))),
                arguments(
                        TELEMETRY,
                        body("2025-01-29", buffering("\"maxItems\":10000,\"maxBytes\":1048576,\"timeoutMs\":30000"))),
                arguments(LOGS, body("2020-08-15", HTTP)),
                arguments(LOGS, body("2021-03-18", destination("TCP", "\"port\":4243"))),
                arguments(
                        LOGS,
                        body("2021-03-18", destination("HTTP", "\"URI\":\"http://sandbox:4243\",\"method\":\"PUT\""))));
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void takes_what_AWS_documents(String path, String body) {
        assertThat(put(path, body).toString()).startsWith("HTTP/1.1 200 ");
    }

    private static String body(String version, String members) {
        return "{\"schemaVersion\":\"" + version + "\"," + ALL + "," + members + "}";
    }

    private static String destination(String protocol, String members) {
        return "\"destination\":{\"protocol\":\"" + protocol + "\"," + members + "}";
    }

    private static String buffering(String members) {
        return "\"buffering\":{" + members + "}," + HTTP;
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                arguments("", "failed to parse JSON: the body is empty"),
                arguments("{", "failed to parse JSON: "),
                arguments("[]", "failed to parse JSON: the body has to be an object, not an empty array"),
                arguments(named("5000 brackets", "[".repeat(5000)), "failed to parse JSON: it is nested too deeply"),
                arguments(GOOD + "{}", "failed to parse JSON: "),
                arguments("{" + ALL + "," + HTTP + "}", "schemaVersion is missing"),
                arguments(
                        body("2020-08-15", HTTP),
                        "schemaVersion has to be one of [2022-07-01, 2022-12-13, 2025-01-29]"),
                arguments(
                        "{\"schemaVersion\":7," + ALL + "," + HTTP + "}",
                        "schemaVersion has to be a string, not a number"),
                arguments("{" + NEWEST + "," + HTTP + "}", "types is missing"),
                arguments("{" + NEWEST + ",\"types\":[]," + HTTP + "}", "types has to be an array of at least one of"),
                arguments("{" + NEWEST + ",\"types\":[\"Platform\"]," + HTTP + "}", "types may hold platform"),
                arguments("{" + NEWEST + ",\"types\":[1]," + HTTP + "}", "types has to be a string, not a number"),
                arguments("{" + NEWEST + "," + ALL + "}", "destination is missing"),
                arguments(
                        body("2025-01-29", "\"destination\":\"here\""),
                        "destination has to be an object, not a string"),
                arguments(
                        body("2025-01-29", destination("http", "\"URI\":\"http://sandbox:1\"")),
                        "destination.protocol has to be HTTP or TCP"),
                arguments(body("2025-01-29", destination("HTTP", "\"port\":4243")), "destination.URI is missing"),
                arguments(
                        body("2025-01-29", destination("HTTP", "\"URI\":\"http://example.com:4243\"")),
                        "destination.URI host must be sandbox.localdomain, not \"example.com\""),
                arguments(
                        body("2025-01-29", destination("HTTP", "\"URI\":\"http://sandbox:abc\"")),
                        "destination.URI could not be parsed: there is no host, or no port behind its colon"),
                arguments(
                        body("2025-01-29", destination("HTTP", "\"URI\":\"http://[::1]:4243\"")),
                        "destination.URI host must be sandbox.localdomain"),
                arguments(
                        body("2025-01-29", destination("HTTP", "\"URI\":\"https://sandbox:4243\"")),
                        "destination.URI has to begin with http://"),
                arguments(
                        body("2025-01-29", destination("HTTP", "\"URI\":\"http://sand box\"")),
                        "destination.URI could not be parsed"),
                arguments(
                        body("2025-01-29", destination("HTTP", "\"URI\":\"http://sandbox:9001\"")),
                        "destination.URI names port 9001"),
                arguments(body("2025-01-29", destination("TCP", "\"port\":9001")), "destination.port names port 9001"),
                arguments(body("2025-01-29", destination("TCP", "\"port\":0")), "destination.port has to name a port"),
                arguments(
                        body("2025-01-29", destination("TCP", "\"port\":99999999999999")),
                        "destination.port has to be an integer"),
                arguments(
                        body("2025-01-29", destination("TCP", "\"port\":\"4243\"")),
                        "destination.port has to be an integer"),
                arguments(
                        body("2025-01-29", destination("TCP", "\"URI\":\"http://sandbox:1\"")),
                        "destination.port is missing"),
                arguments(body("2025-01-29", "\"buffering\":[]," + HTTP), "buffering has to be an object"),
                arguments(
                        body("2025-01-29", buffering("\"maxItems\":0")),
                        "buffering.maxItems has to be an integer from 1000 to 10000, not 0"),
                arguments(body("2025-01-29", buffering("\"maxItems\":10001")), "buffering.maxItems"),
                arguments(body("2025-01-29", buffering("\"maxItems\":1e999")), "buffering.maxItems"),
                arguments(body("2025-01-29", buffering("\"maxItems\":1000.5")), "buffering.maxItems"),
                arguments(body("2025-01-29", buffering("\"maxBytes\":262143")), "buffering.maxBytes"),
                arguments(
                        body("2025-01-29", buffering("\"maxBytes\":null")),
                        "buffering.maxBytes has to be an integer from 262144 to 1048576, not null"),
                arguments(
                        body("2025-01-29", buffering("\"timeoutMs\":0")),
                        "buffering.timeoutMs has to be an integer from 25 to 30000, not 0"),
                arguments(body("2025-01-29", buffering("\"timeoutMs\":\"1000\"")), "buffering.timeoutMs"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void names_the_member_that_is_wrong(String body, String message) {
        Reply reply = put(TELEMETRY, body);

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.header("Content-Type")).contains("application/json");
        assertThat(reply.text()).startsWith("{\"errorType\":\"ValidationError\",\"errorMessage\":\"");
        assertThat(JsonValues.parse(reply.text()))
                .isInstanceOfSatisfying(
                        Map.class,
                        error -> assertThat(String.valueOf(error.get("errorMessage")))
                                .contains(message));
        assertThat(lambda.telemetry().subscriptions()).isEmpty();
    }

    @Test
    void of_the_Logs_API_has_an_error_type_of_its_own() {
        Reply reply = put(LOGS, body("2022-07-01", HTTP));

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.text())
                .startsWith("{\"errorType\":\"Logs.ValidationError\",\"errorMessage\":\"schema validation error:"
                        + " schemaVersion has to be one of [2020-08-15, 2021-03-18]");
        assertThat(put(LOGS, body("2020-08-15", destination("HTTP", "\"URI\":\"http://sandbox:1\",\"method\":\"GET\"")))
                        .text())
                .contains("destination.method has to be POST or PUT");
    }

    @Test
    void needs_an_identifier() {
        Wire.call(lambda.runtimeApi(), "PUT", TELEMETRY, GOOD)
                .assertRefused(
                        403, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header");
        Wire.call(lambda.runtimeApi(), "PUT", TELEMETRY, GOOD, "Lambda-Extension-Identifier: x")
                .assertRefused(403, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier");
        String unknown = "00000000-0000-4000-8000-000000000000";
        Wire.call(lambda.runtimeApi(), "PUT", TELEMETRY, GOOD, "Lambda-Extension-Identifier: " + unknown)
                .assertRefused(403, "Extension.UnknownExtensionIdentifier", "Unknown extension " + unknown);
    }

    @Test
    void that_is_bad_is_refused_first_for_who_asks_and_when() {
        String unknown = "00000000-0000-4000-8000-000000000000";
        Wire.call(lambda.runtimeApi(), "PUT", TELEMETRY, "no json", "Lambda-Extension-Identifier: " + unknown)
                .assertRefused(403, "Extension.UnknownExtensionIdentifier", "Unknown extension " + unknown);
    }

    @Test
    void again_that_asks_for_something_else_is_told_in_the_log() {
        put(TELEMETRY, GOOD);
        put(TELEMETRY, GOOD);
        put(TELEMETRY, body("2025-01-29", destination("TCP", "\"port\":4243")));

        assertThat(lambda.eventLog().events(Event.TelemetrySubscribed.class))
                .extracting(Event.TelemetrySubscribed::differs)
                .containsExactly(false, false, true);
    }

    @Test
    void is_closed_once_init_is_over() {
        try (BareRuntime runtime = new BareRuntime(lambda)) {
            extension.park();
            runtime.poll();
            lambda.awaitInit(Wire.PATIENCE);

            put(TELEMETRY, GOOD)
                    .assertRefused(403, "Telemetry.SubscriptionClosed", "Telemetry API subscription is closed");
            put(LOGS, body("2020-08-15", HTTP))
                    .assertRefused(403, "Logs.SubscriptionClosed", "Logs API subscription is closed");
        }
    }

    @Test
    void again_is_OK_and_changes_nothing() {
        put(TELEMETRY, GOOD);

        put(TELEMETRY, "{\"schemaVersion\":\"2022-07-01\",\"types\":[\"function\"]," + HTTP + "}")
                .assertIs(200, "text/plain; charset=utf-8", "\"OK\"");

        assertThat(lambda.telemetry().events(PlatformTelemetrySubscription.class))
                .extracting(PlatformTelemetrySubscription::state)
                .containsExactly("Subscribed", "Already subscribed");
        assertThat(lambda.telemetry().subscription("watcher").schemaVersion()).isEqualTo("2025-01-29");
        assertThat(lambda.telemetry().subscriptions()).hasSize(1);
    }

    @Test
    void to_one_API_excludes_the_other_for_all_extensions_of_the_function() {
        put(TELEMETRY, GOOD);
        try (BareExtension other = BareExtension.register(lambda, "other")) {

            Reply reply = put(other, LOGS, body("2020-08-15", HTTP));

            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.text())
                    .startsWith("{\"errorType\":\"Logs.ValidationError\"")
                    .contains("an extension of this function has subscribed to the Telemetry API");
            assertThat(put(other, TELEMETRY, GOOD).status()).isEqualTo(200);
        }
    }
}

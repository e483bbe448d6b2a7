package io.lambdasimulator.internal.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.LogFormat;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.invocation.Span;
import io.lambdasimulator.telemetry.TelemetryRecord;
import io.lambdasimulator.telemetry.TelemetryRecord.ExtensionLog;
import io.lambdasimulator.telemetry.TelemetryRecord.FunctionLog;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformEnd;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformExtension;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformFault;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformInitReport;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformInitRuntimeDone;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformInitStart;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformLogsDropped;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformLogsSubscription;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformReport;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformRestoreReport;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformRestoreRuntimeDone;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformRestoreStart;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformRuntimeDone;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformStart;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformTelemetrySubscription;
import io.lambdasimulator.telemetry.TelemetryRecord.ReportMetrics;
import io.lambdasimulator.telemetry.TelemetryType;
import io.lambdasimulator.telemetry.TraceContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each record on the wire, byte for byte. */
class TelemetryJsonTest {

    private static final Instant TIME = Instant.parse("2026-01-01T12:00:00.015999Z");
    private static final Optional<TraceContext> TRACED = Optional.of(
            new TraceContext("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", Optional.of("53995c3f")));
    private static final String TRACING =
            "\"tracing\":{\"spanId\":\"53995c3f\",\"type\":\"X-Amzn-Trace-Id\",\"value\":\"Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1\"}";

    static Stream<Arguments> records() {
        return Stream.of(
                arguments(
                        new PlatformInitStart("on-demand", InitPhase.INIT, "v", "arn", "fn", "$LATEST", "i", 134217728),
                        "{\"initializationType\":\"on-demand\",\"phase\":\"init\",\"runtimeVersion\":\"v\",\"runtimeVersionArn\":\"arn\",\"functionName\":\"fn\",\"functionVersion\":\"$LATEST\",\"instanceId\":\"i\",\"instanceMaxMemory\":134217728}"),
                arguments(
                        new PlatformInitRuntimeDone(
                                "on-demand",
                                InitPhase.INVOKE,
                                InvocationStatus.ERROR,
                                Optional.of("Runtime.ExitError")),
                        "{\"initializationType\":\"on-demand\",\"phase\":\"invoke\",\"status\":\"error\",\"errorType\":\"Runtime.ExitError\"}"),
                arguments(
                        new PlatformInitReport(
                                "on-demand",
                                InitPhase.INIT,
                                InvocationStatus.TIMEOUT,
                                Optional.empty(),
                                Duration.ofMillis(10_000)),
                        "{\"initializationType\":\"on-demand\",\"phase\":\"init\",\"status\":\"timeout\",\"metrics\":{\"durationMs\":10000.0}}"),
                arguments(
                        new PlatformStart("r", "arn", "7", TRACED, Optional.of("blue")),
                        "{\"requestId\":\"r\",\"functionArn\":\"arn\",\"version\":\"7\"," + TRACING
                                + ",\"tenantId\":\"blue\"}"),
                arguments(
                        new PlatformRuntimeDone(
                                "r",
                                InvocationStatus.SUCCESS,
                                Optional.empty(),
                                Duration.ofNanos(11_185_999),
                                40,
                                List.of(new Span("responseLatency", TIME, Duration.ofNanos(2_215_000))),
                                Optional.empty(),
                                Optional.empty()),
                        "{\"requestId\":\"r\",\"status\":\"success\",\"spans\":[{\"name\":\"responseLatency\",\"start\":\"2026-01-01T12:00:00.015Z\",\"durationMs\":2.215}],\"metrics\":{\"durationMs\":11.185,\"producedBytes\":40}}"),
                arguments(
                        new PlatformReport(
                                "r",
                                InvocationStatus.ERROR,
                                Optional.of("Runtime.OutOfMemory"),
                                new ReportMetrics(
                                        Duration.ofNanos(10_935_700_000L),
                                        Duration.ofMillis(10_936),
                                        1024,
                                        1000,
                                        Optional.of(Duration.ofMillis(5)),
                                        Optional.of(Duration.ofMillis(6))),
                                List.of(),
                                TRACED,
                                Optional.of("blue")),
                        "{\"requestId\":\"r\",\"metrics\":{\"durationMs\":10935.7,\"billedDurationMs\":10936,\"memorySizeMB\":1024,\"maxMemoryUsedMB\":1000,\"initDurationMs\":5.0,\"restoreDurationMs\":6.0},"
                                + TRACING
                                + ",\"status\":\"error\",\"errorType\":\"Runtime.OutOfMemory\",\"tenantId\":\"blue\"}"),
                arguments(
                        new PlatformExtension(
                                "e",
                                ExtensionState.INIT_ERROR,
                                EnumSet.allOf(ExtensionEventType.class),
                                Optional.of("Extension.Bad")),
                        "{\"name\":\"e\",\"state\":\"InitError\",\"events\":[\"INVOKE\",\"SHUTDOWN\"],\"errorType\":\"Extension.Bad\"}"),
                arguments(
                        new PlatformExtension("e", ExtensionState.STARTED, Set.of(), Optional.empty()),
                        "{\"name\":\"e\",\"state\":\"Started\",\"events\":[]}"),
                arguments(
                        new PlatformTelemetrySubscription(
                                "e", "Already subscribed", List.of(TelemetryType.FUNCTION, TelemetryType.PLATFORM)),
                        "{\"name\":\"e\",\"state\":\"Already subscribed\",\"types\":[\"function\",\"platform\"]}"),
                arguments(
                        new PlatformLogsDropped(1234, 5, "too \"slow\""),
                        "{\"droppedBytes\":1234,\"droppedRecords\":5,\"reason\":\"too \\\"slow\\\"\"}"),
                arguments(
                        new PlatformRestoreStart("fn", "1", "i", 134217728, "v", "arn"),
                        "{\"functionName\":\"fn\",\"functionVersion\":\"1\",\"instanceId\":\"i\",\"instanceMaxMemory\":134217728,\"runtimeVersion\":\"v\",\"runtimeVersionArn\":\"arn\"}"),
                arguments(
                        new PlatformRestoreRuntimeDone(InvocationStatus.ERROR, Optional.of("Runtime.ExitError")),
                        "{\"status\":\"error\",\"errorType\":\"Runtime.ExitError\"}"),
                arguments(
                        new PlatformRestoreReport(
                                InvocationStatus.SUCCESS, Optional.empty(), Duration.ofNanos(70_870_000)),
                        "{\"status\":\"success\",\"metrics\":{\"durationMs\":70.87}}"),
                arguments(new FunctionLog("<a> & \u2028 \"b\""), "\"<a> & \u2028 \\\"b\\\"\\n\""),
                arguments(new ExtensionLog("e", ""), "\"\\n\""));
    }

    @ParameterizedTest
    @MethodSource("records")
    void of_the_Telemetry_API(TelemetryRecord record, String json) {
        assertThat(text(Schema.TELEMETRY_2025_01_29, LogFormat.TEXT, record))
                .isEqualTo("{\"time\":\"2026-01-01T12:00:00.015Z\",\"type\":\"" + record.type() + "\",\"record\":"
                        + json + "}");
    }

    @Test
    void every_record_of_the_Telemetry_API_is_tried() {
        Set<Class<?>> tried = records().map(row -> row.get()[0].getClass()).collect(Collectors.toSet());

        assertThat(tried).hasSize(14);
        assertThat(TelemetryRecord.class.getPermittedSubclasses())
                .filteredOn(type -> !type.isInterface())
                .filteredOn(type -> !List.of(PlatformLogsSubscription.class).contains(type))
                .allMatch(tried::contains);
    }

    static Stream<Arguments> recordsOfTheLogsApi() {
        return Stream.of(
                arguments(new PlatformStart("r", "arn", "7", TRACED, Optional.of("blue")), "{\"requestId\":\"r\"}"),
                arguments(
                        new PlatformRuntimeDone(
                                "r",
                                InvocationStatus.FAILURE,
                                Optional.of("Runtime.ExitError"),
                                Duration.ofMillis(1),
                                0,
                                List.of(),
                                Optional.empty(),
                                Optional.empty()),
                        "{\"requestId\":\"r\",\"status\":\"failure\"}"),
                arguments(new PlatformEnd("r"), "{\"requestId\":\"r\"}"),
                arguments(
                        new PlatformFault("r", "RequestId: r Process exited before completing request"),
                        "\"RequestId: r Process exited before completing request\""),
                arguments(
                        new PlatformLogsSubscription("e", "Subscribed", List.of(TelemetryType.PLATFORM)),
                        "{\"name\":\"e\",\"state\":\"Subscribed\",\"types\":[\"platform\"]}"),
                arguments(
                        new PlatformReport(
                                "r",
                                InvocationStatus.ERROR,
                                Optional.of("Runtime.ExitError"),
                                new ReportMetrics(
                                        Duration.ofMillis(2),
                                        Duration.ofMillis(2),
                                        128,
                                        70,
                                        Optional.empty(),
                                        Optional.empty()),
                                List.of(new Span("extensionOverhead", TIME, Duration.ZERO)),
                                Optional.empty(),
                                Optional.empty()),
                        "{\"requestId\":\"r\",\"metrics\":{\"durationMs\":2.0,\"billedDurationMs\":2,\"memorySizeMB\":128,\"maxMemoryUsedMB\":70}}"));
    }

    @ParameterizedTest
    @MethodSource("recordsOfTheLogsApi")
    void of_the_Logs_API(TelemetryRecord record, String json) {
        assertThat(text(Schema.LOGS_2021_03_18, LogFormat.TEXT, record)).endsWith(",\"record\":" + json + "}");
    }

    @ParameterizedTest
    @CsvSource({"0, 0.0", "999, 0.0", "1000, 0.001", "93000000, 93.0", "11642000, 11.642", "1233960000, 1233.96"})
    void durations_have_up_to_three_decimals_and_at_least_one(long nanos, String millis) {
        assertThat(TelemetryJson.millis(Duration.ofNanos(nanos))).hasToString(millis);
    }

    static Stream<Arguments> lines() {
        String object = "{\"level\":\"WARN\",\"message\":{\"a\":[1.50]}}";
        String wrapped = "{\"timestamp\":\"2026-01-01T12:00:00.015Z\",\"level\":\"INFO\",\"message\":\"%s\"}";
        return Stream.of(
                arguments(Schema.TELEMETRY_2022_07_01, object, "\"" + object.replace("\"", "\\\"") + "\\n\""),
                arguments(Schema.LOGS_2021_03_18, "plain", "\"plain\\n\""),
                arguments(Schema.TELEMETRY_2022_12_13, object, object),
                arguments(Schema.TELEMETRY_2025_01_29, "  " + object + "\r", object),
                arguments(Schema.TELEMETRY_2022_12_13, "plain", wrapped.formatted("plain")),
                arguments(Schema.TELEMETRY_2022_12_13, "[1]", wrapped.formatted("[1]")),
                arguments(Schema.TELEMETRY_2022_12_13, "{\"a\":1", wrapped.formatted("{\\\"a\\\":1")),
                arguments(Schema.TELEMETRY_2022_12_13, "{} {}", wrapped.formatted("{} {}")),
                arguments(Schema.TELEMETRY_2022_12_13, "{a:1}", wrapped.formatted("{a:1}")));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void lines_under_the_JSON_log_format(Schema schema, String line, String json) {
        assertThat(text(schema, LogFormat.JSON, new FunctionLog(line))).endsWith(",\"record\":" + json + "}");
    }

    @Test
    void lines_of_text_are_escaped_and_nothing_more() {
        assertThat(text(
                        Schema.TELEMETRY_2025_01_29,
                        LogFormat.TEXT,
                        new FunctionLog("\"a\\b\"\t\u001b[0m\r \u00e9 \ud83d\ude00 /")))
                .endsWith(
                        "\"type\":\"function\",\"record\":\"\\\"a\\\\b\\\"\\t\\u001B[0m\\r \u00e9 \ud83d\ude00 /\\n\"}");
        assertThat(text(Schema.LOGS_2021_03_18, LogFormat.JSON, new ExtensionLog("e", "")))
                .endsWith("\"type\":\"extension\",\"record\":\"\\n\"}");
    }

    @Test
    void each_line_has_the_time_of_its_own() {
        TelemetryJson json = new TelemetryJson(Schema.TELEMETRY_2025_01_29, LogFormat.TEXT);
        List<String> times = Stream.of(0, 1, 999, 1_000, 0)
                .map(micros -> json.bytes(TIME.plusNanos(micros * 1_000L), new FunctionLog("x")))
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8).substring(9, 33))
                .toList();
        assertThat(times)
                .containsExactly(
                        "2026-01-01T12:00:00.015Z",
                        "2026-01-01T12:00:00.016Z",
                        "2026-01-01T12:00:00.016Z",
                        "2026-01-01T12:00:00.016Z",
                        "2026-01-01T12:00:00.015Z");
    }

    @Test
    void a_line_that_is_JSON_is_a_text_under_the_text_format() {
        assertThat(text(Schema.TELEMETRY_2025_01_29, LogFormat.TEXT, new FunctionLog("{}")))
                .endsWith("\"record\":\"{}\\n\"}");
    }

    private static String text(Schema schema, LogFormat format, TelemetryRecord record) {
        return new String(new TelemetryJson(schema, format).bytes(TIME, record), StandardCharsets.UTF_8);
    }
}

package io.lambdasimulator.internal.telemetry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.lambdasimulator.environment.LogFormat;
import io.lambdasimulator.invocation.Span;
import io.lambdasimulator.telemetry.TelemetryApi;
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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes records as they are on the wire. Field sets and orders are those captured from the service, the newest where they
 * differ (spec: production-captures §4).
 */
final class TelemetryJson {

    private static final JsonFactory JSON = new JsonFactory();
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final byte[] BEFORE_TIME = ascii("{\"time\":\"");
    private static final byte[] BEFORE_FUNCTION_LINE = ascii("\",\"type\":\"function\",\"record\":\"");
    private static final byte[] BEFORE_EXTENSION_LINE = ascii("\",\"type\":\"extension\",\"record\":\"");
    private static final byte[] AFTER_LINE = ascii("\\n\"}");

    private final Schema schema;
    private final LogFormat logFormat;

    /** Lines come in bursts, and one after the other has the same time. Any thread's will do, so nothing guards it. */
    private Stamp newest = new Stamp(Long.MIN_VALUE, new byte[0]);

    private record Stamp(long millis, byte[] text) {}

    TelemetryJson(Schema schema, LogFormat logFormat) {
        this.schema = schema;
        this.logFormat = logFormat;
    }

    /** An event: its time with milliseconds, its type, its record. */
    byte[] bytes(Instant time, TelemetryRecord record) {
        if (logFormat == LogFormat.TEXT || !schema.hasStructuredLines()) {
            if (record instanceof FunctionLog log) {
                return textLine(time, BEFORE_FUNCTION_LINE, log.line());
            }
            if (record instanceof ExtensionLog log) {
                return textLine(time, BEFORE_EXTENSION_LINE, log.line());
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("time", TIME.format(time));
            json.writeStringField("type", record.type());
            json.writeFieldName("record");
            new Writer(json).write(time, record);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array takes everything
        }
        return out.toByteArray();
    }

    /** A line as a string, which ends in its line feed, as captured. There are so many of them that they have a way of their own. */
    private byte[] textLine(Instant time, byte[] beforeLine, String line) {
        byte[] quoted = JsonStringEncoder.getInstance().quoteAsUTF8(line);
        byte[] stamp = stamp(time);
        return ByteBuffer.allocate(
                        BEFORE_TIME.length + stamp.length + beforeLine.length + quoted.length + AFTER_LINE.length)
                .put(BEFORE_TIME)
                .put(stamp)
                .put(beforeLine)
                .put(quoted)
                .put(AFTER_LINE)
                .array();
    }

    private byte[] stamp(Instant time) {
        long millis = time.toEpochMilli();
        Stamp stamp = newest;
        if (stamp.millis != millis) {
            stamp = new Stamp(millis, ascii(TIME.format(time)));
            newest = stamp;
        }
        return stamp.text;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Milliseconds with up to three decimals and at least one: {@code 93.0}, {@code 11.642}. */
    static BigDecimal millis(Duration duration) {
        BigDecimal millis = BigDecimal.valueOf(duration.toNanos() / 1000, 3).stripTrailingZeros();
        return millis.scale() < 1 ? millis.setScale(1) : millis;
    }

    private final class Writer {
        private final JsonGenerator json;

        Writer(JsonGenerator json) {
            this.json = json;
        }

        void write(Instant time, TelemetryRecord record) throws IOException {
            if (record instanceof FunctionLog log) {
                structuredLine(time, log.line());
            } else if (record instanceof ExtensionLog log) {
                structuredLine(time, log.line());
            } else if (record instanceof PlatformFault fault) {
                json.writeString(fault.message());
            } else {
                json.writeStartObject();
                members(record);
                json.writeEndObject();
            }
        }

        private void members(TelemetryRecord record) throws IOException {
            if (record instanceof PlatformInitStart init) {
                text("initializationType", init.initializationType());
                text("phase", init.phase().wireName());
                text("runtimeVersion", init.runtimeVersion());
                text("runtimeVersionArn", init.runtimeVersionArn());
                text("functionName", init.functionName());
                text("functionVersion", init.functionVersion());
                text("instanceId", init.instanceId());
                json.writeNumberField("instanceMaxMemory", init.instanceMaxMemory());
            } else if (record instanceof PlatformInitRuntimeDone init) {
                text("initializationType", init.initializationType());
                text("phase", init.phase().wireName());
                text("status", init.status().wireName());
                text("errorType", init.errorType());
            } else if (record instanceof PlatformInitReport init) {
                text("initializationType", init.initializationType());
                text("phase", init.phase().wireName());
                text("status", init.status().wireName());
                text("errorType", init.errorType());
                duration(init.duration());
            } else if (record instanceof PlatformStart start) {
                text("requestId", start.requestId());
                if (schema.api() == TelemetryApi.TELEMETRY) {
                    text("functionArn", start.functionArn());
                    text("version", start.version());
                    tracing(start.tracing());
                    text("tenantId", start.tenantId());
                }
            } else if (record instanceof PlatformRuntimeDone done) {
                runtimeDone(done);
            } else if (record instanceof PlatformReport report) {
                text("requestId", report.requestId());
                metrics(report.metrics());
                tracing(report.tracing());
                if (schema.api() == TelemetryApi.TELEMETRY) {
                    text("status", report.status().wireName());
                    text("errorType", report.errorType());
                    spans(report.spans());
                    text("tenantId", report.tenantId());
                }
            } else {
                others(record);
            }
        }

        private void runtimeDone(PlatformRuntimeDone done) throws IOException {
            text("requestId", done.requestId());
            text("status", done.status().wireName());
            if (schema.api() == TelemetryApi.LOGS) {
                return;
            }
            text("errorType", done.errorType());
            tracing(done.tracing());
            spans(done.spans());
            json.writeObjectFieldStart("metrics");
            json.writeNumberField("durationMs", millis(done.duration()));
            json.writeNumberField("producedBytes", done.producedBytes());
            json.writeEndObject();
            text("tenantId", done.tenantId());
        }

        private void others(TelemetryRecord record) throws IOException {
            if (record instanceof PlatformExtension extension) {
                text("name", extension.name());
                text("state", extension.state().wireName());
                texts("events", extension.events().stream().sorted().map(Enum::name));
                text("errorType", extension.errorType());
            } else if (record instanceof PlatformTelemetrySubscription subscription) {
                subscription(subscription.name(), subscription.state(), subscription.types());
            } else if (record instanceof PlatformLogsSubscription subscription) {
                subscription(subscription.name(), subscription.state(), subscription.types());
            } else if (record instanceof PlatformLogsDropped dropped) {
                json.writeNumberField("droppedBytes", dropped.droppedBytes());
                json.writeNumberField("droppedRecords", dropped.droppedRecords());
                text("reason", dropped.reason());
            } else if (record instanceof PlatformEnd end) {
                text("requestId", end.requestId());
            } else if (record instanceof PlatformRestoreStart restore) {
                text("functionName", restore.functionName());
                text("functionVersion", restore.functionVersion());
                text("instanceId", restore.instanceId());
                json.writeNumberField("instanceMaxMemory", restore.instanceMaxMemory());
                text("runtimeVersion", restore.runtimeVersion());
                text("runtimeVersionArn", restore.runtimeVersionArn());
            } else if (record instanceof PlatformRestoreRuntimeDone restore) {
                text("status", restore.status().wireName());
                text("errorType", restore.errorType());
            } else if (record instanceof PlatformRestoreReport restore) {
                text("status", restore.status().wireName());
                text("errorType", restore.errorType());
                duration(restore.duration());
            } else {
                throw new IllegalStateException("no JSON for " + record);
            }
        }

        private void subscription(String name, String state, Collection<TelemetryType> types) throws IOException {
            text("name", name);
            text("state", state);
            texts("types", types.stream().map(TelemetryType::wireName));
        }

        private void metrics(ReportMetrics metrics) throws IOException {
            json.writeObjectFieldStart("metrics");
            json.writeNumberField("durationMs", millis(metrics.duration()));
            json.writeNumberField("billedDurationMs", metrics.billedDuration().toMillis());
            json.writeNumberField("memorySizeMB", metrics.memorySize());
            json.writeNumberField("maxMemoryUsedMB", metrics.maxMemoryUsed());
            number("initDurationMs", metrics.initDuration());
            number("restoreDurationMs", metrics.restoreDuration());
            json.writeEndObject();
        }

        private void number(String name, Optional<Duration> duration) throws IOException {
            if (duration.isPresent()) {
                json.writeNumberField(name, millis(duration.get()));
            }
        }

        private void duration(Duration duration) throws IOException {
            json.writeObjectFieldStart("metrics");
            json.writeNumberField("durationMs", millis(duration));
            json.writeEndObject();
        }

        private void spans(List<Span> spans) throws IOException {
            if (spans.isEmpty()) {
                return;
            }
            json.writeArrayFieldStart("spans");
            for (Span span : spans) {
                json.writeStartObject();
                text("name", span.name());
                text("start", TIME.format(span.start()));
                json.writeNumberField("durationMs", millis(span.duration()));
                json.writeEndObject();
            }
            json.writeEndArray();
        }

        private void tracing(Optional<TraceContext> tracing) throws IOException {
            if (tracing.isEmpty()) {
                return;
            }
            json.writeObjectFieldStart("tracing");
            text("spanId", tracing.get().spanId());
            text("type", "X-Amzn-Trace-Id");
            text("value", tracing.get().value());
            json.writeEndObject();
        }

        /**
         * With the JSON log format a line is an object for those whose schema knows that, and one is made for what is none
         * (spec: production-captures §4.4).
         */
        private void structuredLine(Instant time, String line) throws IOException {
            if (isObject(line)) {
                // A message of several lines is one record, which takes one line.
                json.writeRawValue(line.strip().replace('\n', ' ').replace('\r', ' '));
            } else {
                json.writeStartObject();
                text("timestamp", TIME.format(time));
                text("level", "INFO");
                text("message", line);
                json.writeEndObject();
            }
        }

        private void texts(String name, Stream<String> values) throws IOException {
            json.writeArrayFieldStart(name);
            for (String value : values.toList()) {
                json.writeString(value);
            }
            json.writeEndArray();
        }

        private void text(String name, String value) throws IOException {
            json.writeStringField(name, value);
        }

        private void text(String name, Optional<String> value) throws IOException {
            if (value.isPresent()) {
                text(name, value.get());
            }
        }
    }

    /** Whether a text is one JSON object and nothing else. */
    static boolean isObject(String text) {
        if (!text.stripLeading().startsWith("{")) {
            return false;
        }
        try (JsonParser parser = JSON.createParser(text)) {
            @Nullable JsonToken token = parser.nextToken();
            if (token != JsonToken.START_OBJECT) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }
}

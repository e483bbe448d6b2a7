package io.lambdasimulator.internal.telemetry;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.LogFormat;
import io.lambdasimulator.environment.LogLevel;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.telemetry.TelemetryApi;
import io.lambdasimulator.telemetry.TelemetryRecord;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformInitReport;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformInitRuntimeDone;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformLogsDropped;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformReport;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformRuntimeDone;
import io.lambdasimulator.telemetry.TelemetryType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The service's own lines in a function's log: in their newest text form (spec: production-captures §2), or as the JSON of
 * the records that the Telemetry API has, from the system log level on (spec: aws-contract §3.7).
 */
public final class SystemLogLines {

    private static final Schema SCHEMA = Schema.TELEMETRY_2025_01_29;

    private final FunctionConfiguration function;
    private final TelemetryRecords records;
    private final TelemetryJson json;

    public SystemLogLines(FunctionConfiguration function) {
        this.function = function;
        this.records = new TelemetryRecords(function);
        this.json = new TelemetryJson(SCHEMA, function.logFormat());
    }

    /** The lines for an event; most events have none. */
    public List<String> of(EventLog.Entry entry) {
        return function.logFormat() == LogFormat.JSON ? json(entry) : text(entry.event());
    }

    private List<String> json(EventLog.Entry entry) {
        return records.of(entry.event(), SCHEMA, Set.of(TelemetryType.PLATFORM)).stream()
                .filter(record -> level(record).compareTo(function.systemLogLevel()) >= 0)
                .map(record -> new String(json.bytes(entry.time(), record), StandardCharsets.UTF_8))
                .toList();
    }

    private static LogLevel level(TelemetryRecord record) {
        if (record instanceof PlatformInitRuntimeDone done) {
            return of(done.status(), LogLevel.DEBUG);
        }
        if (record instanceof PlatformInitReport report) {
            return of(report.status(), LogLevel.DEBUG);
        }
        if (record instanceof PlatformRuntimeDone done) {
            return of(done.status(), LogLevel.DEBUG);
        }
        if (record instanceof PlatformReport report) {
            return of(report.status(), LogLevel.INFO);
        }
        return record instanceof PlatformLogsDropped ? LogLevel.WARN : LogLevel.INFO;
    }

    private static LogLevel of(InvocationStatus status, LogLevel onSuccess) {
        return status == InvocationStatus.SUCCESS ? onSuccess : LogLevel.WARN;
    }

    private List<String> text(Event event) {
        // An init within an invocation has none (spec: production-captures §2.6).
        if (event instanceof Event.InitStarted init && init.phase() == InitPhase.INIT) {
            return List.of("INIT_START Runtime Version: " + TelemetryRecords.RUNTIME_VERSION + "\tRuntime Version ARN: "
                    + TelemetryRecords.runtimeVersionArn(function));
        }
        if (event instanceof Event.ExtensionReported extension) {
            String events = extension.events().stream()
                    .sorted()
                    .map(ExtensionEventType::name)
                    .collect(Collectors.joining(", "));
            return List.of("EXTENSION\tName: " + extension.name() + "\tState: "
                    + extension.state().wireName() + "\tEvents: [" + events + "]"
                    + extension.errorType().map(type -> "\tError Type: " + type).orElse(""));
        }
        if (event instanceof Event.TelemetrySubscribed subscribed) {
            return List.of((subscribed.api() == TelemetryApi.LOGS ? "LOGS" : "TELEMETRY") + "\tName: "
                    + subscribed.extension() + "\tState: " + subscribed.state() + "\tTypes: "
                    + subscribed.types().stream()
                            .map(SystemLogLines::capitalised)
                            .toList());
        }
        if (event instanceof Event.InitReported init && init.status() != InvocationStatus.SUCCESS) {
            return List.of("INIT_REPORT Init Duration: " + millis(init.duration()) + "\tPhase: "
                    + init.phase().wireName() + status(init.status(), init.errorType()));
        }
        if (event instanceof Event.InvocationStarted start) {
            return List.of("START RequestId: " + start.requestId() + " Version: " + start.version());
        }
        if (event instanceof Event.InvocationCompleted completed) {
            InvocationReport report = completed.report();
            return List.of("END RequestId: " + report.requestId(), report(report));
        }
        return List.of();
    }

    private static String capitalised(TelemetryType type) {
        return type.name().charAt(0) + type.wireName().substring(1);
    }

    /** On success the line ends in a tab; with a status it does not. */
    private String report(InvocationReport report) {
        return "REPORT RequestId: " + report.requestId()
                + "\tDuration: " + millis(report.duration())
                + "\tBilled Duration: " + report.billedDuration().toMillis() + " ms"
                + "\tMemory Size: " + function.memorySize() + " MB"
                + "\tMax Memory Used: " + records.maxMemoryUsed(report) + " MB"
                + report.initDuration()
                        .map(init -> "\tInit Duration: " + millis(init))
                        .orElse("")
                + (report.status() == InvocationStatus.SUCCESS ? "\t" : status(report.status(), report.errorType()));
    }

    private static String status(InvocationStatus status, Optional<String> errorType) {
        return "\tStatus: " + status.wireName()
                + errorType.map(type -> "\tError Type: " + type).orElse("");
    }

    private static String millis(Duration duration) {
        return String.format(Locale.ROOT, "%.2f ms", duration.toNanos() / 1e6);
    }
}

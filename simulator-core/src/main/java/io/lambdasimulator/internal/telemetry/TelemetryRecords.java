package io.lambdasimulator.internal.telemetry;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
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
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformLogsSubscription;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformReport;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformRuntimeDone;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformStart;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformTelemetrySubscription;
import io.lambdasimulator.telemetry.TelemetryRecord.ReportMetrics;
import io.lambdasimulator.telemetry.TelemetryType;
import io.lambdasimulator.telemetry.TraceContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What the service tells of an event of the environment: records of the Telemetry API, or those of the Logs API. */
public final class TelemetryRecords {

    /** Of the simulated runtime, which is nobody's in particular. */
    public static final String RUNTIME_VERSION = "provided:al2023";

    private static final String INITIALIZATION_TYPE = "on-demand";
    private static final Pattern SAMPLED = Pattern.compile("(^|;)\\s*Sampled=1\\s*(;|$)", Pattern.CASE_INSENSITIVE);
    private static final Pattern ROOT = Pattern.compile("(^|;)\\s*Root=", Pattern.CASE_INSENSITIVE);

    private final FunctionConfiguration function;

    public TelemetryRecords(FunctionConfiguration function) {
        this.function = function;
    }

    public FunctionConfiguration function() {
        return function;
    }

    public static String runtimeVersionArn(FunctionConfiguration function) {
        return "arn:aws:lambda:" + function.region() + "::runtime:simulated";
    }

    /** The records of one event, of the given kinds; most events have none. */
    List<TelemetryRecord> of(Event event, Schema schema, Set<TelemetryType> types) {
        if (event instanceof Event.ProcessOutput output) {
            TelemetryRecord line = line(output);
            return types.contains(line.kind()) ? List.of(line) : List.of();
        }
        if (!types.contains(TelemetryType.PLATFORM)) {
            return List.of();
        }
        if (event instanceof Event.ExtensionReported extension) {
            return List.of(new PlatformExtension(
                    extension.name(), extension.state(), extension.events(), extension.errorType()));
        }
        return schema.api() == TelemetryApi.TELEMETRY ? ofTelemetry(event) : ofLogs(event, schema);
    }

    private static TelemetryRecord line(Event.ProcessOutput output) {
        return output.participant().kind() == Participant.Kind.RUNTIME
                ? new FunctionLog(output.line())
                : new ExtensionLog(output.participant().name(), output.line());
    }

    private List<TelemetryRecord> ofTelemetry(Event event) {
        if (event instanceof Event.InitStarted init) {
            return List.of(new PlatformInitStart(
                    INITIALIZATION_TYPE,
                    init.phase(),
                    RUNTIME_VERSION,
                    runtimeVersionArn(function),
                    function.name(),
                    function.version(),
                    init.instanceId(),
                    function.memorySize() * 1024L * 1024L));
        }
        if (event instanceof Event.InitRuntimeDone init) {
            return List.of(
                    new PlatformInitRuntimeDone(INITIALIZATION_TYPE, init.phase(), init.status(), init.errorType()));
        }
        if (event instanceof Event.InitReported init) {
            return List.of(new PlatformInitReport(
                    INITIALIZATION_TYPE, init.phase(), init.status(), init.errorType(), init.duration()));
        }
        if (event instanceof Event.InvocationStarted start) {
            return List.of(start(start));
        }
        if (event instanceof Event.RuntimeDone done) {
            return List.of(new PlatformRuntimeDone(
                    done.requestId(),
                    done.status(),
                    done.errorType(),
                    done.duration(),
                    done.producedBytes(),
                    done.spans(),
                    tracing(done.traceId()),
                    done.tenantId()));
        }
        if (event instanceof Event.InvocationCompleted completed) {
            return List.of(report(completed.report()));
        }
        if (event instanceof Event.TelemetrySubscribed subscribed && subscribed.api() == TelemetryApi.TELEMETRY) {
            return List.of(
                    new PlatformTelemetrySubscription(subscribed.extension(), subscribed.state(), subscribed.types()));
        }
        return List.of();
    }

    /** The Logs API has records of its own, or fewer fields in those that both have (spec: aws-contract §4). */
    private List<TelemetryRecord> ofLogs(Event event, Schema schema) {
        if (event instanceof Event.InvocationStarted start) {
            return List.of(start(start));
        }
        if (event instanceof Event.RuntimeDone done && schema == Schema.LOGS_2021_03_18) {
            InvocationStatus status =
                    done.status() == InvocationStatus.ERROR ? InvocationStatus.FAILURE : done.status();
            return List.of(new PlatformRuntimeDone(
                    done.requestId(),
                    status,
                    Optional.empty(),
                    done.duration(),
                    done.producedBytes(),
                    List.of(),
                    Optional.empty(),
                    Optional.empty()));
        }
        if (event instanceof Event.InvocationCompleted completed) {
            InvocationReport report = completed.report();
            List<TelemetryRecord> records = new ArrayList<>();
            if (report.status() == InvocationStatus.ERROR || report.status() == InvocationStatus.FAILURE) {
                records.add(new PlatformFault(
                        report.requestId(),
                        "RequestId: " + report.requestId() + " Process exited before completing request"));
            }
            records.add(new PlatformEnd(report.requestId()));
            records.add(report(report));
            return records;
        }
        if (event instanceof Event.TelemetrySubscribed subscribed && subscribed.api() == TelemetryApi.LOGS) {
            return List.of(
                    new PlatformLogsSubscription(subscribed.extension(), subscribed.state(), subscribed.types()));
        }
        return List.of();
    }

    private PlatformStart start(Event.InvocationStarted start) {
        return new PlatformStart(
                start.requestId(), function.arn(), start.version(), tracing(start.traceId()), start.tenantId());
    }

    private PlatformReport report(InvocationReport report) {
        return new PlatformReport(
                report.requestId(),
                report.status(),
                report.errorType(),
                new ReportMetrics(
                        report.duration(),
                        report.billedDuration(),
                        function.memorySize(),
                        maxMemoryUsed(report),
                        report.initDuration(),
                        Optional.empty()),
                report.spans(),
                tracing(report.traceId()),
                report.tenantId());
    }

    /**
     * In MB; half of the memory where nothing was measured. AWS always has a number, and extensions take one that reaches the
     * memory size for a function that ran out of memory.
     */
    int maxMemoryUsed(InvocationReport report) {
        return report.maxMemoryUsed().orElse(function.memorySize() / 2);
    }

    /** Only a sampled trace shows (spec: managed-instances §5.3). */
    private static Optional<TraceContext> tracing(String traceId) {
        return SAMPLED.matcher(traceId).find() && ROOT.matcher(traceId).find()
                ? Optional.of(new TraceContext(traceId, Optional.empty()))
                : Optional.empty();
    }
}

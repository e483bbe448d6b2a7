package io.lambdasimulator.telemetry;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.invocation.Span;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an event of the Telemetry API or the Logs API tells. Components have the names of the JSON fields, without units:
 * {@code duration} is {@code metrics.durationMs}. What may be missing on the wire is an {@link Optional} here.
 *
 * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html">Telemetry API event schema</a>
 */
public sealed interface TelemetryRecord {

    /**
     * The type on the wire.
     *
     * @return such as {@code platform.start} or {@code function}
     */
    String type();

    /**
     * The kind that an extension subscribes to for it.
     *
     * @return the kind
     */
    default TelemetryType kind() {
        return TelemetryType.PLATFORM;
    }

    /** A record that belongs to one invocation. */
    sealed interface OfInvocation extends TelemetryRecord {

        /**
         * The invocation.
         *
         * @return the request id
         */
        String requestId();
    }

    /**
     * Init began.
     *
     * @param initializationType {@code on-demand} and the like
     * @param phase whether it is the first init or part of an invocation
     * @param runtimeVersion such as {@code nodejs:22.v5}
     * @param runtimeVersionArn the runtime version's ARN
     * @param functionName the function
     * @param functionVersion its version
     * @param instanceId the environment, as in the name of its log stream
     * @param instanceMaxMemory the function's memory in bytes
     */
    record PlatformInitStart(
            String initializationType,
            InitPhase phase,
            String runtimeVersion,
            String runtimeVersionArn,
            String functionName,
            String functionVersion,
            String instanceId,
            long instanceMaxMemory)
            implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.initStart";
        }
    }

    /**
     * The runtime's part of init ended.
     *
     * @param initializationType {@code on-demand} and the like
     * @param phase whether it was the first init or part of an invocation
     * @param status success, error or timeout
     * @param errorType the cause of an error; a timeout has none
     */
    record PlatformInitRuntimeDone(
            String initializationType, InitPhase phase, InvocationStatus status, Optional<String> errorType)
            implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.initRuntimeDone";
        }
    }

    /**
     * Init ended.
     *
     * @param initializationType {@code on-demand} and the like
     * @param phase whether it was the first init or part of an invocation
     * @param status success, error or timeout
     * @param errorType the cause of an error; a timeout has none
     * @param duration how long it took
     */
    record PlatformInitReport(
            String initializationType,
            InitPhase phase,
            InvocationStatus status,
            Optional<String> errorType,
            Duration duration)
            implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.initReport";
        }
    }

    /**
     * An invocation began.
     *
     * @param requestId the invocation
     * @param functionArn the function's ARN, unqualified
     * @param version the function's version
     * @param tracing its trace, when that is sampled
     * @param tenantId its tenant
     */
    record PlatformStart(
            String requestId,
            String functionArn,
            String version,
            Optional<TraceContext> tracing,
            Optional<String> tenantId)
            implements OfInvocation {
        @Override
        public String type() {
            return "platform.start";
        }
    }

    /**
     * The runtime was done with an invocation.
     *
     * @param requestId the invocation
     * @param status how the runtime's part ended; success also for an error that the runtime handled
     * @param errorType the cause of an error; a timeout has none
     * @param duration from the dispatch until the runtime asked for the next invocation, or was ended
     * @param producedBytes the size of the response; 0 without one
     * @param spans {@code responseLatency}, {@code responseDuration} and {@code runtimeOverhead} when the runtime responded
     * @param tracing its trace, when that is sampled
     * @param tenantId its tenant
     */
    record PlatformRuntimeDone(
            String requestId,
            InvocationStatus status,
            Optional<String> errorType,
            Duration duration,
            long producedBytes,
            List<Span> spans,
            Optional<TraceContext> tracing,
            Optional<String> tenantId)
            implements OfInvocation {
        @Override
        public String type() {
            return "platform.runtimeDone";
        }
    }

    /**
     * An invocation is complete.
     *
     * @param requestId the invocation
     * @param status how it ended
     * @param errorType the cause of an error; a timeout has none
     * @param metrics what it took
     * @param spans {@code extensionOverhead} when extensions were there to wait for
     * @param tracing its trace, when that is sampled
     * @param tenantId its tenant
     */
    record PlatformReport(
            String requestId,
            InvocationStatus status,
            Optional<String> errorType,
            ReportMetrics metrics,
            List<Span> spans,
            Optional<TraceContext> tracing,
            Optional<String> tenantId)
            implements OfInvocation {
        @Override
        public String type() {
            return "platform.report";
        }
    }

    /**
     * What an invocation took.
     *
     * @param duration from the start to the end; exactly the function timeout after a timeout
     * @param billedDuration duration and init duration together, in whole milliseconds, rounded up
     * @param memorySize the function's memory in megabytes
     * @param maxMemoryUsed the largest memory used so far in megabytes
     * @param initDuration how long init took, on a cold start
     * @param restoreDuration how long the restore took, after a snapshot
     */
    record ReportMetrics(
            Duration duration,
            Duration billedDuration,
            int memorySize,
            int maxMemoryUsed,
            Optional<Duration> initDuration,
            Optional<Duration> restoreDuration) {}

    /**
     * What had become of an extension at the end of init.
     *
     * @param name the extension
     * @param state its state
     * @param events what it registered for
     * @param errorType its error, if it has one
     */
    record PlatformExtension(
            String name, ExtensionState state, Set<ExtensionEventType> events, Optional<String> errorType)
            implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.extension";
        }
    }

    /**
     * An extension subscribed.
     *
     * @param name the extension
     * @param state {@code Subscribed}, or {@code Already subscribed} when it did before
     * @param types what it asked for
     */
    record PlatformTelemetrySubscription(String name, String state, List<TelemetryType> types)
            implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.telemetrySubscription";
        }
    }

    /**
     * A subscriber has not received everything.
     *
     * @param droppedBytes how much it was
     * @param droppedRecords how many events
     * @param reason why
     */
    record PlatformLogsDropped(long droppedBytes, long droppedRecords, String reason) implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.logsDropped";
        }
    }

    /**
     * A restore from a snapshot began.
     *
     * @param functionName the function
     * @param functionVersion its version
     * @param instanceId the environment, as in the name of its log stream
     * @param instanceMaxMemory the function's memory in bytes
     * @param runtimeVersion such as {@code java:21.v30}
     * @param runtimeVersionArn the runtime version's ARN
     */
    record PlatformRestoreStart(
            String functionName,
            String functionVersion,
            String instanceId,
            long instanceMaxMemory,
            String runtimeVersion,
            String runtimeVersionArn)
            implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.restoreStart";
        }
    }

    /**
     * The runtime's part of a restore ended.
     *
     * @param status how
     * @param errorType the cause of an error
     */
    record PlatformRestoreRuntimeDone(InvocationStatus status, Optional<String> errorType) implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.restoreRuntimeDone";
        }
    }

    /**
     * A restore ended.
     *
     * @param status how
     * @param errorType the cause of an error
     * @param duration how long it took
     */
    record PlatformRestoreReport(InvocationStatus status, Optional<String> errorType, Duration duration)
            implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.restoreReport";
        }
    }

    /**
     * An invocation ended; in the Logs API only.
     *
     * @param requestId the invocation
     */
    record PlatformEnd(String requestId) implements OfInvocation {
        @Override
        public String type() {
            return "platform.end";
        }
    }

    /**
     * An invocation ended because the runtime or an extension did; in the Logs API only, where the record is a text.
     *
     * @param requestId the invocation
     * @param message what happened
     */
    record PlatformFault(String requestId, String message) implements OfInvocation {
        @Override
        public String type() {
            return "platform.fault";
        }
    }

    /**
     * An extension subscribed to the Logs API.
     *
     * @param name the extension
     * @param state {@code Subscribed}, or {@code Already subscribed} when it did before
     * @param types what it asked for
     */
    record PlatformLogsSubscription(String name, String state, List<TelemetryType> types) implements TelemetryRecord {
        @Override
        public String type() {
            return "platform.logsSubscription";
        }
    }

    /**
     * A line that the function wrote. With the JSON log format it is an object on the wire, unless the subscriber's
     * schema version is {@code 2022-07-01}.
     *
     * @param line the line, without its line feed; of a framed log a message, which may have line feeds within
     */
    record FunctionLog(String line) implements TelemetryRecord {
        @Override
        public String type() {
            return "function";
        }

        @Override
        public TelemetryType kind() {
            return TelemetryType.FUNCTION;
        }
    }

    /**
     * A line that an extension wrote; as for {@link FunctionLog}.
     *
     * @param extension the extension, which the wire does not name
     * @param line the line, without its line feed
     */
    record ExtensionLog(String extension, String line) implements TelemetryRecord {
        @Override
        public String type() {
            return "extension";
        }

        @Override
        public TelemetryType kind() {
            return TelemetryType.EXTENSION;
        }
    }
}

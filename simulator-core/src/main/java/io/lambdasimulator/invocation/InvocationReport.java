package io.lambdasimulator.invocation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The outcome of a completed invocation, as the {@code REPORT} line and {@code platform.report} tell it.
 *
 * @param requestId the request id
 * @param status how it ended
 * @param errorType the cause, for {@link InvocationStatus#ERROR} and {@link InvocationStatus#FAILURE}
 * @param startedAt when it was dispatched
 * @param deadline what the runtime and extensions were told: {@code startedAt} + function timeout
 * @param answeredAt when the caller had its answer
 * @param runtimeDoneAt when the runtime asked for its next invocation
 * @param duration from the start to the end of the invocation; exactly the function timeout after a timeout
 * @param billedDuration duration and init duration together, rounded up to whole milliseconds
 * @param initDuration how long init took, on a cold start
 * @param maxMemoryUsed the most memory, in MB, that the processes which the simulator launched were seen to have in RAM since
 *     the environment was started; empty when it launched none, and where the system does not tell
 * @param spans {@code extensionOverhead} when extensions were there to wait for
 * @param traceId the trace header
 * @param tenantId the tenant
 * @param readiness one entry per extension that was to receive this {@code INVOKE}, in order of registration
 */
public record InvocationReport(
        String requestId,
        InvocationStatus status,
        Optional<String> errorType,
        Instant startedAt,
        Instant deadline,
        Optional<Instant> answeredAt,
        Optional<Instant> runtimeDoneAt,
        Duration duration,
        Duration billedDuration,
        Optional<Duration> initDuration,
        OptionalInt maxMemoryUsed,
        List<Span> spans,
        String traceId,
        Optional<String> tenantId,
        List<ExtensionReadiness> readiness) {}

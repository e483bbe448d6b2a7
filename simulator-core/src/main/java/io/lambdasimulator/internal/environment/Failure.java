package io.lambdasimulator.internal.environment;

import io.lambdasimulator.internal.json.GoJson;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A function error: the platform's own, or one that a runtime or extension reported. Key order and texts of platform
 * errors are those captured from the service (spec: production-captures §1).
 */
record Failure(
        String errorType,
        String logType,
        String text,
        InvocationStatus status,
        @Nullable Reported reported) {

    static Failure of(String errorType, String text) {
        return new Failure(errorType, errorType, text, InvocationStatus.ERROR, null);
    }

    /** The caller is told of an exit, the log and the records of its reason (spec: production-captures §1.2, §2.5). */
    Failure outOfMemory() {
        return new Failure(errorType, "Runtime.OutOfMemory", text, status, reported);
    }

    static Failure timedOut(Duration limit) {
        String seconds = String.format(Locale.ROOT, "%.2f", limit.toNanos() / 1e9);
        return new Failure(
                "Sandbox.Timedout",
                "Sandbox.Timedout",
                "Task timed out after " + seconds + " seconds",
                InvocationStatus.TIMEOUT,
                null);
    }

    static Failure platform(String text) {
        return new Failure("Sandbox.Failure", "Sandbox.Failure", text, InvocationStatus.FAILURE, null);
    }

    byte[] payload(String requestId) {
        if (reported != null) {
            return reported.body();
        }
        String message = "RequestId: " + requestId + " Error: " + text;
        return errorType.startsWith("Extension.")
                ? GoJson.object("errorMessage", message, "errorType", errorType)
                : GoJson.object("errorType", errorType, "errorMessage", message);
    }

    String contentType() {
        return reported == null ? "application/json" : reported.contentType();
    }

    /** The type in records and reports, where a timeout has none. */
    Optional<String> recordedType() {
        return status == InvocationStatus.TIMEOUT ? Optional.empty() : Optional.of(logType);
    }

    /** The fixed answer to a response that is too large; it names no request. */
    static byte[] responseTooLargePayload() {
        return GoJson.object(
                "errorMessage",
                "Response payload size exceeded maximum allowed payload size (" + Limits.RESPONSE_BYTES + " bytes).",
                "errorType",
                "Function.ResponseSizeTooLarge");
    }
}

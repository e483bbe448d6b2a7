package io.lambdasimulator.invocation;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the caller of an invocation receives.
 */
public final class InvocationResult {

    private final String requestId;
    private final byte[] payload;
    private final @Nullable String contentType;
    private final @Nullable String errorType;
    private final String executedVersion;
    private final String traceId;

    /**
     * Makes a result.
     *
     * @param requestId the request id
     * @param payload the bytes of the answer
     * @param contentType the answer's media type, if it has one
     * @param errorType the type of the function error, or null when the invocation succeeded
     * @param executedVersion the version that ran
     * @param traceId the trace header; empty without a trace
     */
    public InvocationResult(
            String requestId,
            byte[] payload,
            @Nullable String contentType,
            @Nullable String errorType,
            String executedVersion,
            String traceId) {
        this.requestId = requestId;
        this.payload = payload;
        this.contentType = contentType;
        this.errorType = errorType;
        this.executedVersion = executedVersion;
        this.traceId = traceId;
    }

    /**
     * The request id.
     *
     * @return the id that the runtime and extensions saw
     */
    public String requestId() {
        return requestId;
    }

    /**
     * The answer.
     *
     * @return its bytes, not a copy: do not change them
     */
    public byte[] payload() {
        return payload;
    }

    /**
     * The answer as text.
     *
     * @return the payload read as UTF-8
     */
    public String payloadText() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /**
     * The answer's media type.
     *
     * @return what the runtime sent
     */
    public Optional<String> contentType() {
        return Optional.ofNullable(contentType);
    }

    /**
     * The value of {@code X-Amz-Function-Error}.
     *
     * @return {@code Unhandled} for every function error, as the service answers; empty on success
     */
    public Optional<String> functionError() {
        return errorType == null ? Optional.empty() : Optional.of("Unhandled");
    }

    /**
     * The type of the function error as the platform knows it, such as {@code Runtime.ExitError}. A type that a
     * runtime reported is normalised as AWS does, so the type inside the payload may differ.
     *
     * @return the type; empty on success
     */
    public Optional<String> errorType() {
        return Optional.ofNullable(errorType);
    }

    /**
     * Whether the invocation ended without a function error.
     *
     * @return true when {@link #functionError()} is empty
     */
    public boolean isSuccess() {
        return errorType == null;
    }

    /**
     * The version that ran.
     *
     * @return the value of {@code X-Amz-Executed-Version}
     */
    public String executedVersion() {
        return executedVersion;
    }

    /**
     * The trace header of the invocation.
     *
     * @return the value of {@code X-Amzn-Trace-Id}; empty without a trace
     */
    public String traceId() {
        return traceId;
    }

    @Override
    public String toString() {
        String text = payloadText();
        return "InvocationResult[requestId=" + requestId + ", functionError="
                + functionError().orElse("none") + ", payload="
                + (text.length() <= 200 ? text : text.substring(0, 200) + "… (" + payload.length + " bytes)") + "]";
    }
}

package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.internal.environment.EnvironmentSettings.Bandwidth;
import io.lambdasimulator.invocation.InvocationResult;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A response or error whose headers were accepted and whose body is on its way. Whatever becomes of the body, the runtime
 * ends in {@link RuntimeState#RESPONSE_SENT} and may ask for its next invocation. Its methods are called by one thread at
 * a time.
 */
public final class AnswerInProgress {

    private static final byte[] NOTHING = {};

    private final ExecutionEnvironment environment;
    private final InvocationTask task;
    private final boolean streaming;
    private final @Nullable String contentType;
    private final @Nullable String errorType;

    // For a streamed response only.
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream(0);
    private @Nullable TokenBucket bucket;
    private long received;

    AnswerInProgress(
            ExecutionEnvironment environment,
            InvocationTask task,
            boolean streaming,
            @Nullable String contentType,
            @Nullable String errorType) {
        this.environment = environment;
        this.task = task;
        this.streaming = streaming;
        this.contentType = contentType;
        this.errorType = errorType;
    }

    /** Whether the runtime announced a streamed response. */
    public boolean isStreaming() {
        return streaming;
    }

    /** The whole body of a buffered response or of an error. */
    public void complete(byte[] body) throws CallRefused {
        complete(body, contentType);
    }

    /** The whole body of an error, rewritten. */
    public void complete(byte[] body, @Nullable String type) throws CallRefused {
        environment.finishAnswer(this, () -> {
            if (errorType == null) {
                task.producedBytes = body.length;
                if (task.stream != null) {
                    environment.effect(() -> task.stream.write(body));
                }
            }
            boolean streamed = task.stream != null && errorType == null;
            environment.answer(task, result(streamed ? NOTHING : body, type, errorType));
        });
    }

    /** The body was larger than a buffered response may be: the caller is told so, and the runtime as well. */
    public void tooLarge(long limit) throws CallRefused {
        environment.finishAnswer(
                this,
                () -> environment.answer(
                        task,
                        result(
                                Failure.responseTooLargePayload(),
                                "application/json",
                                "Function.ResponseSizeTooLarge")));
        throw CallRefused.responseTooLarge(limit);
    }

    /** The body ended before it was complete. */
    public void truncated() throws CallRefused {
        environment.finishAnswer(this, () -> {
            Failure failure =
                    Failure.of("Runtime.TruncatedResponse", "the runtime's response ended before it was complete");
            environment.answer(task, result(failure.payload(task.requestId), "application/json", failure.errorType()));
        });
        throw CallRefused.truncated();
    }

    /**
     * A piece of a streamed response.
     *
     * @return complete when the caller can take more; never exceptionally
     */
    public CompletionStage<?> piece(byte[] bytes) {
        received += bytes.length;
        if (isOver()) {
            return CompletableFuture.completedFuture(null);
        }
        if (task.stream == null) {
            if (received <= Limits.RESPONSE_BYTES) {
                collected.writeBytes(bytes);
            }
            return CompletableFuture.completedFuture(null);
        }
        if (received > Limits.STREAMED_RESPONSE_BYTES) {
            return CompletableFuture.completedFuture(null);
        }
        CompletionStage<?> taken = task.stream.write(bytes);
        Bandwidth bandwidth = environment.bandwidth();
        if (bandwidth == null) {
            return taken;
        }
        if (bucket == null) {
            bucket = new TokenBucket(bandwidth, environment.now());
        }
        Duration wait = bucket.take(bytes.length, environment.now());
        return wait.isZero() ? taken : taken.thenCombine(environment.after(wait), (a, b) -> a);
    }

    /** The end of a streamed response, with what its trailers say of an error in the middle. */
    public void end(@Nullable String trailerErrorType, byte @Nullable [] trailerErrorBody) throws CallRefused {
        long limit = task.stream == null ? Limits.RESPONSE_BYTES : Limits.STREAMED_RESPONSE_BYTES;
        if (received > limit) {
            tooLarge(limit);
            return;
        }
        environment.finishAnswer(this, () -> {
            task.producedBytes = received;
            if (trailerErrorType != null || trailerErrorBody != null) {
                environment.answer(
                        task,
                        result(
                                trailerErrorBody == null ? NOTHING : trailerErrorBody,
                                "application/json",
                                trailerErrorType == null ? "Runtime.Unknown" : trailerErrorType));
            } else {
                environment.answer(task, result(collected.toByteArray(), contentType, null));
            }
        });
    }

    /** Whether the invocation has ended meanwhile, so that nothing of this body is wanted. */
    public boolean isOver() {
        return environment.isOver(this);
    }

    InvocationTask task() {
        return task;
    }

    private InvocationResult result(byte[] payload, @Nullable String type, @Nullable String error) {
        return new InvocationResult(task.requestId, payload, type, error, environment.functionVersion(), task.traceId);
    }
}

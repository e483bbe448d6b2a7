package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.internal.environment.EnvironmentSettings.Bandwidth;
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

    /** How the environment ends an answer: under its lock, unless the invocation has ended meanwhile. */
    interface Ending {
        void end(AnswerInProgress answer, Runnable decision) throws CallRefused;

        boolean isOver(AnswerInProgress answer);
    }

    /** What the headers said. */
    record Head(
            boolean streaming,
            @Nullable String contentType,
            @Nullable String errorType) {}

    private final Owner owner;
    private final Ending ending;
    private final InvocationTask task;
    private final Head head;
    private final @Nullable TokenBucket bucket;

    // For a streamed response only.
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream(0);
    private long received;

    AnswerInProgress(Owner owner, Ending ending, InvocationTask task, Head head, @Nullable Bandwidth bandwidth) {
        this.owner = owner;
        this.ending = ending;
        this.task = task;
        this.head = head;
        this.bucket = bandwidth == null ? null : new TokenBucket(bandwidth, owner.now());
    }

    /** Whether the runtime announced a streamed response. */
    public boolean isStreaming() {
        return head.streaming();
    }

    /** The whole body of a buffered response or of an error. */
    public void complete(byte[] body) throws CallRefused {
        complete(body, head.contentType());
    }

    /** The whole body, under another media type than the headers said. */
    public void complete(byte[] body, @Nullable String contentType) throws CallRefused {
        ending.end(this, () -> {
            if (head.errorType() != null) {
                task.answer(task.result(body, contentType, head.errorType()));
                return;
            }
            task.produced(body.length);
            if (task.isStreaming()) {
                task.responseBegins(contentType);
                var unused = task.responseGoesOn(body);
            }
            task.answer(task.result(task.isStreaming() ? NOTHING : body, contentType, null));
        });
    }

    /** The body was larger than the limit: both sides are told so, in words that name the buffered limit for streams as well. */
    public void tooLarge() throws CallRefused {
        fail("Function.ResponseSizeTooLarge", Failure.responseTooLargePayload());
        throw CallRefused.bodyTooLarge();
    }

    /** The body ended before it was complete. */
    public void truncated() throws CallRefused {
        isCutOff();
        throw CallRefused.truncated();
    }

    /** Nothing more of the body is to come, whether its connection has told so or not. */
    void isCutOff() throws CallRefused {
        Failure failure =
                Failure.of("Runtime.TruncatedResponse", "the runtime's response ended before it was complete");
        fail(failure.errorType(), failure.payload(task.requestId()));
    }

    private void fail(String errorType, byte[] payload) throws CallRefused {
        ending.end(this, () -> task.answer(task.result(payload, "application/json", errorType)));
    }

    /**
     * A piece of a streamed response.
     *
     * @return complete when the caller can take more; never exceptionally
     */
    public CompletionStage<?> piece(byte[] bytes) {
        received += bytes.length;
        if (exceedsLimit()) {
            return CompletableFuture.completedFuture(null);
        }
        if (!task.isStreaming()) {
            collected.writeBytes(bytes);
        }
        CompletionStage<?> taken = owner.change(() -> {
            if (isOver()) {
                return CompletableFuture.completedFuture(null);
            }
            task.producedSoFar(received);
            return task.responseGoesOn(bytes);
        });
        if (bucket == null || !task.isStreaming()) {
            return taken;
        }
        Duration wait = bucket.take(bytes.length, owner.clock().instant());
        return wait.isZero() ? taken : taken.thenCombine(owner.after(wait), (a, b) -> a);
    }

    /** The end of a streamed response, with what its trailers say of an error in the middle. */
    public void end(@Nullable String trailerErrorType, byte @Nullable [] trailerErrorBody) throws CallRefused {
        ending.end(this, () -> {
            task.produced(received);
            if (trailerErrorType == null && trailerErrorBody == null) {
                task.answer(task.result(collected.toByteArray(), head.contentType(), null));
            } else {
                task.answer(task.result(
                        trailerErrorBody == null ? NOTHING : trailerErrorBody,
                        "application/json",
                        trailerErrorType == null ? "Runtime.Unknown" : trailerErrorType));
            }
        });
    }

    /** Whether the pieces until now are too much already. */
    public boolean exceedsLimit() {
        return received > (task.isStreaming() ? Limits.STREAMED_RESPONSE_BYTES : Limits.RESPONSE_BYTES);
    }

    /** Whether the invocation has ended meanwhile, so that nothing of this body is wanted. */
    public boolean isOver() {
        return ending.isOver(this);
    }
}

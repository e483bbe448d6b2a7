package io.lambdasimulator.internal.http;

import io.lambdasimulator.internal.environment.StreamingCaller;
import io.lambdasimulator.invocation.InvocationResult;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The answer of a function URL in the invoke mode {@code RESPONSE_STREAM}. It begins with the prelude, if the runtime
 * announced one, else with the first byte; until then an error is an answer of its own, and later it breaks the answer off.
 */
final class FunctionUrlStream implements StreamingCaller {

    private static final CompletionStage<?> AT_ONCE = CompletableFuture.completedFuture(null);

    private final FunctionUrlCall call;

    private String contentType = "application/octet-stream";
    private @Nullable Prelude prelude;
    private Exchange.@Nullable AnswerStream stream;

    /** Nothing of what still comes is wanted. */
    private boolean isAnswered;

    FunctionUrlStream(FunctionUrlCall call) {
        this.call = call;
    }

    @Override
    public void begins(InvocationResult beginning) {
        String announced = beginning.contentType().orElse(null);
        if (Prelude.isAnnouncedBy(announced)) {
            prelude = new Prelude();
        } else if (announced != null) {
            contentType = announced;
        }
    }

    @Override
    public CompletionStage<?> piece(byte[] bytes) {
        if (isAnswered) {
            return AT_ONCE;
        }
        byte[] payload = bytes;
        if (prelude != null) {
            payload = behindPrelude(prelude, bytes);
        } else if (stream == null) {
            stream = call.begin(head());
        }
        return stream == null || payload == null ? AT_ONCE : stream.write(payload);
    }

    private Answer head() {
        return Answer.of(200, contentType, new byte[0]);
    }

    /** Null as long as the prelude is not complete. */
    private byte @Nullable [] behindPrelude(Prelude incomplete, byte[] bytes) {
        try {
            byte[] behind = incomplete.add(bytes);
            if (behind != null) {
                begin(FunctionUrlResponse.prelude(incomplete.json()));
            }
            return behind;
        } catch (FunctionUrlResponse.Malformed malformed) {
            isAnswered = true;
            call.badGateway(malformed);
            return null;
        }
    }

    private void begin(Answer head) {
        prelude = null;
        if (head.status() == 204 || head.status() == 304) {
            isAnswered = true;
            call.send(head);
        } else {
            stream = call.begin(head);
        }
    }

    @Override
    public void ends(@Nullable InvocationResult result, @Nullable Throwable failure) {
        boolean isComplete = result != null && result.isSuccess();
        if (isAnswered) {
            return;
        }
        if (stream != null) {
            if (isComplete) {
                stream.end();
            } else {
                stream.abort();
            }
        } else if (!isComplete) {
            call.answer(result, failure);
        } else if (prelude != null) {
            call.badGateway(new FunctionUrlResponse.Malformed("the response ended before its prelude was complete"));
        } else {
            call.send(head());
        }
    }
}

package io.lambdasimulator.internal.http;

import io.lambdasimulator.internal.environment.StreamingCaller;
import io.lambdasimulator.invocation.InvocationResult;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A response-streaming invocation as its caller sees it: a head as soon as the response begins, a {@code PayloadChunk} for each
 * piece, and {@code InvokeComplete}. A client that leaves holds nobody back, since whatever is written to it is thrown away.
 */
final class EventStreamAnswer implements StreamingCaller {

    /** What the front door makes of results. */
    interface Rendering {

        Answer head(InvocationResult head);

        /** The end of the log for {@code LogResult}, or null when it was not asked for. */
        @Nullable String logResult(InvocationResult result);

        void refuse(@Nullable Throwable failure);
    }

    private final Exchange exchange;
    private final Rendering rendering;
    private Exchange.@Nullable AnswerStream stream;

    EventStreamAnswer(Exchange exchange, Rendering rendering) {
        this.exchange = exchange;
        this.rendering = rendering;
    }

    @Override
    public void begins(InvocationResult head) {
        begin(head);
    }

    private Exchange.AnswerStream begin(InvocationResult head) {
        Exchange.AnswerStream begun = exchange.begin(rendering.head(head), () -> {});
        stream = begun;
        return begun;
    }

    @Override
    public CompletionStage<?> piece(byte[] bytes) {
        Exchange.AnswerStream begun = stream;
        if (begun == null) {
            throw new IllegalStateException("a piece comes before the response begins");
        }
        return begun.write(EventStreamFrames.payloadChunk(bytes));
    }

    @Override
    public void ends(@Nullable InvocationResult result, @Nullable Throwable failure) {
        if (result == null) {
            rendering.refuse(failure);
            return;
        }
        Exchange.AnswerStream begun = stream == null ? begin(result) : stream;
        var unused = begun.write(EventStreamFrames.invokeComplete(completion(result)));
        begun.end();
    }

    private Map<String, String> completion(InvocationResult result) {
        Map<String, String> members = new LinkedHashMap<>();
        result.functionError().ifPresent(error -> {
            members.put("ErrorCode", error);
            members.put("ErrorDetails", result.payloadText());
        });
        String log = rendering.logResult(result);
        if (log != null) {
            members.put("LogResult", log);
        }
        return members;
    }
}

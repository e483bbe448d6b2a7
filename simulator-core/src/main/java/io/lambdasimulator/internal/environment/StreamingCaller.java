package io.lambdasimulator.internal.environment;

import io.lambdasimulator.invocation.InvocationResult;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A caller who takes a response as it comes. Called as the environment's effects are: in order, by one thread at a time that
 * holds no lock. No method may block or throw.
 */
public interface StreamingCaller {

    /**
     * The response begins; nothing of it has come yet. Not called when the invocation ends without a response.
     *
     * @param head the result as far as it is known: ids, version, the media type that the runtime named
     */
    void begins(InvocationResult head);

    /**
     * A piece of the response, not empty.
     *
     * @return complete when the next piece may come, which holds the runtime back until then; never exceptionally. A caller
     *     who has gone completes it at once, since that does not stop the invocation.
     */
    CompletionStage<?> piece(byte[] bytes);

    /**
     * The end. Either there is a result, which tells by its error whether the response is complete, and whose payload is
     * empty unless it is an error; or a failure, when the invocation was never run.
     */
    void ends(@Nullable InvocationResult result, @Nullable Throwable failure);
}

package io.lambdasimulator.invocation;

import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * An invocation that was accepted. Its futures complete on threads of the simulator's own that hold none of its
 * locks; all waits are bounded in real time.
 */
public interface Invocation {

    /**
     * The request id.
     *
     * @return the id that the runtime and extensions see
     */
    String requestId();

    /**
     * The caller's answer: complete as soon as the runtime has answered, or the invocation failed. For a streamed
     * response that is when the last byte arrived.
     *
     * @return a future of the result; exceptionally an {@link InvocationRejectedException} when it was never run
     */
    CompletableFuture<InvocationResult> answer();

    /**
     * The end of the invocation: the runtime and every extension that received it have asked for their next event, or
     * it timed out or failed.
     *
     * @return a future of the report; exceptionally an {@link InvocationRejectedException} when it was never run
     */
    CompletableFuture<InvocationReport> completion();

    /**
     * Waits for {@link #answer()}.
     *
     * @param atMost how long to wait, in real time
     * @return the result
     * @throws InvocationRejectedException when it was never run
     * @throws IllegalStateException when there is no answer in time; the message tells what the environment waits for
     */
    InvocationResult awaitAnswer(Duration atMost);

    /**
     * Waits for {@link #completion()}.
     *
     * @param atMost how long to wait, in real time
     * @return the report
     * @throws InvocationRejectedException when it was never run
     * @throws IllegalStateException when it is not complete in time; the message tells what the environment waits for
     */
    InvocationReport awaitCompletion(Duration atMost);

    /**
     * The readiness of each extension that is to receive this invocation's {@code INVOKE}; inspectable at any time,
     * after completion too. Empty before the invocation is dispatched.
     *
     * @return one entry per extension, in order of registration
     */
    List<ExtensionReadiness> readiness();

    /**
     * Waits until an extension has received this invocation's {@code INVOKE} and polled again.
     *
     * @param extension the extension's name
     * @param atMost how long to wait, in real time
     * @return its readiness
     * @throws IllegalStateException when it is not ready in time, or the invocation ended without it
     */
    ExtensionReadiness awaitReadiness(String extension, Duration atMost);

    /**
     * The bytes of the answer as they arrive. Only for invocations submitted for streaming; the runtime is held back
     * when nobody reads. Ends with end of file on success and on a function error (see {@link #answer()} for which), so
     * that what was sent before an error can be read.
     *
     * @return the one stream of this invocation; its reads block
     * @throws IllegalStateException when the invocation was not submitted for streaming
     */
    InputStream responseStream();
}

package io.lambdasimulator.participant;

/**
 * A function in the test's own JVM. The simulator runs it behind a small runtime that talks to the Runtime API over
 * HTTP, as any runtime does.
 *
 * <pre>{@code
 * FunctionHandler echo = (event, context) -> event;
 * }</pre>
 */
@FunctionalInterface
public interface FunctionHandler {

    /**
     * Handles one invocation. Runs on the runtime's own thread, which is interrupted when the environment ends.
     *
     * @param event the payload
     * @param context the invocation's data
     * @return the response
     * @throws Exception to answer with a function error that carries the exception's class, message and stack
     */
    byte[] handle(byte[] event, InvocationContext context) throws Exception;
}

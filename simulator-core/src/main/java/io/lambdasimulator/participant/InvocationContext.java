package io.lambdasimulator.participant;

import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a handler function knows of its invocation: the headers of the runtime's {@code next} call.
 *
 * @param requestId the request id
 * @param deadline when the function times out
 * @param invokedFunctionArn the ARN that the caller used
 * @param traceId the trace header
 * @param clientContext the client context's JSON
 * @param cognitoIdentity the Cognito identity's JSON
 * @param tenantId the tenant
 * @param contentType the event's media type
 * @param output takes what the function writes to its log, as the standard output of a process would; line by line
 */
public record InvocationContext(
        String requestId,
        Instant deadline,
        String invokedFunctionArn,
        Optional<String> traceId,
        Optional<String> clientContext,
        Optional<String> cognitoIdentity,
        Optional<String> tenantId,
        String contentType,
        Consumer<String> output) {

    /**
     * Writes to the function's log.
     *
     * @param text one or more lines
     */
    public void log(String text) {
        output.accept(text);
    }
}

package io.lambdasimulator.participant;

import java.time.Instant;
import java.util.Optional;

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
 */
public record InvocationContext(
        String requestId,
        Instant deadline,
        String invokedFunctionArn,
        Optional<String> traceId,
        Optional<String> clientContext,
        Optional<String> cognitoIdentity,
        Optional<String> tenantId,
        String contentType) {}

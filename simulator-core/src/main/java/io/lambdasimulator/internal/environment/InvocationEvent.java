package io.lambdasimulator.internal.environment;

import io.lambdasimulator.invocation.CognitoIdentity;
import java.time.Instant;
import java.util.Optional;

/** What the runtime receives; empty texts are not sent. */
public record InvocationEvent(
        String requestId,
        Optional<String> invocationId,
        Instant deadline,
        String invokedFunctionArn,
        String traceId,
        String clientContext,
        Optional<CognitoIdentity> cognitoIdentity,
        String tenantId,
        String contentType,
        byte[] payload) {}

package io.lambdasimulator.internal.http;

import io.lambdasimulator.internal.environment.Identifiers;
import io.lambdasimulator.internal.environment.Limits;
import io.lambdasimulator.internal.json.GoJson;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads requests of the Invoke API and renders its refusals (spec: production-captures §1.6, §1.7). */
final class InvokeRequests {

    static final String EVENT = "Event";
    static final String REQUEST_RESPONSE = "RequestResponse";
    static final String DRY_RUN = "DryRun";

    private static final byte[] EMPTY_OBJECT = {'{', '}'};

    private InvokeRequests() {}

    /** The invocation type, which is {@code RequestResponse} when there is none. */
    static String invocationType(Exchange exchange, List<String> allowed) {
        return oneOf(exchange.header("X-Amz-Invocation-Type"), "invocationType", REQUEST_RESPONSE, allowed);
    }

    /** Whether the caller wants the end of the log. */
    static boolean wantsLogTail(Exchange exchange) {
        return oneOf(exchange.header("X-Amz-Log-Type"), "logType", "None", List.of("None", "Tail"))
                .equals("Tail");
    }

    private static String oneOf(@Nullable String value, String name, String absent, List<String> allowed) {
        if (value == null || value.isEmpty()) {
            return absent;
        }
        if (!allowed.contains(value)) {
            throw new InvocationRejectedException(
                    "ValidationException",
                    400,
                    "1 validation error detected: Value '" + value + "' at '" + name
                            + "' failed to satisfy constraint: Member must satisfy enum value set: ["
                            + String.join(", ", allowed) + "]");
        }
        return value;
    }

    /**
     * Reads the payload, then has the invocation done, or refuses the request.
     *
     * @param isEvent whether it is an asynchronous invocation, which has another limit and no client context
     */
    static void read(
            Exchange exchange, InvokedFunction function, boolean isEvent, Consumer<InvocationRequest> invocation) {
        long limit = isEvent ? Limits.ASYNCHRONOUS_REQUEST_BYTES : Limits.REQUEST_BYTES;
        exchange.readBody(limit, new Exchange.BodyReader() {
            @Override
            public void complete(byte[] body) {
                try {
                    invocation.accept(request(exchange, function, isEvent, body));
                } catch (InvocationRejectedException rejection) {
                    refuse(exchange, rejection);
                }
            }

            @Override
            public void truncated() {
                refuse(
                        exchange,
                        invalidContent("the request body ended before it was complete, or its chunks are malformed"));
            }

            @Override
            public void tooLarge(long size) {
                refuse(
                        exchange,
                        new InvocationRejectedException(
                                "RequestEntityTooLargeException",
                                413,
                                isEvent
                                        ? size + " byte payload is too large for the Event invocation type (limit "
                                                + limit + " bytes)"
                                        : "Request must be smaller than " + limit
                                                + " bytes for the InvokeFunction operation"));
            }
        });
    }

    private static InvocationRequest request(
            Exchange exchange, InvokedFunction function, boolean isEvent, byte[] body) {
        InvocationRequest.Builder request = InvocationRequest.builder().invokedFunctionArn(function.arn());
        if (body.length == 0) {
            request.payload(EMPTY_OBJECT);
        } else {
            requireJson(body);
            request.payload(body);
        }
        try {
            String clientContext = exchange.header("X-Amz-Client-Context");
            if (clientContext != null && !clientContext.isEmpty() && !isEvent) {
                String json = clientContext(clientContext);
                // JSON breaks lines between values only, where a blank says the same and fits into a header.
                request.clientContext(json.replaceAll("[\\r\\n]", " ").strip());
            }
            String traceId = exchange.header("X-Amzn-Trace-Id");
            String trace = traceId == null ? null : Identifiers.traceOf(traceId);
            if (trace != null) {
                request.traceId(trace);
            }
            String tenantId = exchange.header("X-Amz-Tenant-Id");
            if (tenantId != null && !tenantId.isEmpty()) {
                request.tenantId(tenantId);
            }
        } catch (IllegalArgumentException e) {
            throw invalidContent("Could not read the request's headers: " + e.getMessage());
        }
        return request.build();
    }

    /** The service's message, seen in public reports. */
    private static String clientContext(String base64) {
        try {
            byte[] json = Base64.getDecoder().decode(base64);
            if (JsonText.isObject(json)) {
                return new String(json, StandardCharsets.UTF_8);
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw invalidContent("Client context must be a valid Base64-encoded JSON object.");
    }

    private static void requireJson(byte[] body) {
        try {
            JsonText.require(body);
        } catch (IOException e) {
            throw invalidContent(
                    "Could not parse request body into json: Could not parse payload into json: " + e.getMessage());
        }
    }

    private static InvocationRejectedException invalidContent(String message) {
        return new InvocationRejectedException("InvalidRequestContentException", 400, message);
    }

    static void refuse(Exchange exchange, InvocationRejectedException rejection) {
        exchange.answer(CrossOrigin.open(
                exchange,
                Answer.of(rejection.statusCode(), "application/json", body(rejection))
                        .with("x-amzn-RequestId", UUID.randomUUID().toString())
                        .with("x-amzn-ErrorType", rejection.errorType())));
    }

    /** The service spells some messages in lower case, and gives a reason for one. */
    private static byte[] body(InvocationRejectedException rejection) {
        String message = String.valueOf(rejection.getMessage());
        return switch (rejection.errorType()) {
            case "TooManyRequestsException" ->
                GoJson.object(
                        "Reason",
                        "ReservedFunctionConcurrentInvocationLimitExceeded",
                        "Type",
                        "User",
                        "message",
                        message);
            case "InvalidRequestContentException" -> GoJson.object("Type", "User", "message", message);
            case "ValidationException" -> GoJson.object("message", message);
            default -> GoJson.object("Type", "User", "Message", message);
        };
    }
}

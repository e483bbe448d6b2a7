package io.lambdasimulator.internal.http;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.environment.Limits;
import io.lambdasimulator.internal.json.GoJson;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The front door: a synchronous {@code Invoke} as the service answers it (spec: production-captures §1, §6). */
final class FrontDoor {

    private static final byte[] EMPTY_OBJECT = {'{', '}'};

    private final ExecutionEnvironment environment;
    private final FunctionConfiguration function;

    FrontDoor(ExecutionEnvironment environment, FunctionConfiguration function) {
        this.environment = environment;
        this.function = function;
    }

    List<Route> routes() {
        return List.of(new Route("POST", "/2015-03-31/functions/{id}/invocations", this::invoke));
    }

    private void invoke(Exchange exchange) {
        String name = exchange.pathParameter();
        if (!name.equals(function.name()) && !name.equals("function")) {
            String arn = function.toBuilder().build().arn();
            reject(
                    exchange,
                    new InvocationRejectedException(
                            "ResourceNotFoundException",
                            404,
                            "Function not found: " + arn.substring(0, arn.lastIndexOf(':') + 1) + name + ":$LATEST"));
            return;
        }
        String type = exchange.header("X-Amz-Invocation-Type");
        if (type != null && !type.isEmpty() && !type.equals("RequestResponse")) {
            reject(
                    exchange,
                    new InvocationRejectedException(
                            "InvalidParameterValueException",
                            400,
                            "the invocation type " + type + " is not simulated: use RequestResponse"));
            return;
        }
        exchange.readBody(Limits.REQUEST_BYTES, new Exchange.BodyReader() {
            @Override
            public void complete(byte[] body) {
                try {
                    submit(exchange, request(exchange, body));
                } catch (InvocationRejectedException rejection) {
                    reject(exchange, rejection);
                }
            }

            @Override
            public void truncated() {
                reject(exchange, invalidContent("the request body ended before it was complete"));
            }

            @Override
            public void tooLarge(long size) {
                reject(
                        exchange,
                        new InvocationRejectedException(
                                "RequestEntityTooLargeException",
                                413,
                                "Request must be smaller than " + Limits.REQUEST_BYTES
                                        + " bytes for the InvokeFunction operation"));
            }
        });
    }

    private static InvocationRequest request(Exchange exchange, byte[] body) {
        InvocationRequest.Builder request = InvocationRequest.builder();
        if (body.length == 0) {
            request.payload(EMPTY_OBJECT);
        } else {
            requireJson(body);
            request.payload(body);
        }
        try {
            String clientContext = exchange.header("X-Amz-Client-Context");
            if (clientContext != null && !clientContext.isEmpty()) {
                String json = new String(Base64.getDecoder().decode(clientContext), StandardCharsets.UTF_8);
                // JSON breaks lines between values only, where a blank says the same and fits into a header.
                request.clientContext(json.replaceAll("[\\r\\n]", " ").strip());
            }
            String traceId = exchange.header("X-Amzn-Trace-Id");
            if (traceId != null && !traceId.isEmpty()) {
                request.traceId(traceId);
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

    private void submit(Exchange exchange, InvocationRequest request) {
        environment.invoke(request, (result, failure) -> {
            if (result != null) {
                exchange.answer(render(result));
            } else {
                reject(exchange, rejection(failure));
            }
        });
    }

    private static InvocationRejectedException rejection(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof InvocationRejectedException rejection
                ? rejection
                : new InvocationRejectedException("ServiceException", 500, "Internal Server Error");
    }

    private static Answer render(InvocationResult result) {
        Answer answer = Answer.of(200, result.contentType().orElse("application/json"), result.payload())
                .with("x-amzn-RequestId", result.requestId());
        if (result.functionError().isPresent()) {
            answer = answer.with("X-Amz-Function-Error", result.functionError().get());
        }
        answer = answer.with("x-amzn-Remapped-Content-Length", "0")
                .with("X-Amz-Executed-Version", result.executedVersion());
        return result.traceId().isEmpty() ? answer : answer.with("X-Amzn-Trace-Id", result.traceId());
    }

    private static void reject(Exchange exchange, InvocationRejectedException rejection) {
        byte[] body = rejection.errorType().equals("InvalidRequestContentException")
                // The service spells this one's message in lower case.
                ? GoJson.object("Type", "User", "message", message(rejection))
                : GoJson.object("Type", "User", "Message", message(rejection));
        exchange.answer(Answer.of(rejection.statusCode(), "application/json", body)
                .with("x-amzn-RequestId", UUID.randomUUID().toString())
                .with("x-amzn-ErrorType", rejection.errorType()));
    }

    private static String message(InvocationRejectedException rejection) {
        return String.valueOf(rejection.getMessage());
    }
}

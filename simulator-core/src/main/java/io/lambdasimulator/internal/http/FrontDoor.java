package io.lambdasimulator.internal.http;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.telemetry.LogTail;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The front door: {@code Invoke} and {@code InvokeWithResponseStream} as the service answers them (AWS: API reference of both;
 * spec: production-captures §1, §2, §6, aws-contract §1.8).
 */
final class FrontDoor {

    private static final String BUFFERED = "/2015-03-31/functions/{id}/invocations";
    private static final String STREAMING = "/2021-11-15/functions/{id}/response-streaming-invocations";

    private final ExecutionEnvironment environment;
    private final FunctionConfiguration function;
    private final RecordingEventLog log;

    FrontDoor(ExecutionEnvironment environment, FunctionConfiguration function, RecordingEventLog log) {
        this.environment = environment;
        this.function = function;
        this.log = log;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", BUFFERED, this::invoke),
                new Route("OPTIONS", BUFFERED, CrossOrigin::preflight),
                new Route("POST", STREAMING, this::invokeWithResponseStream),
                new Route("OPTIONS", STREAMING, CrossOrigin::preflight));
    }

    /** An invocation as it was asked for. */
    @FunctionalInterface
    private interface Kind {
        void invoke(Exchange exchange, InvocationRequest request, boolean tail);
    }

    private void invoke(Exchange exchange) {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        kinds.put(InvokeRequests.EVENT, this::accept);
        kinds.put(InvokeRequests.REQUEST_RESPONSE, this::submit);
        kinds.put(InvokeRequests.DRY_RUN, FrontDoor::dryRun);
        invoke(exchange, kinds);
    }

    private void invokeWithResponseStream(Exchange exchange) {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        kinds.put(InvokeRequests.REQUEST_RESPONSE, this::stream);
        kinds.put(InvokeRequests.DRY_RUN, FrontDoor::dryRun);
        invoke(exchange, kinds);
    }

    private void invoke(Exchange exchange, Map<String, Kind> kinds) {
        try {
            String type = InvokeRequests.invocationType(exchange, List.copyOf(kinds.keySet()));
            boolean tail = InvokeRequests.wantsLogTail(exchange);
            InvokedFunction invoked = InvokedFunction.in(exchange, function);
            Kind kind = Objects.requireNonNull(kinds.get(type));
            InvokeRequests.read(
                    exchange,
                    invoked,
                    type.equals(InvokeRequests.EVENT),
                    request -> kind.invoke(exchange, request, tail));
        } catch (InvocationRejectedException rejection) {
            InvokeRequests.refuse(exchange, rejection);
        }
    }

    private static void dryRun(Exchange exchange, InvocationRequest request, boolean tail) {
        answer(exchange, empty(204, UUID.randomUUID().toString()));
    }

    private void accept(Exchange exchange, InvocationRequest request, boolean tail) {
        InvocationResult accepted = environment.invokeLater(request);
        Answer answer = empty(202, accepted.requestId()).with("x-amzn-Remapped-Content-Length", "0");
        answer(exchange, traced(answer, accepted));
    }

    private static Answer empty(int status, String requestId) {
        return Answer.empty(status).with("x-amzn-RequestId", requestId);
    }

    private static Answer traced(Answer answer, InvocationResult result) {
        return result.traceId().isEmpty() ? answer : answer.with("X-Amzn-Trace-Id", result.traceId());
    }

    private void submit(Exchange exchange, InvocationRequest request, boolean tail) {
        if (tail) {
            environment.invokeToTheEnd(request, (result, failure) -> answer(exchange, result, failure, true));
        } else {
            environment.invoke(request, (result, failure) -> answer(exchange, result, failure, false));
        }
    }

    private void stream(Exchange exchange, InvocationRequest request, boolean tail) {
        environment.invokeStreamingToTheEnd(request, new EventStreamAnswer(exchange, new EventStreamAnswer.Rendering() {
            @Override
            public Answer head(InvocationResult head) {
                Answer answer = Answer.empty(200)
                        .with("Content-Type", EventStreamFrames.CONTENT_TYPE)
                        .with("x-amzn-RequestId", head.requestId())
                        .with("X-Amz-Executed-Version", head.executedVersion());
                return CrossOrigin.open(exchange, traced(answer, head));
            }

            @Override
            public @Nullable String logResult(InvocationResult result) {
                return tail ? logTail(result) : null;
            }

            @Override
            public void refuse(@Nullable Throwable failure) {
                InvokeRequests.refuse(exchange, rejection(failure));
            }
        }));
    }

    private String logTail(InvocationResult result) {
        return Base64.getEncoder().encodeToString(LogTail.of(log, function, result.requestId()));
    }

    private void answer(
            Exchange exchange, @Nullable InvocationResult result, @Nullable Throwable failure, boolean tail) {
        if (result != null) {
            answer(exchange, render(result, tail));
        } else {
            InvokeRequests.refuse(exchange, rejection(failure));
        }
    }

    private static void answer(Exchange exchange, Answer answer) {
        exchange.answer(CrossOrigin.open(exchange, answer));
    }

    private Answer render(InvocationResult result, boolean tail) {
        Answer answer = Answer.of(200, result.contentType().orElse("application/json"), result.payload())
                .with("x-amzn-RequestId", result.requestId());
        if (result.functionError().isPresent()) {
            answer = answer.with("X-Amz-Function-Error", result.functionError().get());
        }
        answer = answer.with("x-amzn-Remapped-Content-Length", "0")
                .with("X-Amz-Executed-Version", result.executedVersion());
        if (tail) {
            answer = answer.with("X-Amz-Log-Result", logTail(result));
        }
        return traced(answer, result);
    }

    private static InvocationRejectedException rejection(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof InvocationRejectedException rejection
                ? rejection
                : new InvocationRejectedException("ServiceException", 500, "Internal Server Error");
    }
}

package io.lambdasimulator.internal.http;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.event.LogTail;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The front door: {@code Invoke} as the service answers it (AWS: Invoke; spec: production-captures §1, §2, §6). */
final class FrontDoor {

    private static final String PATH = "/2015-03-31/functions/{id}/invocations";

    private final ExecutionEnvironment environment;
    private final FunctionConfiguration function;
    private final RecordingEventLog log;

    FrontDoor(ExecutionEnvironment environment, FunctionConfiguration function, RecordingEventLog log) {
        this.environment = environment;
        this.function = function;
        this.log = log;
    }

    List<Route> routes() {
        return List.of(new Route("POST", PATH, this::invoke), new Route("OPTIONS", PATH, CrossOrigin::preflight));
    }

    private void invoke(Exchange exchange) {
        try {
            String type = InvokeRequests.invocationType(
                    exchange, List.of(InvokeRequests.EVENT, InvokeRequests.REQUEST_RESPONSE, InvokeRequests.DRY_RUN));
            boolean tail = InvokeRequests.wantsLogTail(exchange);
            InvokedFunction invoked = InvokedFunction.in(exchange, function);
            boolean isEvent = type.equals(InvokeRequests.EVENT);
            Consumer<InvocationRequest> invocation = switch (type) {
                case InvokeRequests.EVENT -> request -> accept(exchange, request);
                case InvokeRequests.DRY_RUN ->
                    request -> answer(exchange, empty(204, UUID.randomUUID().toString()));
                default -> request -> submit(exchange, request, tail);
            };
            InvokeRequests.read(exchange, invoked, isEvent, invocation);
        } catch (InvocationRejectedException rejection) {
            InvokeRequests.refuse(exchange, rejection);
        }
    }

    private void accept(Exchange exchange, InvocationRequest request) {
        String requestId = environment.invokeLater(request).requestId();
        Answer answer = empty(202, requestId).with("x-amzn-Remapped-Content-Length", "0");
        answer(
                exchange,
                request.traceId().map(id -> answer.with("X-Amzn-Trace-Id", id)).orElse(answer));
    }

    private static Answer empty(int status, String requestId) {
        return Answer.empty(status).with("x-amzn-RequestId", requestId);
    }

    private void submit(Exchange exchange, InvocationRequest request, boolean tail) {
        if (tail) {
            environment.invokeToTheEnd(request, (result, failure) -> answer(exchange, result, failure, true));
        } else {
            environment.invoke(request, (result, failure) -> answer(exchange, result, failure, false));
        }
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
            byte[] end = LogTail.of(log, function, result.requestId());
            answer = answer.with("X-Amz-Log-Result", Base64.getEncoder().encodeToString(end));
        }
        return result.traceId().isEmpty() ? answer : answer.with("X-Amzn-Trace-Id", result.traceId());
    }

    private static InvocationRejectedException rejection(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof InvocationRejectedException rejection
                ? rejection
                : new InvocationRejectedException("ServiceException", 500, "Internal Server Error");
    }
}

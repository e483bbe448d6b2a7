package io.lambdasimulator.internal.http;

import io.lambdasimulator.internal.environment.Identifiers;
import io.lambdasimulator.internal.json.GoJson;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request to a function URL and its invocation, which have one id, and the answers that the service gives by itself. */
final class FunctionUrlCall {

    private static final Logger LOG = LoggerFactory.getLogger(FunctionUrlCall.class);

    private static final Answer BAD_GATEWAY =
            Answer.of(502, "application/json", "Internal Server Error".getBytes(StandardCharsets.UTF_8));

    private final Exchange exchange;
    private final FunctionUrlRequest request;
    private final String requestId;
    private final String trace;
    private final String shownTrace;

    FunctionUrlCall(Exchange exchange, FunctionUrlRequest request, Identifiers identifiers) {
        this.exchange = exchange;
        this.request = request;
        this.requestId = identifiers.requestId();
        String given = request.header("x-amzn-trace-id");
        String callers = given == null ? null : Identifiers.traceOf(given);
        if (given == null || callers == null) {
            this.trace = identifiers.traceId();
            this.shownTrace = trace.substring(0, trace.indexOf(';'));
        } else {
            this.trace = callers;
            this.shownTrace = given;
        }
    }

    InvocationRequest invocation(String urlId, byte[] body) {
        return InvocationRequest.builder()
                .payload(request.event(urlId, requestId, shownTrace, body))
                .requestId(requestId)
                .traceId(trace)
                .build();
    }

    /** Answers with what a whole response says. */
    void answer(@Nullable InvocationResult result, @Nullable Throwable failure) {
        if (result == null) {
            refuse(rejection(failure));
        } else if (!result.isSuccess()) {
            badGateway();
        } else {
            try {
                if (Prelude.isAnnouncedBy(result.contentType().orElse(null))) {
                    throw new FunctionUrlResponse.Malformed(
                            "the function streams its response; set the invoke mode to RESPONSE_STREAM");
                }
                send(FunctionUrlResponse.of(result.payload()));
            } catch (FunctionUrlResponse.Malformed malformed) {
                badGateway(malformed);
            }
        }
    }

    void send(Answer answer) {
        exchange.answer(signed(answer));
    }

    /** Begins an answer in pieces. A client who leaves does not stop the invocation. */
    Exchange.AnswerStream begin(Answer head) {
        return exchange.begin(signed(head), () -> {});
    }

    /** The service's own headers, whatever the function says. */
    private Answer signed(Answer answer) {
        return answer.withOnly("x-amzn-RequestId", requestId).withOnly("X-Amzn-Trace-Id", trace);
    }

    void badGateway() {
        send(BAD_GATEWAY);
    }

    void badGateway(FunctionUrlResponse.Malformed malformed) {
        LOG.warn(
                "The function URL answers {} {} with 502 (request id {}): {}",
                exchange.method(),
                exchange.path(),
                requestId,
                malformed.getMessage());
        badGateway();
    }

    void refuse(InvocationRejectedException rejection) {
        byte[] body = GoJson.object("Message", String.valueOf(rejection.getMessage()));
        send(Answer.of(rejection.statusCode(), "application/json", body)
                .with("x-amzn-ErrorType", rejection.errorType()));
    }

    private static InvocationRejectedException rejection(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof InvocationRejectedException rejection
                ? rejection
                : new InvocationRejectedException("ServiceException", 500, "Internal Server Error");
    }
}

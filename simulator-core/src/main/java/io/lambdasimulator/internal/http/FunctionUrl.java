package io.lambdasimulator.internal.http;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.environment.Identifiers;
import io.lambdasimulator.internal.environment.Limits;
import io.lambdasimulator.internal.json.GoJson;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A function URL: any request is an invocation, and what the function answers is the HTTP response (AWS: Lambda function
 * URLs, with the auth type {@code NONE} and without a CORS configuration, so that preflight requests reach the function).
 */
final class FunctionUrl {

    private static final Logger LOG = LoggerFactory.getLogger(FunctionUrl.class);

    private static final Answer BAD_GATEWAY =
            Answer.of(502, "application/json", "Internal Server Error".getBytes(StandardCharsets.UTF_8));

    private static final int URL_ID_LENGTH = 32;

    private final ExecutionEnvironment environment;
    private final Clock clock;
    private final Identifiers identifiers;
    private final String urlId;

    FunctionUrl(ExecutionEnvironment environment, FunctionConfiguration function, Clock clock) {
        this.environment = environment;
        this.clock = clock;
        this.identifiers = new Identifiers(clock);
        this.urlId = urlId(function.arn());
    }

    List<Route> routes() {
        return List.of(Route.any(this::invoke));
    }

    /** Looks as the service's do, and stays the same for a function. */
    private static String urlId(String arn) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(arn.getBytes(StandardCharsets.UTF_8));
            return new BigInteger(1, digest).toString(Character.MAX_RADIX).substring(0, URL_ID_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private void invoke(Exchange exchange) {
        Call call = new Call(exchange, FunctionUrlRequest.of(exchange, clock.instant()), identifiers);
        exchange.readBody(Limits.REQUEST_BYTES, new Exchange.BodyReader() {
            @Override
            public void complete(byte[] body) {
                try {
                    environment.invoke(call.invocation(urlId, body), call::answer);
                } catch (InvocationRejectedException rejection) {
                    call.refuse(rejection);
                }
            }

            @Override
            public void truncated() {
                call.refuse(new InvocationRejectedException(
                        "InvalidRequestContentException", 400, "the request body ended before it was complete"));
            }

            @Override
            public void tooLarge(long size) {
                call.refuse(new InvocationRejectedException(
                        "RequestEntityTooLargeException",
                        413,
                        "Request must be smaller than " + Limits.REQUEST_BYTES
                                + " bytes for the InvokeFunction operation"));
            }
        });
    }

    /** One request and its invocation, which have one id. */
    private static final class Call {
        private final Exchange exchange;
        private final FunctionUrlRequest request;
        private final String requestId;
        private final String trace;
        private final String shownTrace;

        Call(Exchange exchange, FunctionUrlRequest request, Identifiers identifiers) {
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

        void answer(@Nullable InvocationResult result, @Nullable Throwable failure) {
            if (result == null) {
                refuse(rejection(failure));
            } else if (!result.isSuccess()) {
                send(BAD_GATEWAY);
            } else {
                try {
                    send(FunctionUrlResponse.of(result.payload()));
                } catch (FunctionUrlResponse.Malformed malformed) {
                    LOG.warn(
                            "The function URL answers {} {} with 502 (request id {}): {}",
                            exchange.method(),
                            exchange.path(),
                            requestId,
                            malformed.getMessage());
                    send(BAD_GATEWAY);
                }
            }
        }

        private void send(Answer answer) {
            exchange.answer(answer.with("x-amzn-RequestId", requestId).with("X-Amzn-Trace-Id", trace));
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
}

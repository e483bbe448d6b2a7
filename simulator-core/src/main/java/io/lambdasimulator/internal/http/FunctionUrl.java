package io.lambdasimulator.internal.http;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvokeMode;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.environment.Identifiers;
import io.lambdasimulator.internal.environment.Limits;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationRequest;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.List;

/**
 * A function URL: any request is an invocation, and what the function answers is the HTTP response (AWS: Lambda function
 * URLs, with the auth type {@code NONE} and without a CORS configuration, so that preflight requests reach the function).
 */
final class FunctionUrl {

    private static final int URL_ID_LENGTH = 32;

    private final ExecutionEnvironment environment;
    private final Clock clock;
    private final Identifiers identifiers;
    private final String urlId;
    private final InvokeMode invokeMode;

    FunctionUrl(ExecutionEnvironment environment, FunctionConfiguration function, InvokeMode invokeMode, Clock clock) {
        this.invokeMode = invokeMode;
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
        FunctionUrlCall call =
                new FunctionUrlCall(exchange, FunctionUrlRequest.of(exchange, clock.instant()), identifiers);
        exchange.readBody(Limits.REQUEST_BYTES, new Exchange.BodyReader() {
            @Override
            public void complete(byte[] body) {
                try {
                    invoke(call, body);
                } catch (InvocationRejectedException rejection) {
                    call.refuse(rejection);
                }
            }

            @Override
            public void truncated() {
                call.refuse(new InvocationRejectedException(
                        "InvalidRequestContentException",
                        400,
                        "the request body ended before it was complete, or its chunks are malformed"));
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

    private void invoke(FunctionUrlCall call, byte[] body) {
        InvocationRequest invocation = call.invocation(urlId, body);
        switch (invokeMode) {
            case BUFFERED -> environment.invoke(invocation, call::answer);
            case RESPONSE_STREAM -> environment.invokeStreaming(invocation, new FunctionUrlStream(call));
        }
    }
}

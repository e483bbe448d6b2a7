package io.lambdasimulator.internal.http;

import io.lambdasimulator.internal.environment.AnswerInProgress;
import io.lambdasimulator.internal.environment.CallRefused;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.environment.InvocationEvent;
import io.lambdasimulator.internal.environment.Limits;
import io.lambdasimulator.internal.environment.Reported;
import io.lambdasimulator.internal.json.GoJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The Runtime API, version 2018-06-01 (spec: on-demand §1.2–§1.5). */
final class RuntimeApi {

    private static final String PREFIX = "/2018-06-01";
    private static final Answer PONG =
            Answer.of(200, "text/plain; charset=utf-8", "pong".getBytes(StandardCharsets.UTF_8));

    private final ExecutionEnvironment environment;
    private final Answers answers;

    RuntimeApi(ExecutionEnvironment environment, Answers answers) {
        this.environment = environment;
        this.answers = answers;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", PREFIX + "/ping", exchange -> answers.send(exchange, PONG)),
                new Route("GET", PREFIX + "/runtime/invocation/next", this::next),
                new Route("POST", PREFIX + "/runtime/invocation/{id}/response", this::response),
                new Route("POST", PREFIX + "/runtime/invocation/{id}/error", this::error),
                new Route("POST", PREFIX + "/runtime/init/error", this::initError));
    }

    private void next(Exchange exchange) {
        environment.runtimeNext(ExchangePoll.park(exchange, environment, answers, RuntimeApi::render));
    }

    private static Answer render(InvocationEvent event) {
        String contentType = event.contentType().isEmpty() ? "application/json" : event.contentType();
        List<Answer.Header> headers = new ArrayList<>();
        add(headers, "Content-Type", contentType);
        add(headers, "Lambda-Runtime-Aws-Request-Id", event.requestId());
        add(headers, "Lambda-Runtime-Trace-Id", event.traceId());
        add(headers, "Lambda-Runtime-Client-Context", event.clientContext());
        String identity = event.cognitoIdentity()
                .filter(cognito -> !cognito.identityId().isEmpty()
                        || !cognito.identityPoolId().isEmpty())
                .map(cognito -> new String(
                        GoJson.object(
                                "cognitoIdentityId",
                                cognito.identityId(),
                                "cognitoIdentityPoolId",
                                cognito.identityPoolId()),
                        StandardCharsets.UTF_8))
                .orElse("");
        add(headers, "Lambda-Runtime-Cognito-Identity", identity);
        add(headers, "Lambda-Runtime-Invoked-Function-Arn", event.invokedFunctionArn());
        add(
                headers,
                "Lambda-Runtime-Deadline-Ms",
                Long.toString(event.deadline().toEpochMilli()));
        add(headers, "Lambda-Runtime-Aws-Tenant-Id", event.tenantId());
        add(headers, "Lambda-Runtime-Invocation-Id", event.invocationId().orElse(""));
        return new Answer(200, List.copyOf(headers), event.payload());
    }

    /** Empty values are left out, as the service does. */
    private static void add(List<Answer.Header> headers, String name, String value) {
        if (!value.isEmpty()) {
            headers.add(new Answer.Header(name, value));
        }
    }

    private void response(Exchange exchange) {
        AnswerInProgress answer;
        try {
            answer = environment.beginResponse(
                    exchange.pathParameter(),
                    exchange.header("Lambda-Runtime-Invocation-Id"),
                    exchange.header("Lambda-Runtime-Function-Response-Mode"),
                    exchange.header("Content-Type"));
        } catch (CallRefused refusal) {
            answers.refuse(exchange, refusal);
            return;
        }
        if (answer.isStreaming()) {
            exchange.streamBody(new StreamedResponse(exchange, answer));
        } else {
            readInto(exchange, answer, answer::complete);
        }
    }

    private void error(Exchange exchange) {
        String contentType = exchange.header("Content-Type");
        AnswerInProgress answer;
        try {
            answer = environment.beginError(
                    exchange.pathParameter(),
                    exchange.header("Lambda-Runtime-Invocation-Id"),
                    errorType(exchange),
                    contentType);
        } catch (CallRefused refusal) {
            answers.refuse(exchange, refusal);
            return;
        }
        if (ErrorWithCause.CONTENT_TYPE.equals(contentType)) {
            readInto(exchange, answer, body -> {
                ErrorWithCause.Rewritten rewritten = ErrorWithCause.rewrite(body);
                answer.complete(rewritten.body(), rewritten.contentType());
            });
        } else {
            readInto(exchange, answer, answer::complete);
        }
    }

    private void initError(Exchange exchange) {
        String errorType = errorType(exchange);
        exchange.readBody(Limits.RESPONSE_BYTES, new Reader(exchange) {
            @Override
            void complete(byte[] body, boolean isTooLarge) throws CallRefused {
                if (isTooLarge) {
                    throw CallRefused.bodyTooLarge();
                }
                // What the runtime calls its body does not count.
                String contentType = JsonText.is(body) ? "application/json" : "application/octet-stream";
                environment.runtimeInitError(errorType, new Reported(body, contentType));
            }

            @Override
            void cutOff() throws CallRefused {
                throw CallRefused.truncated();
            }
        });
    }

    private static String errorType(Exchange exchange) {
        return ErrorTypes.normalise(exchange.header("Lambda-Runtime-Function-Error-Type"));
    }

    @FunctionalInterface
    private interface BodyHandler {
        void handle(byte[] body) throws CallRefused;
    }

    private void readInto(Exchange exchange, AnswerInProgress answer, BodyHandler handler) {
        exchange.readBody(Limits.RESPONSE_BYTES, new Reader(exchange) {
            @Override
            void complete(byte[] body, boolean isTooLarge) throws CallRefused {
                if (isTooLarge) {
                    answer.tooLarge();
                } else {
                    handler.handle(body);
                }
            }

            @Override
            void cutOff() throws CallRefused {
                answer.truncated();
            }
        });
    }

    /** Reads a whole body and answers 202, or what was refused. */
    private abstract class Reader implements Exchange.BodyReader {
        private final Exchange exchange;

        Reader(Exchange exchange) {
            this.exchange = exchange;
        }

        abstract void complete(byte[] body, boolean isTooLarge) throws CallRefused;

        abstract void cutOff() throws CallRefused;

        @Override
        public void complete(byte[] body) {
            finish(exchange, () -> complete(body, false));
        }

        @Override
        public void tooLarge(long size) {
            finish(exchange, () -> complete(new byte[0], true));
        }

        @Override
        public void truncated() {
            finish(exchange, this::cutOff);
        }
    }

    private final class StreamedResponse implements Exchange.BodyStream {
        private final Exchange exchange;
        private final AnswerInProgress answer;

        StreamedResponse(Exchange exchange, AnswerInProgress answer) {
            this.exchange = exchange;
            this.answer = answer;
        }

        @Override
        public CompletionStage<?> piece(byte[] bytes) {
            if (answer.isOver()) {
                exchange.drop();
            }
            CompletionStage<?> taken = answer.piece(bytes);
            if (answer.exceedsLimit()) {
                finish(exchange, answer::tooLarge);
            }
            return taken;
        }

        @Override
        public void end(Exchange.Trailers trailers) {
            String errorType = unlessEmpty(trailers.get("Lambda-Runtime-Function-Error-Type"));
            byte[] errorBody = decoded(unlessEmpty(trailers.get("Lambda-Runtime-Function-Error-Body")));
            finish(exchange, () -> answer.end(errorType, errorBody));
        }

        @Override
        public void truncated() {
            finish(exchange, answer::truncated);
        }

        // A runtime that announces its trailers early may have nothing to say in them.
        private static @Nullable String unlessEmpty(@Nullable String value) {
            return value == null || value.isEmpty() ? null : value;
        }

        private static byte @Nullable [] decoded(@Nullable String base64) {
            if (base64 == null) {
                return null;
            }
            try {
                return Base64.getDecoder().decode(base64);
            } catch (IllegalArgumentException e) {
                // Not base64 after all: better the caller sees it as it came than not at all.
                return base64.getBytes(StandardCharsets.UTF_8);
            }
        }
    }

    private interface Call {
        void make() throws CallRefused;
    }

    private void finish(Exchange exchange, Call call) {
        try {
            call.make();
            answers.send(exchange, Answers.accepted());
        } catch (CallRefused refusal) {
            answers.refuse(exchange, refusal);
        }
    }
}

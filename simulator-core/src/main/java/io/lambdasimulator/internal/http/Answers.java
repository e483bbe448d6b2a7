package io.lambdasimulator.internal.http;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.environment.CallRefused;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.json.GoJson;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** The forms of answers that the APIs share, and the place where each answer is put on record. */
final class Answers {

    private static final byte[] OK = "{\"status\":\"OK\"}\n".getBytes(StandardCharsets.UTF_8);

    private final RecordingEventLog log;

    Answers(RecordingEventLog log) {
        this.log = log;
    }

    void send(Exchange exchange, Answer answer) {
        log.append(new Event.CallAnswered(exchange.method(), exchange.path(), answer.status(), Optional.empty()));
        exchange.answer(answer);
    }

    void refuse(Exchange exchange, CallRefused refusal) {
        int status = status(refusal.kind());
        log.append(new Event.CallAnswered(
                exchange.method(),
                exchange.path(),
                status,
                Optional.of(refusal.errorType()),
                Optional.of(refusal.getMessage())));
        exchange.answer(
                refusal.kind() == CallRefused.Kind.INVALID_SUBSCRIPTION
                        ? Answer.of(
                                status,
                                "application/json",
                                GoJson.object("errorType", refusal.errorType(), "errorMessage", refusal.getMessage()))
                        : error(status, refusal.errorType(), refusal.getMessage()));
    }

    /** A call that no route takes was answered. */
    void unrouted(Exchange exchange, int status) {
        log.append(new Event.CallAnswered(exchange.method(), exchange.path(), status, Optional.empty()));
    }

    static Answer accepted() {
        return Answer.of(202, "application/json", OK);
    }

    static Answer error(int status, String errorType, String message) {
        return Answer.of(
                status, "application/json", line(GoJson.object("errorMessage", message, "errorType", errorType)));
    }

    /** The APIs' JSON ends in a line feed. */
    static byte[] line(byte[] json) {
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    private static int status(CallRefused.Kind kind) {
        return switch (kind) {
            case BAD_REQUEST, INVALID_SUBSCRIPTION -> 400;
            case NOT_ALLOWED -> 403;
            case STALE_INVOCATION -> 410;
            case TOO_LARGE -> 413;
        };
    }
}

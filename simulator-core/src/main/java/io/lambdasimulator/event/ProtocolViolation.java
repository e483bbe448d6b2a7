package io.lambdasimulator.event;

import java.time.Instant;
import java.util.Optional;

/**
 * A call of the Runtime or Extensions API that was answered with a status from 400 to 499: a path or method that does not
 * exist, a call that the caller's state does not allow, an answer for another or a finished invocation, a malformed body. A
 * client that keeps to the documented protocol causes none.
 *
 * @param time when it was answered, by the environment's clock
 * @param method the HTTP method
 * @param path the path as received
 * @param status the status of the answer
 * @param errorType the {@code errorType} of the answer; empty when no route took the call
 * @param errorMessage the {@code errorMessage} of the answer
 */
public record ProtocolViolation(
        Instant time,
        String method,
        String path,
        int status,
        Optional<String> errorType,
        Optional<String> errorMessage) {

    /**
     * What was called and why it was refused, for people.
     *
     * @return one line
     */
    public String describe() {
        String why = errorType
                .map(type -> type + errorMessage.map(message -> ": " + message).orElse(""))
                .orElse(status == 405 ? "the path takes another method" : "there is no such path");
        return method + " " + path + " was answered with " + status + ", " + why;
    }
}

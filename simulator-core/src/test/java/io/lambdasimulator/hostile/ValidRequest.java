package io.lambdasimulator.hostile;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** A request as a well-behaved client makes it: what mutations start from. */
public record ValidRequest(String method, String target, List<String> headerLines, byte[] body) {

    /** A request whose body is text. */
    public static ValidRequest of(String method, String target, String body, String... headerLines) {
        return new ValidRequest(method, target, List.of(headerLines), body.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return method + " " + target;
    }
}

package io.lambdasimulator.internal.http;

import java.util.ArrayList;
import java.util.List;

/**
 * An answer as it goes out: status, headers in order and spelled as here, body. {@code Content-Length} and {@code Date}
 * are added by the server.
 */
record Answer(int status, List<Header> headers, byte[] body) {

    record Header(String name, String value) {}

    private static final byte[] EMPTY = {};

    static Answer empty(int status) {
        return new Answer(status, List.of(), EMPTY);
    }

    static Answer of(int status, String contentType, byte[] body) {
        return new Answer(status, List.of(new Header("Content-Type", contentType)), body);
    }

    Answer with(String name, String value) {
        List<Header> more = new ArrayList<>(headers);
        more.add(new Header(name, value));
        return new Answer(status, List.copyOf(more), body);
    }

    /** With this header in place of all others of its name. */
    Answer withOnly(String name, String value) {
        List<Header> others = headers.stream()
                .filter(header -> !header.name().equalsIgnoreCase(name))
                .toList();
        return new Answer(status, others, body).with(name, value);
    }
}

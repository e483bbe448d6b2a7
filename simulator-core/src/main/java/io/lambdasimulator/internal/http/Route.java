package io.lambdasimulator.internal.http;

/**
 * A route. The path is matched byte for byte against the path as received; one segment may be <code>{id}</code>, which
 * stands for any text without a slash, the empty text included.
 */
record Route(String method, String path, Handler handler) {

    @FunctionalInterface
    interface Handler {
        /** Handles a request whose headers are there and whose body may not be. Must not block. */
        void handle(Exchange exchange);
    }
}

package io.lambdasimulator.internal.http;

/**
 * A route. The path is matched byte for byte against the path as received; one segment may be <code>{id}</code>, which
 * stands for any text without a slash, the empty text included.
 */
record Route(String method, String path, Handler handler) {

    private static final String ANY = "*";

    /** The route of every path that no other one has and that starts with a slash, with any method. */
    static Route any(Handler handler) {
        return new Route(ANY, ANY, handler);
    }

    boolean isAny() {
        return path.equals(ANY);
    }

    /** The method that Javalin knows it by. */
    String shownMethod() {
        return isAny() ? "GET" : method;
    }

    /** The path that Javalin knows it by. */
    String shownPath() {
        return isAny() ? "/" : path;
    }

    @FunctionalInterface
    interface Handler {
        /** Handles a request whose headers are there and whose body may not be. Must not block. */
        void handle(Exchange exchange);
    }
}

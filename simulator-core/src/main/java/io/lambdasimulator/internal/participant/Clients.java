package io.lambdasimulator.internal.participant;

import java.net.http.HttpClient;

/** The HTTP client of handler functions: one for the JVM, since on Java 17 a client cannot be closed. */
final class Clients {

    private static final class Holder {
        // Without the version every request would ask for an upgrade to HTTP/2.
        static final HttpClient CLIENT =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    private Clients() {}

    static HttpClient shared() {
        return Holder.CLIENT;
    }
}

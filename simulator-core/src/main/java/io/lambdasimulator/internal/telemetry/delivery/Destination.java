package io.lambdasimulator.internal.telemetry.delivery;

import java.net.URI;

/** Where batches go: a port of this machine's loopback address, whatever the host is called. */
public sealed interface Destination {

    /**
     * Each batch is a request with a JSON array. At least once: what was not answered with 2xx is sent again.
     *
     * @param uri {@code http}, its host as the Host header says it; path and query are honoured
     * @param method {@code POST} or {@code PUT}
     */
    record Http(URI uri, String method) implements Destination {
        public Http {
            if (!"http".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
                throw new IllegalArgumentException("not an http:// URI with a host: " + uri);
            }
            if (!method.equals("POST") && !method.equals("PUT")) {
                throw new IllegalArgumentException("the method is POST or PUT, not " + method);
            }
        }

        int port() {
            return uri.getPort() == -1 ? 80 : uri.getPort();
        }
    }

    /**
     * Each event is a line of JSON on one connection that stays. At most once: what was begun is not sent again.
     *
     * @param port where the consumer listens
     */
    record Tcp(int port) implements Destination {
        public Tcp {
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException("a port is 1 to 65535, not " + port);
            }
        }
    }
}

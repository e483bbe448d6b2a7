package io.lambdasimulator.internal.http;

import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A connection that keeps the path of the request as it came in. Jetty itself is shown a harmless target, since it
 * refuses some paths (<code>%00</code>, <code>%zz</code>) and normalises others.
 */
final class ApiConnection extends HttpConnection {

    private String rawPath = "";
    private String rawQuery = "";

    /** Set before the refusal is handed to another thread. */
    private @Nullable HttpException malformed;

    private ApiConnection(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
        super(configuration, connector, endPoint);
    }

    /** The path of the request under way, without the query. */
    String rawPath() {
        return rawPath;
    }

    /** The query of the request under way, without the question mark; empty without one. */
    String rawQuery() {
        return rawQuery;
    }

    /**
     * The parser's reason to refuse the request under way, if it did. In the relocated jar this is not among the attributes that Jetty
     * gives an error handler: it looks for their names by hash codes, which relocation leaves as they were.
     */
    @Nullable String malformedBecause() {
        return malformed == null ? null : malformed.getReason();
    }

    @Override
    protected RequestHandler newRequestHandler() {
        return new RequestHandler() {
            @Override
            public void badMessage(HttpException failure) {
                malformed = failure;
                super.badMessage(failure);
            }
        };
    }

    /**
     * Waits for more to parse, but not behind what is malformed: that is read by whoever refuses it, and nothing of it would be parsed.
     * Jetty waits all the same when the malformed bytes came in one piece with the request before them.
     */
    @Override
    public void fillInterested(Callback callback) {
        if (malformed == null) {
            super.fillInterested(callback);
        }
    }

    @Override
    protected HttpStreamOverHTTP1 newHttpStream(String method, String target, HttpVersion version) {
        int start = startOfPath(target);
        String path = target.substring(start);
        int query = path.indexOf('?');
        rawPath = query < 0 ? path : path.substring(0, query);
        rawQuery = query < 0 ? "" : path.substring(query + 1);
        if (rawPath.isEmpty() && start > 0) {
            rawPath = "/";
        }
        String shown = target;
        if (rawPath.startsWith("/")) {
            shown = method.equals("CONNECT") ? "localhost:1" : target.substring(0, start) + "/";
        }
        return super.newHttpStream(method, shown, version);
    }

    /** Where the path starts: behind the authority in the absolute form, else at the beginning. */
    private static int startOfPath(String target) {
        int scheme = target.startsWith("/") ? -1 : target.indexOf("://");
        if (scheme < 0) {
            return 0;
        }
        for (int i = scheme + 3; i < target.length(); i++) {
            if (target.charAt(i) == '/' || target.charAt(i) == '?') {
                return i;
            }
        }
        return target.length();
    }

    static final class Factory extends HttpConnectionFactory {
        Factory(HttpConfiguration configuration) {
            super(configuration);
        }

        @Override
        public Connection newConnection(Connector connector, EndPoint endPoint) {
            return configure(new ApiConnection(getHttpConfiguration(), connector, endPoint), connector, endPoint);
        }
    }
}

package io.lambdasimulator.internal.http;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Stands ahead of Javalin's router: matches the raw path, then hands Javalin the route's own path, and the exchange as
 * an attribute.
 *
 * <p>Javalin sees a request without a body and a response that leads nowhere, so for Javalin the request is over once
 * it is routed. The exchange goes on from there with the true request and response, which it reads and writes without
 * holding a thread.
 */
final class RoutingHandler extends Handler.Wrapper {

    static final String EXCHANGE = Exchange.class.getName();

    /** Stands in for the parameter in the path shown to Javalin, which cannot route an empty segment. */
    private static final String PLACEHOLDER = "-";

    private final ApiServer server;
    private final RouteTable routes;
    private final ApiServer.Unrouted unrouted;

    RoutingHandler(ApiServer server, RouteTable routes, ApiServer.Unrouted unrouted) {
        this.server = server;
        this.routes = routes;
        this.unrouted = unrouted;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        ApiConnection connection = (ApiConnection) request.getConnectionMetaData();
        String path = connection.rawPath();
        RouteTable.Match match = routes.find(path);
        ApiExchange exchange = new ApiExchange(
                server,
                new ApiExchange.Ends(request, response, callback, (WatchedEndPoint) connection.getEndPoint()),
                path,
                connection.rawQuery(),
                match == null ? "" : match.parameter());
        request.setAttribute(EXCHANGE, exchange);
        if (!server.begun(exchange)) {
            return true;
        }
        Route route = match == null ? null : match.resource().route(request.getMethod());
        if (match == null) {
            refuse(exchange, Refusals.NOT_FOUND);
        } else if (route == null) {
            refuse(exchange, Refusals.methodNotAllowed(match.resource().allowedMethods()));
        } else {
            Request shown = new Shown(
                    request, route.shownMethod(), route.shownPath().replace(RouteTable.PARAMETER, PLACEHOLDER));
            super.handle(shown, new Unsent(shown, response), Callback.NOOP);
            exchange.handle();
        }
        return true;
    }

    private void refuse(ApiExchange exchange, Answer refusal) {
        unrouted.called(exchange, refusal.status());
        exchange.answer(refusal);
    }

    /** The request as Javalin sees it. */
    private static final class Shown extends Request.Wrapper {
        private final String method;
        private final HttpURI uri;

        Shown(Request request, String method, String path) {
            super(request);
            this.method = method;
            this.uri = HttpURI.build(request.getHttpURI()).pathQuery(path).asImmutable();
        }

        @Override
        public String getMethod() {
            return method;
        }

        @Override
        public HttpURI getHttpURI() {
            return uri;
        }

        @Override
        public HttpFields getHeaders() {
            return HttpFields.EMPTY;
        }

        @Override
        public long getLength() {
            return 0;
        }

        @Override
        public Content.Chunk read() {
            return Content.Chunk.EOF;
        }

        @Override
        public boolean consumeAvailable() {
            return true;
        }

        @Override
        public void demand(Runnable demandCallback) {
            demandCallback.run();
        }

        @Override
        public void fail(Throwable failure) {}

        @Override
        public void addIdleTimeoutListener(Predicate<TimeoutException> onIdleTimeout) {}

        @Override
        public void addFailureListener(Consumer<Throwable> onFailure) {}
    }

    /** A response that leads nowhere. */
    private static final class Unsent extends Response.Wrapper {
        private final HttpFields.Mutable headers = HttpFields.build();
        private int status = 200;
        private boolean written;

        Unsent(Request request, Response response) {
            super(request, response);
        }

        @Override
        public int getStatus() {
            return status;
        }

        @Override
        public void setStatus(int code) {
            status = code;
        }

        @Override
        public HttpFields.Mutable getHeaders() {
            return headers;
        }

        @Override
        public boolean isCommitted() {
            return written;
        }

        @Override
        public boolean hasLastWrite() {
            return written;
        }

        @Override
        public boolean isCompletedSuccessfully() {
            return written;
        }

        @Override
        public void reset() {
            headers.clear();
            status = 200;
        }

        @Override
        public void write(boolean last, ByteBuffer content, Callback callback) {
            written |= last;
            callback.succeeded();
        }
    }
}

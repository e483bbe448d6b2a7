package io.lambdasimulator.internal.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * What is answered when no handler answers: to requests that are not HTTP, and when a handler fails. Nothing of the
 * engine shows.
 */
final class Refusals implements Request.Handler {

    static final Answer NOT_FOUND = Answer.of(
                    404, "text/plain; charset=utf-8", "404 page not found\n".getBytes(StandardCharsets.UTF_8))
            .with("X-Content-Type-Options", "nosniff");

    static final Answer INTERNAL_ERROR = Answers.error(500, "InternalServerError", "Internal Server Error");

    private static final Map<Integer, String> BY_STATUS = Map.of(
            414, "the request target is too long",
            417, "the expectation in the Expect header is not supported",
            426, "the HTTP version is not supported",
            431, "the request headers are too large",
            505, "the HTTP version is not supported");

    /** The parser's reasons, as far as they say more than that the request is malformed. */
    private static final Map<String, String> BY_REASON = Map.of(
            "No Host", "the Host header is missing",
            "Blank Host", "the Host header is empty",
            "Duplicate Host Header", "there is more than one Host header",
            "Invalid Authority", "the Host header is not valid",
            "Mismatched Authority", "the Host header and the request target name different hosts",
            "Multiple Content-Lengths", "there is more than one Content-Length header",
            "Invalid Content-Length Value", "the Content-Length header is not a number",
            "Transfer-Encoding and Content-Length", "there are both a Content-Length and a Transfer-Encoding header",
            "Bad Transfer-Encoding, chunked not last", "the Transfer-Encoding header is not supported",
            "No URI", "the request line has no target");

    static Answer methodNotAllowed(String allowed) {
        return Answer.empty(405).with("Allow", allowed);
    }

    private static Answer refusal(int status, @Nullable String reason) {
        if (status == 500) {
            return INTERNAL_ERROR;
        }
        String byReason = reason == null ? null : BY_REASON.get(reason);
        String words = byReason == null ? BY_STATUS.getOrDefault(status, "the request is not valid HTTP") : byReason;
        return Answers.error(status, "InvalidRequestFormat", words);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        if (!request.getConnectionMetaData().getConnector().isRunning()) {
            // What failed is the connection, because the server closes.
            callback.failed(new AbortException());
            return true;
        }
        ApiConnection connection =
                (ApiConnection) request.getConnectionMetaData().getConnection();
        // Some headers that are not valid the engine cannot even refuse, and takes that for a failure of its own.
        boolean hasReachedUs = request.getAttribute(RoutingHandler.EXCHANGE) != null;
        int status = response.getStatus() == 500 && !hasReachedUs ? 400 : response.getStatus();
        response.setStatus(status);
        Answer answer = refusal(status, connection.malformedBecause());
        for (Answer.Header header : answer.headers()) {
            response.getHeaders().put(header.name(), header.value());
        }
        response.getHeaders().put(new HttpField(HttpHeader.CONNECTION, "close"));
        boolean mayStillSend = !hasReachedUs;
        response.write(
                true,
                ByteBuffer.wrap(answer.body()),
                mayStillSend ? Callback.from(() -> readOut(connection, callback), callback::failed) : callback);
        return true;
    }

    /** A client may send all before it reads. */
    private static void readOut(ApiConnection connection, Callback callback) {
        WatchedEndPoint endPoint = (WatchedEndPoint) connection.getEndPoint();
        endPoint.shutdownAndReadOut(ApiExchange.THROWN_AWAY_AT_MOST, callback::succeeded);
    }
}

package io.lambdasimulator.internal.telemetry.delivery;

import java.net.ConnectException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** A request for each batch: a JSON array, and a hash of it by which AWS's source lets a consumer tell batches apart. */
final class HttpSender implements Sender {

    /** What an answer's body may have; nobody looks at it. */
    private static final int LARGEST_ANSWER = 64 * 1024;

    private final Destination.Http destination;
    private final String hostHeader;
    private final HttpConnections connections;

    HttpSender(Destination.Http destination, HttpConnections connections) {
        URI uri = destination.uri();
        this.destination = destination;
        this.hostHeader = uri.getPort() == -1 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
        this.connections = connections;
    }

    @Override
    public void prepare() {
        connections.client();
    }

    @Override
    public byte[] assemble(List<byte[]> lines) {
        int size =
                1 + lines.size() + lines.stream().mapToInt(line -> line.length).sum();
        ByteBuffer body = ByteBuffer.allocate(size);
        char before = '[';
        for (byte[] line : lines) {
            body.put((byte) before).put(line);
            before = ',';
        }
        return body.put((byte) ']').array();
    }

    @Override
    public Attempt send(byte[] body, Consumer<Outcome> onEnd) {
        URI uri = destination.uri();
        Request request = connections
                .client()
                .newRequest("127.0.0.1", destination.port())
                .method(destination.method())
                .path(pathAndQuery(uri))
                .headers(headers -> headers.put(HttpHeader.HOST, hostHeader).put("Sequence-Id", hashOf(body)))
                .body(new BytesRequestContent("application/json", body));
        Exchange exchange = new Exchange(request, onEnd);
        request.send(exchange);
        return exchange;
    }

    private static String pathAndQuery(URI uri) {
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }

    private static String hashOf(byte[] body) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The client keeps its connections. */
    @Override
    public void close() {}

    private static final class Exchange implements Attempt, Response.Listener {
        private final Request request;
        private final Consumer<Outcome> onEnd;
        private final AtomicBoolean over = new AtomicBoolean();
        private volatile int status;
        private int seen;

        private Exchange(Request request, Consumer<Outcome> onEnd) {
            this.request = request;
            this.onEnd = onEnd;
        }

        @Override
        public void onHeaders(Response response) {
            status = response.getStatus();
        }

        @Override
        public void onContent(Response response, ByteBuffer content) {
            seen += content.remaining();
            if (seen > LARGEST_ANSWER) {
                giveUp("its answer has no end");
            }
        }

        @Override
        public void onComplete(Result result) {
            end(result.isFailed() ? says(result.getFailure()) : "no status");
        }

        @Override
        public void giveUp(String why) {
            end(why);
            var unused = request.abort(new CancellationException(why));
        }

        // The status decides once there is one: what comes after it changes nothing.
        private void end(String why) {
            if (over.compareAndSet(false, true)) {
                int seenStatus = status;
                boolean accepted = seenStatus >= 200 && seenStatus < 300;
                onEnd.accept(
                        accepted
                                ? new Outcome.Accepted()
                                : new Outcome.Failed(
                                        seenStatus == 0 ? why : "the consumer answered " + seenStatus, true));
            }
        }

        private static String says(@Nullable Throwable failure) {
            if (failure instanceof ConnectException) {
                return "nobody listens";
            }
            String message = failure == null ? null : failure.getMessage();
            return message == null ? "the connection failed" : message;
        }
    }
}

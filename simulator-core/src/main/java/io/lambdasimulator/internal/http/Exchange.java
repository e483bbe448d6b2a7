package io.lambdasimulator.internal.http;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. No method blocks; every callback runs on a thread of the server's pool. A request is
 * answered exactly once, by any thread, at any later time: an unanswered exchange costs no thread.
 *
 * <p>The first {@link #answer} or {@link #drop} counts, later ones do nothing; after it, whoever receives the body hears
 * nothing more. When the server closes, whoever waits is told as if the client had left.
 */
interface Exchange {

    String method();

    /** The path as received, without the query; never decoded or normalised. */
    String path();

    /** The query as received, without the question mark; empty without one. */
    String query();

    /** What stood in the place of the route's <code>{…}</code>, raw; empty when nothing did. */
    String pathParameter();

    /** The first value of a header, or null. Bytes that are not UTF-8 are taken for Latin-1. */
    @Nullable String header(String name);

    /** Every header by its name in lower case, sorted by name, with its values in order. */
    Map<String, List<String>> headers();

    /** The protocol as in the request line. */
    String protocol();

    /** The address of the client, without its port. */
    String sourceIp();

    /** The port that the request came to. */
    int localPort();

    /**
     * Reads the whole body, then calls the reader once. At most {@code limit} bytes are kept; what exceeds it is read
     * and thrown away so that the client can read its answer.
     */
    void readBody(long limit, BodyReader reader);

    /** Reads the body as it arrives. A body is read once, by this method or {@link #readBody}. */
    void streamBody(BodyStream stream);

    /**
     * Watches the connection from now on and until the answer: {@code onGone} runs once if the client closes, resets or
     * half-closes it, or if an answer turns out not to have reached it. It may run before this method returns. A body
     * that nobody has asked for is read and thrown away.
     */
    void park(Runnable onGone);

    /**
     * Looks whether the client of a parked exchange has left, or an answer did not reach it. What this sees may be ahead of
     * {@code onGone}, which is on its way then.
     */
    boolean isGone();

    /** Sends the answer. What is left of the body is read and thrown away first. */
    void answer(Answer answer);

    /** Ends the connection without an answer, abruptly. */
    void drop();

    /** What became of a body. */
    interface BodyReader {
        /** The body, complete. */
        void complete(byte[] body);

        /** The body ended before it was complete, or its framing was broken. */
        void truncated();

        /** The body was complete but larger than the limit. */
        void tooLarge(long size);
    }

    /** A body as it arrives. */
    interface BodyStream {
        /**
         * A piece of the body, not empty; the next is read when the returned stage is complete. A stage that fails is
         * logged and answered as an internal error.
         */
        CompletionStage<?> piece(byte[] bytes);

        /** The end, with trailers. */
        void end(Trailers trailers);

        /** The body ended before it was complete. */
        void truncated();
    }

    /** The trailers after a chunked body; names are looked up without regard to case. */
    interface Trailers {
        @Nullable String get(String name);
    }
}

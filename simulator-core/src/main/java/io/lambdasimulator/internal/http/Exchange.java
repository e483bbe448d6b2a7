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
     * Reads the whole body, then calls the reader once. A body of more than {@code limit} bytes is too large as soon as its length is
     * announced or has been exceeded, which may be before this method returns; what still comes of it is read and thrown away so that
     * the client can read its answer.
     */
    void readBody(long limit, BodyReader reader);

    /** Reads the body as it arrives. A body is read once, by this method or {@link #readBody}. */
    void streamBody(BodyStream stream);

    /**
     * Watches the connection from now on and until the answer: {@code onGone} runs once if the client closes, resets or
     * half-closes it, or if an answer turns out not to have reached it. It may run before this method returns. A body
     * that nobody has asked for is read and thrown away; who sends 64 MiB of it counts as gone.
     */
    void park(Runnable onGone);

    /**
     * Looks whether the client of a parked exchange has left, or an answer did not reach it. What this sees may be ahead of
     * {@code onGone}, which is on its way then.
     */
    boolean isGone();

    /**
     * Sends the answer. What is left of the body is read and thrown away first, unless the client waits to be told to send it. Of an
     * endless body 64 MiB are thrown away; then, as after a body that was not asked for, the connection ends with the answer.
     */
    void answer(Answer answer);

    /**
     * Begins an answer that goes out in pieces: status and headers at once, then what is given to the stream, in chunks. What
     * is left of the request's body is read and thrown away first. This counts as the answer; if there was one before,
     * nothing of this one is sent.
     *
     * @param head status and headers, without a length; its body, if there is one, is the first piece
     * @param onGone runs once if the client leaves before it has everything; takes the place of what was given to {@link #park}
     */
    AnswerStream begin(Answer head, Runnable onGone);

    /** Ends the connection without an answer, abruptly. */
    void drop();

    /** Ends the connection without an answer, by a reset that its client sees. */
    void reset();

    /** Handles the request once more, on a thread of the server's pool; not when the exchange is over by then. */
    void handleLater(Route.Handler handler);

    /** The body of an answer in pieces. Called by one thread at a time; no method blocks. */
    interface AnswerStream {
        /**
         * Sends a piece.
         *
         * @return complete when the next piece should come: this one has been handed to the network, or there is nobody
         *     to send it to. Never exceptionally, on any thread. Pieces given before that wait in memory.
         */
        CompletionStage<?> write(byte[] piece);

        /** Everything has been given; the client sees the end when it has it all. */
        void end();

        /** Breaks the connection off, so that the client sees an answer that is not complete; {@code onGone} is not run. */
        void abort();
    }

    /** What became of a body. */
    interface BodyReader {
        /** The body, complete. */
        void complete(byte[] body);

        /** The body ended before it was complete, or its framing was broken. */
        void truncated();

        /**
         * The body is larger than the limit.
         *
         * @param size as announced; of a body in chunks what has arrived until now
         */
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

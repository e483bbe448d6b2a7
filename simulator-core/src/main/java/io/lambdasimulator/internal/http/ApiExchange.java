package io.lambdasimulator.internal.http;

import io.lambdasimulator.time.Busy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An exchange over Jetty's own request and response. Two small state machines under one lock: what became of the body,
 * and how the exchange ends. The lock is never held while anything is read, written or called back.
 */
final class ApiExchange implements Exchange {

    private static final Logger LOG = LoggerFactory.getLogger(ApiExchange.class);

    /** How much of an unwanted body is read before its sender gets the answer regardless. */
    static final long THROWN_AWAY_AT_MOST = 64L * 1024 * 1024;

    /** Jetty's side of the exchange. */
    record Ends(Request request, Response response, Callback callback, WatchedEndPoint endPoint) {}

    private enum Body {
        UNREAD,
        /** A thread is reading, or will be called when there is something to read. */
        READING,
        /** The receiver has not yet said that it wants more. */
        PAUSED,
        COMPLETE,
        TRUNCATED
    }

    private enum Outcome {
        OPEN,
        /** Answered, but the rest of the body is still being read, or the answer still being written. */
        ANSWERED,
        ENDED
    }

    private final ApiServer server;
    private final Ends ends;
    private final String path;
    private final String query;
    private final String pathParameter;

    private Route.@Nullable Handler handler;

    /** The thread in which the handler runs; others may see any other value, but never themselves. */
    private @Nullable Thread handling;

    private final Object lock = new Object();
    private Body body = Body.UNREAD;
    private Outcome outcome = Outcome.OPEN;
    private BodySink sink = BodySink.NOWHERE;
    private long thrownAway;
    /** The body is not wanted, and the client was told before it began to send it. */
    private boolean isUnsent;

    private int pauses;
    private @Nullable Answer answer;
    /** For an answer in pieces. */
    private @Nullable AnswerWriter pieces;

    private @Nullable Runnable onGone;
    private boolean hasLeft;

    // Whether there is anything for the server to do, for a clock that has to know.
    private final Busy busy;
    private boolean streamed;
    private boolean inHandler;
    private boolean demanding;
    private boolean resting;

    private WatchedEndPoint.@Nullable Watch watch;

    ApiExchange(ApiServer server, Ends ends, String path, String query, String pathParameter) {
        this.server = server;
        this.ends = ends;
        this.path = path;
        this.query = query;
        this.pathParameter = pathParameter;
        this.busy = server.activity().begin(ends.request().getMethod() + " " + path);
    }

    /**
     * The server has nothing to do while the exchange waits for its answer or the next piece of it, and while its client takes its
     * time with a stream or with a rest that nobody wants. A body that is wanted whole is on its way. Called after each change of
     * these, under the lock.
     */
    private void restOrGoOn() {
        boolean waitsForAnswer = outcome == Outcome.OPEN && (body != Body.READING || (streamed && demanding));
        boolean waitsForPiece = outcome == Outcome.ANSWERED && pieces != null && pieces.isIdle();
        boolean waitsForUnwanted = outcome == Outcome.ANSWERED && body == Body.READING && demanding;
        boolean waits = !inHandler && (waitsForAnswer || waitsForPiece || waitsForUnwanted);
        if (waits != resting) {
            resting = waits;
            if (waits) {
                busy.pause();
            } else {
                busy.resume();
            }
        }
    }

    @Override
    public String method() {
        return ends.request().getMethod();
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public String query() {
        return query;
    }

    @Override
    public String pathParameter() {
        return pathParameter;
    }

    @Override
    public @Nullable String header(String name) {
        return HeaderText.decode(ends.request().getHeaders().get(name));
    }

    @Override
    public Map<String, List<String>> headers() {
        Map<String, List<String>> headers = new TreeMap<>();
        for (HttpField field : ends.request().getHeaders()) {
            String value = HeaderText.decode(field.getValue());
            headers.computeIfAbsent(field.getLowerCaseName(), name -> new ArrayList<>())
                    .add(value == null ? "" : value);
        }
        return headers;
    }

    @Override
    public String protocol() {
        return ends.request().getConnectionMetaData().getProtocol();
    }

    @Override
    public String sourceIp() {
        return Request.getRemoteAddr(ends.request());
    }

    @Override
    public int localPort() {
        return server.address().getPort();
    }

    /** Javalin says which route it is. */
    void routed(Route.Handler found) {
        handler = found;
    }

    void handle() {
        Route.Handler found = handler;
        if (found == null) {
            // Javalin routes nothing any more while the server stops.
            drop();
            return;
        }
        handle(found);
    }

    @Override
    public void handleLater(Route.Handler later) {
        server.execute(() -> handle(later));
    }

    private void handle(Route.Handler found) {
        synchronized (lock) {
            if (outcome != Outcome.OPEN) {
                return;
            }
            inHandler = true;
            restOrGoOn();
        }
        handling = Thread.currentThread();
        try {
            found.handle(this);
        } catch (Throwable e) {
            failed(e);
        } finally {
            handling = null;
            synchronized (lock) {
                inHandler = false;
                restOrGoOn();
            }
        }
    }

    /** Starts reading, on a thread of the pool since receivers are called back while reading. */
    private void startReading() {
        if (Thread.currentThread() == handling) {
            read();
        } else {
            server.execute(this::read);
        }
    }

    /** Something of ours failed: says so in the log, and to the client unless it has its answer. */
    void failed(Throwable cause) {
        LOG.warn("Handling {} {} failed", method(), path, cause);
        answer(Refusals.INTERNAL_ERROR);
        AnswerWriter begun;
        synchronized (lock) {
            begun = pieces;
        }
        if (begun != null) {
            begun.abort();
        }
    }

    @Override
    public void readBody(long limit, BodyReader reader) {
        BodySink.Whole whole = new BodySink.Whole(limit, ends.request().getLength(), reader);
        if (!whole.isAnnouncedTooLarge()) {
            receive(whole);
        }
    }

    @Override
    public void streamBody(BodyStream stream) {
        streamed = true;
        receive(new BodySink.Pieces(stream));
    }

    private void receive(BodySink receiver) {
        synchronized (lock) {
            if (outcome != Outcome.OPEN) {
                return;
            }
            if (body != Body.UNREAD) {
                throw new IllegalStateException("the body was asked for before");
            }
            sink = receiver;
            body = Body.READING;
        }
        startReading();
    }

    /** Reads what is there; when nothing is, Jetty calls again. Only whoever made the state READING may call this. */
    private void read() {
        demanding(false);
        while (true) {
            Content.Chunk chunk = ends.request().read();
            if (chunk == null) {
                demanding(true);
                ends.request().demand(this::read);
                return;
            }
            if (Content.Chunk.isFailure(chunk)) {
                bodyEnded(Body.TRUNCATED);
                return;
            }
            byte[] piece = new byte[chunk.remaining()];
            chunk.getByteBuffer().get(piece);
            chunk.release();
            if (piece.length > 0 && !deliver(piece)) {
                return;
            }
            if (chunk.isLast()) {
                bodyEnded(Body.COMPLETE);
                return;
            }
        }
    }

    private void demanding(boolean now) {
        synchronized (lock) {
            demanding = now;
            restOrGoOn();
        }
    }

    /** Whether to read on. */
    private boolean deliver(byte[] piece) {
        BodySink receiver;
        synchronized (lock) {
            receiver = sink;
            if (receiver == BodySink.NOWHERE) {
                thrownAway += piece.length;
            }
        }
        if (thrownAway > THROWN_AWAY_AT_MOST) {
            bodyEnded(Body.TRUNCATED);
            return false;
        }
        CompletionStage<?> wantsMore = null;
        try {
            wantsMore = receiver.piece(piece);
        } catch (Throwable e) {
            failed(e);
        }
        if (wantsMore == null) {
            return true;
        }
        int pause;
        synchronized (lock) {
            if (outcome != Outcome.OPEN || server.isClosed()) {
                return true;
            }
            body = Body.PAUSED;
            pause = ++pauses;
        }
        wantsMore.whenCompleteAsync((nothing, failure) -> resume(pause, failure), server::execute);
        synchronized (lock) {
            restOrGoOn();
        }
        return false;
    }

    private void resume(int pause, @Nullable Throwable failure) {
        synchronized (lock) {
            if (body != Body.PAUSED || pause != pauses || outcome != Outcome.OPEN) {
                return;
            }
            body = Body.READING;
            restOrGoOn();
        }
        if (failure != null) {
            failed(failure);
        }
        read();
    }

    private void bodyEnded(Body ended) {
        BodySink receiver;
        Outcome now;
        WatchedEndPoint.Watch parked;
        synchronized (lock) {
            body = ended;
            receiver = sink;
            sink = BodySink.NOWHERE;
            now = outcome;
            parked = watch;
        }
        switch (now) {
            case OPEN -> {
                try {
                    if (ended == Body.COMPLETE) {
                        receiver.complete(ends.request().getTrailers());
                    } else {
                        receiver.truncated();
                    }
                } catch (Throwable e) {
                    failed(e);
                }
                if (parked != null && ended == Body.COMPLETE) {
                    parked.start();
                } else if (parked != null) {
                    gone();
                } else if (server.isClosed()) {
                    abandon();
                }
                synchronized (lock) {
                    restOrGoOn();
                }
            }
            case ANSWERED -> send();
            case ENDED -> end();
        }
    }

    @Override
    public void park(Runnable runnable) {
        Body now;
        WatchedEndPoint.Watch started = ends.endPoint().new Watch(this::gone);
        synchronized (lock) {
            if (outcome != Outcome.OPEN) {
                return;
            }
            if (watch != null) {
                throw new IllegalStateException("parked before");
            }
            watch = started;
            onGone = runnable;
            now = body;
            if (now == Body.UNREAD) {
                body = Body.READING;
            }
        }
        switch (now) {
            case UNREAD -> startReading();
            case COMPLETE -> started.start();
            case TRUNCATED -> gone();
            case READING, PAUSED -> {
                // The watch begins when the body ends.
            }
        }
    }

    @Override
    public boolean isGone() {
        WatchedEndPoint.Watch parked;
        synchronized (lock) {
            if (hasLeft) {
                return true;
            }
            // Before its body has ended the exchange may not look: what it finds could be the body.
            parked = outcome == Outcome.OPEN && body == Body.COMPLETE ? watch : null;
        }
        return parked != null && parked.isPeerGone();
    }

    /** The client has left, or the server closes. Whoever waits for the client is told on a thread of the pool. */
    private void gone() {
        AnswerWriter begun;
        synchronized (lock) {
            begun = outcome == Outcome.ANSWERED ? pieces : null;
            if (outcome != Outcome.OPEN && begun == null) {
                return;
            }
            if (begun == null) {
                outcome = Outcome.ENDED;
            }
            hasLeft = true;
            restOrGoOn();
        }
        if (begun == null) {
            tellAndEnd();
        } else {
            ends.endPoint().close();
            begun.giveUp();
        }
    }

    /** The answer did not reach the client. */
    private void undelivered() {
        synchronized (lock) {
            outcome = Outcome.ENDED;
            hasLeft = true;
            restOrGoOn();
        }
        tellAndEnd();
    }

    private void tellAndEnd() {
        server.execute(() -> {
            runOnGone();
            end();
        });
    }

    private void runOnGone() {
        Runnable runnable;
        synchronized (lock) {
            runnable = onGone;
            onGone = null;
        }
        if (runnable == null) {
            return;
        }
        try {
            runnable.run();
        } catch (Throwable e) {
            LOG.warn("Handling the end of {} {} failed", method(), path, e);
        }
    }

    @Override
    public void answer(Answer given) {
        respond(given, null, null);
    }

    @Override
    public AnswerStream begin(Answer head, Runnable runnable) {
        AnswerWriter begun = AnswerWriter.inPieces(ends.response(), writing);
        if (head.body().length > 0) {
            var unused = begun.write(head.body());
        }
        if (!respond(head, begun, runnable)) {
            begun.discard();
            if (isGone()) {
                server.execute(runnable);
            }
        }
        return begun;
    }

    /** Whether this is the answer. */
    private boolean respond(Answer given, @Nullable AnswerWriter inPieces, @Nullable Runnable runnable) {
        boolean readRest = false;
        synchronized (lock) {
            if (outcome != Outcome.OPEN) {
                return false;
            }
            outcome = Outcome.ANSWERED;
            restOrGoOn();
            answer = given;
            if (inPieces != null) {
                pieces = inPieces;
                onGone = runnable;
            }
            sink = BodySink.NOWHERE;
            switch (body) {
                case UNREAD, PAUSED -> {
                    isUnsent = body == Body.UNREAD && waitsToSendBody();
                    body = isUnsent ? Body.TRUNCATED : Body.READING;
                    readRest = !isUnsent;
                }
                case READING -> {
                    return true;
                }
                case COMPLETE, TRUNCATED -> {
                    // Nothing is left to read.
                }
            }
        }
        if (!readRest) {
            send();
        } else if (hasNoBody()) {
            // Finds the end of the request, and answers at once.
            read();
        } else {
            server.execute(this::read);
        }
        return true;
    }

    /** Whether the client sends its body only when it is told to. */
    private boolean waitsToSendBody() {
        return ends.request().getHeaders().contains(HttpHeader.EXPECT, HttpHeaderValue.CONTINUE.asString());
    }

    private boolean hasNoBody() {
        HttpFields headers = ends.request().getHeaders();
        return ends.request().getLength() <= 0 && !headers.contains(HttpHeader.TRANSFER_ENCODING);
    }

    private void send() {
        WatchedEndPoint.Watch watching;
        Answer given;
        AnswerWriter writer;
        boolean close;
        boolean isWatchable;
        synchronized (lock) {
            watching = watch;
            given = answer == null ? Refusals.INTERNAL_ERROR : answer;
            writer = pieces;
            close = isUnsent || thrownAway > THROWN_AWAY_AT_MOST;
            isWatchable = body == Body.COMPLETE;
            if (writer != null && watching == null && isWatchable) {
                watching = ends.endPoint().new Watch(this::gone);
                watch = watching;
            }
        }
        if (writer == null && watching != null && !watching.stop()) {
            undelivered();
            return;
        }
        Response response = ends.response();
        HttpFields.Mutable headers = response.getHeaders();
        response.setStatus(given.status());
        for (Answer.Header header : given.headers()) {
            headers.add(HeaderText.field(header));
        }
        if (writer == null && given.status() != 204 && given.status() != 304) {
            headers.put(HttpHeader.CONTENT_LENGTH, given.body().length);
        }
        if (close) {
            headers.put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE.asString());
        }
        if (writer == null) {
            writer = AnswerWriter.whole(response, writing, given.body());
        } else if (watching != null && isWatchable) {
            // First, since a watch that begins after the answer would take the next request for itself.
            watching.start();
        }
        writer.start();
    }

    private final AnswerWriter.Owner writing = new AnswerWriter.Owner() {
        @Override
        public boolean isClientThere() {
            WatchedEndPoint.Watch watching;
            synchronized (lock) {
                // Ahead of a whole answer the watch was ended before.
                watching = pieces == null ? null : watch;
            }
            return watching == null || watching.stop();
        }

        @Override
        public void written() {
            synchronized (lock) {
                outcome = Outcome.ENDED;
                onGone = null;
            }
            server.ended(ApiExchange.this);
            ends.callback().succeeded();
            busy.close();
        }

        @Override
        public void broken() {
            undelivered();
        }

        @Override
        public void progressed() {
            synchronized (lock) {
                restOrGoOn();
            }
        }

        @Override
        public void breakOff() {
            synchronized (lock) {
                if (outcome != Outcome.ANSWERED) {
                    return;
                }
                onGone = null;
            }
            gone();
        }
    };

    @Override
    public void drop() {
        boolean reading;
        synchronized (lock) {
            if (outcome != Outcome.OPEN) {
                return;
            }
            outcome = Outcome.ENDED;
            restOrGoOn();
            onGone = null;
            sink = BodySink.NOWHERE;
            reading = body == Body.READING;
        }
        ends.endPoint().close();
        if (!reading) {
            end();
        }
    }

    @Override
    public void reset() {
        ends.endPoint().closeByReset();
        drop();
    }

    /** The server closes: whoever waits for this client is told as if the client had left. */
    void abandon() {
        ends.endPoint().close();
        boolean paused;
        synchronized (lock) {
            boolean isStreaming = outcome == Outcome.ANSWERED && pieces != null;
            if ((outcome != Outcome.OPEN && !isStreaming) || body == Body.READING) {
                return;
            }
            paused = body == Body.PAUSED;
            if (paused) {
                body = Body.READING;
            }
        }
        if (paused) {
            server.execute(this::read);
        } else {
            gone();
        }
    }

    /** Ends the connection, without noise from Jetty. While the body is being read, only its reader may call this. */
    private void end() {
        server.ended(this);
        ends.endPoint().close();
        ends.callback().failed(new Request.Handler.AbortException());
        busy.close();
    }

    /** The server is closed, and nobody is left to end this. */
    void forget() {
        busy.close();
    }
}

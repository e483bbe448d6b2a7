package io.lambdasimulator.internal.http;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.IteratingCallback;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer on its way, whole or in pieces. One piece is written at a time, when the one before has left. No
 * thread waits, and nothing is written or called back under the lock.
 */
final class AnswerWriter extends IteratingCallback implements Exchange.AnswerStream {

    /** Small pieces, since the JDK copies all it is given for each write and keeps the copy's memory. */
    private static final int WRITTEN_AT_ONCE = 128 * 1024;

    /** What the exchange does around the body. */
    interface Owner {

        /** Ahead of the last write: whether the client is still there. */
        boolean isClientThere();

        /** The client has been sent everything. */
        void written();

        /** The client was not sent everything; nothing is being written any more. */
        void broken();

        /** Has the connection ended in the middle of the answer. */
        void breakOff();

        /** {@link #isIdle} may have changed. */
        void progressed();
    }

    private record Piece(ByteBuffer bytes, CompletableFuture<@Nullable Void> sent) {}

    private final Response response;
    private final Owner owner;

    private final Object lock = new Object();
    private final ArrayDeque<Piece> pieces = new ArrayDeque<>();
    private boolean started;
    /** The head is to go out by itself, ahead of the body. */
    private boolean headIsDue;

    private boolean underWay;
    private boolean ended;
    private boolean lastSent;
    private boolean over;

    private AnswerWriter(Response response, Owner owner, boolean headIsDue) {
        this.response = response;
        this.owner = owner;
        this.headIsDue = headIsDue;
    }

    /** The head goes out by itself, since nobody knows when the first piece comes. */
    static AnswerWriter inPieces(Response response, Owner owner) {
        return new AnswerWriter(response, owner, true);
    }

    static AnswerWriter whole(Response response, Owner owner, byte[] body) {
        AnswerWriter writer = new AnswerWriter(response, owner, false);
        var unused = writer.write(body);
        writer.end();
        return writer;
    }

    /** The head is complete: it goes out now, and so does what has been given until now. */
    void start() {
        synchronized (lock) {
            started = true;
        }
        iterate();
    }

    /** Whether everything given has been sent, and more is to come. */
    boolean isIdle() {
        synchronized (lock) {
            return started && !headIsDue && !underWay && pieces.isEmpty() && !ended;
        }
    }

    /** Nothing is ever going to be sent. */
    void discard() {
        for (Piece piece : finish()) {
            piece.sent().complete(null);
        }
    }

    @Override
    public CompletionStage<?> write(byte[] piece) {
        CompletableFuture<@Nullable Void> sent = new CompletableFuture<>();
        synchronized (lock) {
            if (over || ended || piece.length == 0) {
                return CompletableFuture.completedFuture(null);
            }
            pieces.addLast(new Piece(ByteBuffer.wrap(piece), sent));
        }
        owner.progressed();
        iterate();
        return sent;
    }

    @Override
    public void end() {
        synchronized (lock) {
            ended = true;
        }
        owner.progressed();
        iterate();
    }

    @Override
    public void abort() {
        owner.breakOff();
    }

    /** Whatever is left is given up; the connection is closed already. */
    void giveUp() {
        abort(new EofException("the client has gone"));
    }

    @Override
    protected Action process() throws EofException {
        ByteBuffer next;
        boolean last;
        synchronized (lock) {
            if (lastSent) {
                return Action.SUCCEEDED;
            }
            Piece piece = headIsDue ? null : pieces.peekFirst();
            if (!started || (piece == null && !headIsDue && !ended)) {
                return Action.IDLE;
            }
            next = piece == null ? ByteBuffer.allocate(0) : slice(piece.bytes());
            boolean isRest =
                    piece == null || (pieces.size() == 1 && !piece.bytes().hasRemaining());
            last = ended && !headIsDue && isRest;
            headIsDue = false;
            underWay = true;
            lastSent = last;
        }
        if (last && !owner.isClientThere()) {
            throw new EofException("the client has gone");
        }
        response.write(last, next, this);
        return Action.SCHEDULED;
    }

    private static ByteBuffer slice(ByteBuffer bytes) {
        int length = Math.min(WRITTEN_AT_ONCE, bytes.remaining());
        ByteBuffer slice = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        return slice;
    }

    @Override
    protected void onSuccess() {
        Piece sent;
        synchronized (lock) {
            underWay = false;
            sent = pieces.peekFirst();
            if (sent != null && !sent.bytes().hasRemaining() && sent.bytes().position() != 0) {
                pieces.removeFirst();
            } else {
                sent = null;
            }
        }
        if (sent != null) {
            sent.sent().complete(null);
        }
        owner.progressed();
    }

    @Override
    protected void onCompleteSuccess() {
        discard();
        owner.written();
    }

    @Override
    protected void onCompleteFailure(Throwable cause) {
        discard();
        owner.broken();
    }

    private List<Piece> finish() {
        synchronized (lock) {
            over = true;
            List<Piece> left = new ArrayList<>(pieces);
            pieces.clear();
            return left;
        }
    }
}

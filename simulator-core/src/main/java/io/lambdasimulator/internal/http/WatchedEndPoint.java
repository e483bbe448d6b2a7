package io.lambdasimulator.internal.http;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A connection's end that can tell when its peer leaves while nobody reads from it. Between a request and its answer
 * HTTP/1.1 reads nothing, so a client that gave up a long poll would go unnoticed until the answer is written, and even
 * then: the first write to a dead peer succeeds.
 *
 * <p>To see the end of the stream one has to read. What arrives meanwhile is a pipelined request, which is kept and
 * handed out by {@link #fill} later.
 */
final class WatchedEndPoint extends SocketChannelEndPoint {

    /**
     * How much is kept of what is sent behind a request before that has its answer. Behind more the end of the stream could not be
     * seen, so who sends more counts as gone.
     */
    private static final int KEPT = 64 * 1024;

    private static final int READ_OUT_AT_ONCE = 32 * 1024;

    private final Executor executor;
    private final Object lock = new Object();
    private volatile @Nullable ByteBuffer kept;

    /** What the newest look read into, and kept nothing of. */
    private @Nullable ByteBuffer spare;

    WatchedEndPoint(
            SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler, Executor executor) {
        super(channel, selector, key, scheduler);
        this.executor = executor;
    }

    /** Closes the connection so that the peer gets a reset instead of the end of the stream. */
    void closeByReset() {
        try {
            getChannel().setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
            // Closed already.
        }
        close();
    }

    /**
     * Says that nothing follows and throws away what the peer still sends. If the connection were closed meanwhile, the peer would find
     * it reset before it has read its answer.
     *
     * @param atMost how many bytes
     * @param then runs when the peer has ended or has sent that much
     */
    void shutdownAndReadOut(long atMost, Runnable then) {
        shutdownOutput();
        new ReadingOut(atMost, then).succeeded();
    }

    private final class ReadingOut implements Callback {
        private final Runnable then;
        private long left;

        ReadingOut(long atMost, Runnable then) {
            this.left = atMost;
            this.then = then;
        }

        @Override
        public void succeeded() {
            // Not kept while there is nothing to read: there may be thousands who have nothing more to say and do not
            // leave.
            ByteBuffer buffer = BufferUtil.allocate(READ_OUT_AT_ONCE);
            try {
                while (left > 0) {
                    BufferUtil.clear(buffer);
                    int filled = fill(buffer);
                    if (filled == 0) {
                        fillInterested(this);
                        return;
                    }
                    left = filled < 0 ? 0 : left - filled;
                }
            } catch (IOException e) {
                // An end as well.
            }
            then.run();
        }

        @Override
        public void failed(Throwable cause) {
            then.run();
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }

    private enum Look {
        QUIET,
        GONE,
        FULL
    }

    /** Reads what is there into {@link #kept}. */
    private Look look() {
        ByteBuffer buffer = kept == null ? spare : kept;
        if (buffer == null) {
            buffer = BufferUtil.allocate(1024);
        }
        try {
            while (true) {
                if (BufferUtil.space(buffer) == 0) {
                    if (buffer.capacity() >= KEPT) {
                        return Look.FULL;
                    }
                    ByteBuffer larger = BufferUtil.allocate(2 * buffer.capacity());
                    BufferUtil.append(larger, buffer);
                    buffer = larger;
                }
                int filled = super.fill(buffer);
                if (filled <= 0) {
                    return filled < 0 ? Look.GONE : Look.QUIET;
                }
            }
        } catch (IOException e) {
            return Look.GONE;
        } finally {
            boolean isEmpty = !buffer.hasRemaining();
            kept = isEmpty ? null : buffer;
            spare = isEmpty ? buffer : null;
        }
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        ByteBuffer first = kept;
        if (first == null) {
            return super.fill(buffer);
        }
        int position = BufferUtil.flipToFill(buffer);
        int moved = BufferUtil.put(first, buffer);
        BufferUtil.flipToFlush(buffer, position);
        if (!first.hasRemaining()) {
            kept = null;
        }
        return moved;
    }

    @Override
    public void fillInterested(Callback callback) {
        super.fillInterested(callback);
        wakeIfNeeded();
    }

    @Override
    public boolean tryFillInterested(Callback callback) {
        boolean registered = super.tryFillInterested(callback);
        wakeIfNeeded();
        return registered;
    }

    /** The selector sees neither bytes that are already here nor a channel that was closed just before. */
    private void wakeIfNeeded() {
        if (!getChannel().isOpen()) {
            getFillInterest().onFail(new ClosedChannelException());
        } else if (kept != null) {
            executor.execute(() -> getFillInterest().fillable());
        }
    }

    /**
     * One watch, from a request to its answer. Meanwhile the connection itself must read nothing, so it starts when the
     * request has been read to its end.
     */
    final class Watch implements Callback {
        private final Runnable onGone;
        private boolean over;

        /** Seen to have left; word of it may still be on its way. */
        private boolean departed;

        /** @param onGone runs at most once, possibly before {@link #start} returns; must not block */
        Watch(Runnable onGone) {
            this.onGone = onGone;
        }

        /** Does nothing when the watch is over already. */
        void start() {
            succeeded();
        }

        /** Looks for the peer now; the watch goes on. */
        boolean isPeerGone() {
            synchronized (lock) {
                return departed || (!over && (!isOpen() || look() != Look.QUIET));
            }
        }

        /** Ends the watch and says whether the peer is still there. */
        boolean stop() {
            synchronized (lock) {
                over = true;
                // Takes this watch out of the selector's way.
                getFillInterest().fillable();
                return isOpen() && look() != Look.GONE;
            }
        }

        /** Something can be read: bytes, the end of the stream, or nothing after all. */
        @Override
        public void succeeded() {
            boolean gone;
            synchronized (lock) {
                if (over) {
                    return;
                }
                Look look = look();
                if (look == Look.QUIET) {
                    getFillInterest().tryRegister(this);
                }
                // A channel closed before it was registered will not call.
                gone = look != Look.QUIET || !isOpen();
            }
            if (gone) {
                failed(new ClosedChannelException());
            }
        }

        @Override
        public void failed(Throwable cause) {
            synchronized (lock) {
                if (over) {
                    return;
                }
                over = true;
                departed = true;
            }
            onGone.run();
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }
}

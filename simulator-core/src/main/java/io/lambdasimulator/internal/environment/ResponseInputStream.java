package io.lambdasimulator.internal.environment;

import io.lambdasimulator.invocation.InvocationResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A caller who reads a streamed response from a thread that blocks; the runtime is held back when nobody reads. */
final class ResponseInputStream extends InputStream implements StreamingCaller {

    private static final int READ_AHEAD_BYTES = 128 * 1024;

    private final ArrayDeque<byte[]> pieces = new ArrayDeque<>();
    private int offset;
    private long buffered;
    private boolean ended;
    private boolean abandoned;
    private @Nullable CompletableFuture<@Nullable Void> heldBack;

    @Override
    public void begins(InvocationResult head) {
        // The result tells the media type.
    }

    @Override
    public synchronized CompletionStage<@Nullable Void> piece(byte[] bytes) {
        if (ended || abandoned) {
            return CompletableFuture.completedFuture(null);
        }
        pieces.addLast(bytes);
        buffered += bytes.length;
        notifyAll();
        if (buffered <= READ_AHEAD_BYTES) {
            return CompletableFuture.completedFuture(null);
        }
        heldBack = new CompletableFuture<>();
        return heldBack;
    }

    /** No more is to come; why, the invocation's answer tells. */
    @Override
    public void ends(@Nullable InvocationResult result, @Nullable Throwable failure) {
        CompletableFuture<@Nullable Void> writer;
        synchronized (this) {
            ended = true;
            writer = heldBack;
            heldBack = null;
            notifyAll();
        }
        complete(writer);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int off, int len) throws IOException {
        Objects.checkFromIndexSize(off, len, target.length);
        if (len == 0) {
            return 0;
        }
        int taken;
        CompletableFuture<@Nullable Void> writer = null;
        synchronized (this) {
            while (pieces.isEmpty()) {
                if (abandoned) {
                    throw new IOException("the response stream is closed");
                }
                if (ended) {
                    return -1;
                }
                try {
                    wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted while waiting for the response");
                }
            }
            byte[] piece = pieces.getFirst();
            taken = Math.min(len, piece.length - offset);
            System.arraycopy(piece, offset, target, off, taken);
            offset += taken;
            buffered -= taken;
            if (offset == piece.length) {
                pieces.removeFirst();
                offset = 0;
            }
            if (buffered <= READ_AHEAD_BYTES) {
                writer = heldBack;
                heldBack = null;
            }
        }
        complete(writer);
        return taken;
    }

    @Override
    public synchronized int available() {
        return (int) Math.min(Integer.MAX_VALUE, buffered);
    }

    /** The caller wants no more: what still comes is thrown away and the runtime is not held back. */
    @Override
    public void close() {
        CompletableFuture<@Nullable Void> writer;
        synchronized (this) {
            abandoned = true;
            pieces.clear();
            buffered = 0;
            writer = heldBack;
            heldBack = null;
            notifyAll();
        }
        complete(writer);
    }

    // Never under the monitor: the continuation reads from the network.
    private static void complete(@Nullable CompletableFuture<@Nullable Void> writer) {
        if (writer != null) {
            writer.complete(null);
        }
    }
}

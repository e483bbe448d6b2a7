package io.lambdasimulator.internal.telemetry.delivery;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Lines on one connection. An attempt has a thread while it writes, and ends by having its connection closed. */
final class TcpSender implements Sender {

    private static final int WRITTEN_AT_ONCE = 64 * 1024;
    private static final int READ_AT_MOST = 64 * 1024;

    private final InetSocketAddress address;
    private final Executor threads;

    // The connection between attempts; closed for good once the sender is.
    private final AtomicReference<@Nullable SocketChannel> idle = new AtomicReference<>();
    private volatile boolean closed;

    TcpSender(int port, Executor threads) {
        this.address = new InetSocketAddress(loopback(), port);
        this.threads = threads;
    }

    // Not as the JDK finds it, which may be the address of IPv6.
    private static InetAddress loopback() {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    @Override
    public void prepare() {}

    @Override
    public byte[] assemble(List<byte[]> lines) {
        int size = lines.size() + lines.stream().mapToInt(line -> line.length).sum();
        ByteBuffer body = ByteBuffer.allocate(size);
        lines.forEach(line -> body.put(line).put((byte) '\n'));
        return body.array();
    }

    @Override
    public Sender.Attempt send(byte[] body, Consumer<Outcome> onEnd) {
        Writing writing = new Writing(body, onEnd);
        try {
            threads.execute(writing);
        } catch (RejectedExecutionException e) {
            writing.giveUp("the environment is closed");
        }
        return writing;
    }

    @Override
    public void close() {
        closed = true;
        drop(idle.getAndSet(null));
    }

    private static void drop(@Nullable SocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // It is gone either way.
            }
        }
    }

    /** Whether the peer has closed it. What it sent is of no interest. */
    private static boolean isGone(SocketChannel channel) {
        try {
            channel.configureBlocking(false);
            ByteBuffer unwanted = ByteBuffer.allocate(READ_AT_MOST);
            int read = 1;
            while (read > 0 && unwanted.hasRemaining()) {
                read = channel.read(unwanted);
            }
            channel.configureBlocking(true);
            return read < 0;
        } catch (IOException e) {
            return true;
        }
    }

    private final class Writing implements Sender.Attempt, Runnable {
        private final ByteBuffer body;
        private final Consumer<Outcome> onEnd;

        // Guarded by this.
        private @Nullable SocketChannel channel;
        private boolean begun;
        private boolean over;

        private Writing(byte[] body, Consumer<Outcome> onEnd) {
            this.body = ByteBuffer.wrap(body);
            this.onEnd = onEnd;
        }

        @Override
        public void run() {
            try {
                SocketChannel connected = connect();
                if (connected != null && begin()) {
                    write(connected);
                    keep(connected);
                    end(new Outcome.Accepted());
                }
            } catch (IOException e) {
                fail(e.getMessage() == null ? "the connection broke" : e.getMessage());
            }
        }

        private @Nullable SocketChannel connect() throws IOException {
            SocketChannel kept = idle.getAndSet(null);
            if (kept != null && !isGone(kept)) {
                return take(kept);
            }
            drop(kept);
            SocketChannel fresh = take(SocketChannel.open());
            if (fresh != null) {
                fresh.connect(address);
            }
            return fresh;
        }

        /** Makes it the one that giving up closes. */
        private @Nullable SocketChannel take(SocketChannel taken) {
            synchronized (this) {
                if (!over) {
                    channel = taken;
                    return taken;
                }
            }
            drop(taken);
            return null;
        }

        private synchronized boolean begin() {
            begun = !over;
            return begun;
        }

        private void write(SocketChannel connected) throws IOException {
            while (body.position() < body.capacity()) {
                body.limit(Math.min(body.capacity(), body.position() + WRITTEN_AT_ONCE));
                connected.write(body);
            }
        }

        private void keep(SocketChannel connected) {
            idle.set(connected);
            if (closed) {
                close();
            }
        }

        private void end(Outcome outcome) {
            synchronized (this) {
                if (over) {
                    return;
                }
                over = true;
            }
            onEnd.accept(outcome);
        }

        private void fail(String why) {
            SocketChannel broken;
            boolean again;
            synchronized (this) {
                broken = channel;
                again = !begun;
            }
            end(new Outcome.Failed(why, again));
            drop(broken);
        }

        @Override
        public void giveUp(String why) {
            fail(why);
        }
    }
}

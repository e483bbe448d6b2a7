package io.lambdasimulator.internal.telemetry.delivery;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A consumer of telemetry over TCP. */
final class TcpConsumer implements AutoCloseable {

    private final ServerSocket listener;
    private final BlockingQueue<Socket> connections = new LinkedBlockingQueue<>();
    private final List<Socket> all = new ArrayList<>();
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final boolean reads;
    private final Thread accepting;

    private TcpConsumer(int port, boolean reads) {
        this.reads = reads;
        try {
            this.listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.setReceiveBufferSize(4096);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        accepting = start(this::accept);
    }

    static TcpConsumer reading() {
        return new TcpConsumer(0, true);
    }

    static TcpConsumer readingAt(int port) {
        return new TcpConsumer(port, true);
    }

    static TcpConsumer thatNeverReads() {
        return new TcpConsumer(0, false);
    }

    int port() {
        return listener.getLocalPort();
    }

    private interface Body {
        void run() throws IOException;
    }

    private static Thread start(Body body) {
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (IOException e) {
                // The test sees the effect, or does not care.
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void accept() throws IOException {
        while (true) {
            Socket socket = listener.accept();
            synchronized (all) {
                all.add(socket);
            }
            connections.add(socket);
            if (reads) {
                var unused = start(() -> read(socket));
            }
        }
    }

    private void read(Socket socket) throws IOException {
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            lines.add(line);
        }
        socket.close();
    }

    /** The next connection; waits for it. */
    Socket connection() throws InterruptedException {
        Socket connection = connections.poll(20, TimeUnit.SECONDS);
        if (connection == null) {
            throw new AssertionError("nobody connected");
        }
        return connection;
    }

    /** The next line; waits for it. */
    String line() throws InterruptedException {
        String line = lines.poll(20, TimeUnit.SECONDS);
        if (line == null) {
            throw new AssertionError("no line came");
        }
        return line;
    }

    int connections() {
        synchronized (all) {
            return all.size();
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            // Until that thread has let it go, the system accepts for it.
            accepting.join();
            synchronized (all) {
                for (Socket socket : all) {
                    socket.close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

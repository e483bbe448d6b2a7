package io.lambdasimulator.internal.telemetry.delivery;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A consumer of telemetry over HTTP, on bare sockets, so that it can behave as badly as one likes. */
final class HttpConsumer implements AutoCloseable {

    static final Manner ACCEPTS = status("200 OK");
    static final Manner CLOSES = (socket, out) -> socket.close();
    static final Manner RESETS = (socket, out) -> {
        socket.setSoLinger(true, 0);
        socket.close();
    };
    static final Manner ANSWERS_GARBAGE = (socket, out) -> {
        out.write("what?\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
        socket.close();
    };
    static final Manner HANGS = (socket, out) -> new CountDownLatch(1).await();
    static final Manner ANSWERS_WITHOUT_END = (socket, out) -> {
        out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        byte[] piece = new byte[8192];
        while (true) {
            out.write(piece);
        }
    };

    static Manner status(String status, String... headers) {
        StringBuilder text = new StringBuilder("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return (socket, out) -> {
            out.write((text + "\r\nOK").getBytes(StandardCharsets.UTF_8));
            out.flush();
        };
    }

    /** Answers when told to. */
    static Manner once(CountDownLatch latch, Manner then) {
        return (socket, out) -> {
            latch.await();
            then.answer(socket, out);
        };
    }

    interface Manner {
        void answer(Socket socket, OutputStream out) throws Exception;
    }

    record Received(
            Instant at, int connection, String method, String target, Map<String, String> headers, String body) {}

    private final ServerSocket listener;
    private final Clock clock;
    private final Manner usual;
    private final Queue<Manner> next = new ArrayDeque<>();
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final List<Received> all = new ArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private int connections;

    HttpConsumer(Clock clock, Manner usual, Manner... first) {
        this(0, clock, usual, first);
    }

    static HttpConsumer at(int port, Clock clock) {
        return new HttpConsumer(port, clock, ACCEPTS);
    }

    private HttpConsumer(int port, Clock clock, Manner usual, Manner... first) {
        this.clock = clock;
        this.usual = usual;
        this.next.addAll(List.of(first));
        try {
            this.listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    Destination destination() {
        return destination("/");
    }

    Destination destination(String pathAndQuery) {
        return new Destination.Http(
                URI.create("http://sandbox.localdomain:" + listener.getLocalPort() + pathAndQuery), "POST");
    }

    int port() {
        return listener.getLocalPort();
    }

    private void start(ThrowingRunnable body) {
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (Exception e) {
                // The test sees the effect, or does not care.
            }
        });
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private interface ThrowingRunnable {
        void run() throws Exception;
    }

    private void accept() throws IOException {
        while (true) {
            Socket socket = listener.accept();
            sockets.add(socket);
            int number = ++connections;
            start(() -> serve(socket, number));
        }
    }

    private void serve(Socket socket, int connection) throws Exception {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        while (true) {
            String requestLine = line(in);
            if (requestLine == null) {
                socket.close();
                return;
            }
            Map<String, String> headers = new TreeMap<>();
            for (String header = line(in); header != null && !header.isEmpty(); header = line(in)) {
                int colon = header.indexOf(':');
                headers.put(
                        header.substring(0, colon).toLowerCase(Locale.ROOT),
                        header.substring(colon + 1).strip());
            }
            int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
            String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
            String[] words = requestLine.split(" ", 3);
            Manner manner;
            synchronized (this) {
                Received request = new Received(clock.instant(), connection, words[0], words[1], headers, body);
                all.add(request);
                received.add(request);
                manner = next.isEmpty() ? usual : next.remove();
            }
            manner.answer(socket, socket.getOutputStream());
        }
    }

    private static @Nullable String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return null;
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.ISO_8859_1).strip();
    }

    /** The next request; waits for it. */
    Received take() throws InterruptedException {
        Received request = received.poll(20, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("no request came; before: " + all());
        }
        return request;
    }

    synchronized List<Received> all() {
        return List.copyOf(all);
    }

    List<String> bodies() {
        return all().stream().map(Received::body).toList();
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.forEach(Thread::interrupt);
    }
}

package io.lambdasimulator.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * A consumer of telemetry on bare sockets that does little but count. Events are told by the number that each line of the
 * function holds behind a {@code #}.
 */
final class CountingConsumer implements AutoCloseable {

    static final int DIGITS = 8;

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final byte[] OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket listener;
    private final Protocol protocol;
    private final LongConsumer onEvent;
    private final long nanosForEachByte;
    private final ConcurrentLinkedQueue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final AtomicLong events = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    enum Protocol {
        HTTP,
        TCP
    }

    CountingConsumer(Protocol protocol, LongConsumer onEvent) {
        this(protocol, onEvent, 0);
    }

    /**
     * @param onEvent told each event's number, as soon as it is read
     * @param nanosForEachByte how slow it is: it waits so long before it answers
     */
    CountingConsumer(Protocol protocol, LongConsumer onEvent, long nanosForEachByte) {
        this.protocol = protocol;
        this.onEvent = onEvent;
        this.nanosForEachByte = nanosForEachByte;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** As the body of a subscription has it. */
    String destination() {
        return protocol == Protocol.HTTP
                ? "{\"protocol\":\"HTTP\",\"URI\":\"http://sandbox.localdomain:" + port() + "/\"}"
                : "{\"protocol\":\"TCP\",\"port\":" + port() + "}";
    }

    long events() {
        return events.get();
    }

    /** What it read, with what holds the events together. */
    long bytes() {
        return bytes.get();
    }

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException | InterruptedException e) {
                        // It was closed.
                    }
                },
                "consumer");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (true) {
            Socket socket = listener.accept();
            socket.setTcpNoDelay(true);
            sockets.add(socket);
            start(protocol == Protocol.HTTP ? () -> answer(socket) : () -> read(socket.getInputStream()));
        }
    }

    private void read(InputStream in) throws IOException {
        Scanner scanner = new Scanner();
        byte[] buffer = new byte[BUFFER_BYTES];
        int length;
        while ((length = in.read(buffer)) >= 0) {
            scanner.scan(buffer, 0, length);
        }
    }

    private void answer(Socket socket) throws IOException, InterruptedException {
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        byte[] buffer = new byte[BUFFER_BYTES];
        int length;
        while ((length = in.read(buffer)) >= 0) {
            int end = endOfHead(buffer, length);
            while (end < 0) {
                int more = in.read(buffer, length, buffer.length - length);
                if (more < 0) {
                    return;
                }
                length += more;
                end = endOfHead(buffer, length);
            }
            int body = contentLength(new String(buffer, 0, end, StandardCharsets.US_ASCII));
            Scanner scanner = new Scanner();
            scanner.scan(buffer, end, length);
            for (int left = body - (length - end); left > 0; left -= length) {
                length = in.read(buffer, 0, Math.min(buffer.length, left));
                if (length < 0) {
                    return;
                }
                scanner.scan(buffer, 0, length);
            }
            if (nanosForEachByte > 0) {
                Thread.sleep(body * nanosForEachByte / 1_000_000);
            }
            out.write(OK);
        }
    }

    private static int endOfHead(byte[] buffer, int length) {
        for (int i = 3; i < length; i++) {
            if (buffer[i] == '\n' && buffer[i - 2] == '\n') {
                return i + 1;
            }
        }
        return -1;
    }

    private static int contentLength(String head) {
        return head.lines()
                .filter(line -> line.regionMatches(true, 0, "Content-Length:", 0, 15))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a batch without a length:\n" + head));
    }

    /** Finds the numbers in what comes in pieces. */
    private final class Scanner {
        private long number;
        private int digitsLeft;

        void scan(byte[] buffer, int from, int to) {
            int found = 0;
            for (int i = from; i < to; i++) {
                if (digitsLeft > 0) {
                    number = number * 10 + buffer[i] - '0';
                    if (--digitsLeft == 0) {
                        found++;
                        onEvent.accept(number);
                    }
                } else if (buffer[i] == '#') {
                    number = 0;
                    digitsLeft = DIGITS;
                }
            }
            events.addAndGet(found);
            bytes.addAndGet(to - from);
        }
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
    }
}

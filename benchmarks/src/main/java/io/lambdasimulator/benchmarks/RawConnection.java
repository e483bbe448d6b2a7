package io.lambdasimulator.benchmarks;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** A client on one keep-alive connection that does no more than it must: it writes bytes and finds the end of each answer. */
final class RawConnection implements AutoCloseable {

    private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] LENGTH = "\r\ncontent-length: ".getBytes(StandardCharsets.ISO_8859_1);

    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;
    private byte[] buffer = new byte[8192];
    private int filled;

    RawConnection(InetSocketAddress address) {
        try {
            socket = new Socket(address.getAddress(), address.getPort());
            socket.setTcpNoDelay(true);
            out = socket.getOutputStream();
            in = socket.getInputStream();
        } catch (IOException e) {
            throw new IllegalStateException("cannot connect to " + address, e);
        }
    }

    static byte[] get(String path) {
        return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] post(String path, String body) {
        return ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Sends a request and reads its answer to the end. */
    void exchange(byte[] request) throws IOException {
        out.write(request);
        int head = -1;
        filled = 0;
        while (head < 0) {
            int from = Math.max(0, filled - END_OF_HEAD.length + 1);
            fill();
            head = indexOf(END_OF_HEAD, from, filled);
        }
        int end = head + END_OF_HEAD.length + contentLength(head);
        while (filled < end) {
            fill();
        }
        if (filled > end) {
            throw new IllegalStateException(
                    "not one answer to one request: " + new String(buffer, 0, filled, StandardCharsets.ISO_8859_1));
        }
    }

    private int contentLength(int head) {
        int name = indexOf(LENGTH, 0, head);
        int size = 0;
        if (name >= 0) {
            for (int i = name + LENGTH.length; buffer[i] != '\r'; i++) {
                size = size * 10 + buffer[i] - '0';
            }
        }
        return size;
    }

    /** The status of the newest answer. */
    int status() {
        return (buffer[9] - '0') * 100 + (buffer[10] - '0') * 10 + buffer[11] - '0';
    }

    /** A header of the newest answer. */
    String header(String name) {
        byte[] wanted = ("\r\n" + name + ": ").toLowerCase(Locale.ROOT).getBytes(StandardCharsets.ISO_8859_1);
        int start = indexOf(wanted, 0, filled);
        if (start < 0) {
            throw new IllegalStateException("no " + name + " in the answer");
        }
        start += wanted.length;
        int end = start;
        while (buffer[end] != '\r') {
            end++;
        }
        return new String(buffer, start, end - start, StandardCharsets.ISO_8859_1);
    }

    private void fill() throws IOException {
        if (filled == buffer.length) {
            buffer = Arrays.copyOf(buffer, 2 * filled);
        }
        int read = in.read(buffer, filled, buffer.length - filled);
        if (read < 0) {
            throw new EOFException("the server has closed the connection");
        }
        filled += read;
    }

    /** Letters may be small or large. */
    private int indexOf(byte[] wanted, int from, int to) {
        for (int i = from; i <= to - wanted.length; i++) {
            int same = 0;
            while (same < wanted.length && lower(buffer[i + same]) == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                return i;
            }
        }
        return -1;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b + 32 : b;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("cannot close a connection", e);
        }
    }
}

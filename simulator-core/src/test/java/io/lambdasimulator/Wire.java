package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** One connection to an API: sends exactly the bytes it is told to, and shows exactly what comes back. */
final class Wire implements AutoCloseable {

    /** How long anything in these tests may take before it counts as stuck. */
    static final Duration PATIENCE = Duration.ofSeconds(20);

    /** An answer: header lines as spelled and in order, and the bytes of the body. */
    record Reply(String statusLine, List<String> headerLines, byte[] body) {

        int status() {
            return Integer.parseInt(statusLine.split(" ", 3)[1]);
        }

        /** The value of a header, which must not be there twice. */
        Optional<String> header(String name) {
            List<String> values = headerLines.stream()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .toList();
            assertThat(values).as("header %s in %s", name, headerLines).hasSizeLessThan(2);
            return values.stream().findFirst();
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        /** Fails unless this is the APIs' {@code 202}. */
        void assertAccepted() {
            assertJson(202, "{\"status\":\"OK\"}\n");
        }

        /** Fails unless this is the APIs' form of an error, byte for byte. */
        void assertRefused(int status, String errorType, String errorMessage) {
            assertJson(status, "{\"errorMessage\":\"" + errorMessage + "\",\"errorType\":\"" + errorType + "\"}\n");
        }

        void assertJson(int status, String text) {
            assertIs(status, "application/json", text);
        }

        void assertIs(int status, String contentType, String text) {
            assertThat(text()).isEqualTo(text);
            assertThat(status()).as(statusLine).isEqualTo(status);
            assertThat(header("Content-Type")).contains(contentType);
            assertThat(header("Content-Length")).contains(Integer.toString(body.length));
        }

        @Override
        public String toString() {
            return statusLine + " " + headerLines + " " + text();
        }
    }

    private final Socket socket;
    private final InputStream in;

    /**
     * Connects.
     *
     * @param address host and port
     */
    Wire(String address) {
        try {
            URI uri = URI.create("http://" + address);
            socket = new Socket(uri.getHost(), uri.getPort());
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One call on a connection of its own. */
    static Reply call(String address, String method, String target, String body, String... headerLines) {
        try (Wire wire = new Wire(address)) {
            return wire.request(method, target, body, headerLines).reply();
        }
    }

    Wire send(String latin1) {
        return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    Wire send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends the head of a request, with the given header lines and no others but {@code Host}. */
    Wire head(String method, String target, String... headerLines) {
        return send(headOf(method, target, headerLines));
    }

    private static String headOf(String method, String target, String... headerLines) {
        StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: lambda\r\n");
        Stream.of(headerLines).forEach(line -> head.append(line).append("\r\n"));
        return head.append("\r\n").toString();
    }

    /** Sends a request; {@code Content-Length} only if there is a body. */
    Wire request(String method, String target, String body, String... headerLines) {
        return request(method, target, body.getBytes(StandardCharsets.UTF_8), headerLines);
    }

    Wire request(String method, String target, byte[] body, String... headerLines) {
        String[] lines = headerLines;
        if (body.length > 0 || method.equals("POST")) {
            lines = Arrays.copyOf(headerLines, headerLines.length + 1);
            lines[headerLines.length] = "Content-Length: " + body.length;
        }
        // In one piece, since the server may end the connection as soon as it has the head.
        byte[] head = headOf(method, target, lines).getBytes(StandardCharsets.ISO_8859_1);
        byte[] whole = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, whole, head.length, body.length);
        return send(whole);
    }

    /** Sends one chunk of a chunked body. */
    Wire chunk(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return send(Integer.toHexString(bytes.length) + "\r\n").send(bytes).send("\r\n");
    }

    /** Ends a chunked body. */
    Wire lastChunk(String... trailerLines) {
        send("0\r\n");
        Stream.of(trailerLines).forEach(line -> send(line + "\r\n"));
        return send("\r\n");
    }

    /** Reads the head of an answer. */
    Reply answerHead() {
        String statusLine = lineOrFail();
        List<String> headers = Stream.generate(this::lineOrFail)
                .takeWhile(line -> !line.isEmpty())
                .toList();
        return new Reply(statusLine, headers, new byte[0]);
    }

    /** Reads one chunk of a chunked answer; empty at its end. */
    byte[] answerChunk() {
        try {
            String length = line();
            if (length.isEmpty()) {
                length = line(); // the end of the chunk before comes with this one
            }
            byte[] chunk = exactly(Integer.parseInt(length, 16));
            if (chunk.length == 0) {
                line();
            }
            return chunk;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads one answer. */
    Reply reply() {
        try {
            Reply head = answerHead();
            if (head.status() < 200 || head.status() == 204) {
                return head;
            }
            assertThat(head.header("Content-Length")).as("length of %s", head).isPresent();
            int length = Integer.parseInt(head.header("Content-Length").orElseThrow());
            return new Reply(head.statusLine(), head.headerLines(), exactly(length));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the body ended after " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    private String lineOrFail() {
        try {
            return line();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the connection ended after \"" + line + "\"");
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    /** Waits for the connection to end, by an end of stream or a reset, without a further byte. */
    void assertEnds() {
        try {
            assertThat(in.read()).as("what follows on the connection").isNegative();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the connection did not end", e);
        } catch (IOException e) {
            // A reset is an end as well.
        }
    }

    /** Waits for the connection to be closed, without a further byte and without a reset. */
    void assertIsClosed() throws IOException {
        assertThat(in.read()).as("what follows on the connection").isNegative();
    }

    /** Waits for the connection to be reset, without a further byte. */
    void assertIsReset() {
        assertThatThrownBy(in::read).isInstanceOf(SocketException.class).hasMessageContaining("reset");
    }

    /** Closes the sending direction only. */
    void halfClose() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the connection with a reset. */
    void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

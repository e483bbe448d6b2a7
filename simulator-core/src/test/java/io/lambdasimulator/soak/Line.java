package io.lambdasimulator.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A connection that says what it is told to say, and can be asked without waiting what has come back. */
final class Line implements AutoCloseable {

    /** What came back. */
    record Reply(int status, String head, String body) {

        Optional<String> header(String name) {
            Matcher line = Pattern.compile("(?im)^" + name + ": (.*?)\r?$").matcher(head);
            return line.find() ? Optional.of(line.group(1)) : Optional.empty();
        }
    }

    private static final Pattern LENGTH = Pattern.compile("(?im)^content-length: *(\\d+)");

    private final SocketChannel channel;
    private final ByteBuffer received = ByteBuffer.allocate(16_384);
    private boolean ended;

    /** @param address host and port */
    Line(String address) {
        int colon = address.lastIndexOf(':');
        try {
            channel = SocketChannel.open(
                    new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void send(String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            ended = true; // the server has ended it, which the next look shows
        }
    }

    /** The next reply, if it is there as a whole. */
    Optional<Reply> reply() {
        read();
        String text = new String(received.array(), 0, received.position(), StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return Optional.empty();
        }
        String head = text.substring(0, end);
        Matcher length = LENGTH.matcher(head);
        int bodyLength = length.find() ? Integer.parseInt(length.group(1)) : 0;
        if (received.position() < end + 4 + bodyLength) {
            return Optional.empty();
        }
        String body = new String(received.array(), end + 4, bodyLength, StandardCharsets.UTF_8);
        received.flip().position(end + 4 + bodyLength);
        received.compact();
        return Optional.of(new Reply(Integer.parseInt(head.split(" ", 3)[1]), head, body));
    }

    /** Whether the server has ended the connection, after all that was said on it. */
    boolean isEnded() {
        read();
        return ended;
    }

    private void read() {
        try {
            while (!ended) {
                int count = channel.read(received);
                if (count < 0) {
                    ended = true;
                } else if (count == 0) {
                    return;
                }
            }
        } catch (IOException e) {
            ended = true;
        }
    }

    void halfClose() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            ended = true;
        }
    }

    void reset() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
            ended = true;
        }
        close();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

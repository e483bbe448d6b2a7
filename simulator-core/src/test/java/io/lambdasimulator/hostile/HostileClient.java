package io.lambdasimulator.hostile;

import io.lambdasimulator.internal.json.JsonValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Makes hostile connections, one after the other, and judges what becomes of each: whatever was sent, it is answered with complete
 * HTTP in the words of the API or closed, within a second from the client's last word.
 */
public final class HostileClient implements AutoCloseable {

    /** From the client's last word to the end of the connection. */
    private static final Duration LIMIT = Duration.ofSeconds(1);

    /** After this long a connection counts as stuck and not as slow. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** How often a slow answer is asked for again: on a machine with much to do one may be late, but not each. */
    private static final int ATTEMPTS = 4;

    private static final Duration LOOK = Duration.ofMillis(5);

    /** What became of a connection: everything that came back, and when it ended. */
    private record Course(byte[] received, Duration took, End end, String note) {}

    private enum End {
        CLOSED,
        RESET,
        /** The client left, as it was told to. */
        LEFT,
        /** The request waits for something that is not there, and the client left. */
        WAITED,
        STUCK
    }

    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    private final Set<Integer> serverErrors;

    private int answered;
    private int closed;
    private int waited;
    private Duration longest = Duration.ZERO;

    /**
     * @param serverErrors the statuses from 500 on that are documented for what is asked
     */
    public HostileClient(Integer... serverErrors) {
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.serverErrors = Set.of(serverErrors);
    }

    /**
     * Makes a connection, and fails unless it ends as it should.
     *
     * @param address host and port
     * @param waits whether the environment has something to wait for with the answer, for which the client then does not wait
     */
    public void attack(String address, Mutant mutant, BooleanSupplier waits) {
        for (int attempt = 1; ; attempt++) {
            Course course = connect(address, mutant, waits);
            judge(mutant, course);
            longest = longest.compareTo(course.took()) > 0 ? longest : course.took();
            if (course.took().compareTo(LIMIT) <= 0) {
                return;
            }
            if (attempt == ATTEMPTS) {
                throw failure(mutant, course, "it took longer than " + LIMIT + " in each of " + ATTEMPTS + " attempts");
            }
        }
    }

    private void judge(Mutant mutant, Course course) {
        if (course.end() == End.STUCK) {
            throw failure(mutant, course, "it was neither answered nor closed");
        }
        if (course.end() == End.WAITED) {
            waited++;
            return;
        }
        if (course.end() == End.LEFT) {
            closed++;
            return;
        }
        if (course.received().length == 0) {
            closed++;
            return;
        }
        answered++;
        try {
            List<HttpAnswers.Answer> answers = HttpAnswers.in(course.received(), mutant.contains("HEAD"));
            for (HttpAnswers.Answer answer : answers) {
                String wrong = wrongWith(answer);
                if (!wrong.isEmpty()) {
                    throw failure(mutant, course, wrong);
                }
            }
        } catch (HttpAnswers.Malformed e) {
            if (mutant.ending() == Mutant.Ending.HALF_CLOSE) {
                return; // who ends his stream amid a call counts as gone, and its answer may be broken off
            }
            throw failure(mutant, course, "what came back is no complete answer: " + e.getMessage());
        }
    }

    private String wrongWith(HttpAnswers.Answer answer) {
        if (answer.status() >= 500 && !serverErrors.contains(answer.status())) {
            return "no status " + answer.status() + " is documented";
        }
        String type = answer.header("Content-Type");
        String start = answer.body().stripLeading();
        if (type.contains("html") || start.regionMatches(true, 0, "<html", 0, 5) || start.startsWith("<!")) {
            return "no API answers in HTML";
        }
        if (answer.status() >= 400 && type.equals("application/json") && answer.status() != 502) {
            try {
                var unused = JsonValues.parse(
                        new String(answer.body().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                return "the error is no JSON: " + e.getMessage();
            }
        }
        return "";
    }

    private static AssertionError failure(Mutant mutant, Course course, String what) {
        return new AssertionError(what + "\n" + mutant + "came back, until it was " + course.end() + " after "
                + course.took().toMillis() + " ms" + course.note() + ":\n  \"" + Mutant.escaped(course.received())
                + "\"");
    }

    private Course connect(String address, Mutant mutant, BooleanSupplier waits) {
        URI uri = URI.create("http://" + address);
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        long lastWord = System.nanoTime();
        try (SocketChannel channel = SocketChannel.open()) {
            channel.connect(new InetSocketAddress(uri.getHost(), uri.getPort()));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            Deque<ByteBuffer> left = new ArrayDeque<>();
            mutant.segments().forEach(segment -> left.add(ByteBuffer.wrap(segment)));
            boolean isSent = false;
            while (true) {
                if (!isSent && send(channel, left)) {
                    isSent = true;
                    key.interestOps(SelectionKey.OP_READ);
                    lastWord = System.nanoTime();
                    switch (mutant.ending()) {
                        case HALF_CLOSE -> channel.shutdownOutput();
                        case CLOSE -> {
                            return new Course(received.toByteArray(), Duration.ZERO, End.LEFT, "");
                        }
                        case RESET -> {
                            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                            return new Course(received.toByteArray(), Duration.ZERO, End.LEFT, "");
                        }
                    }
                }
                selector.selectedKeys().clear();
                int selected = selector.select(LOOK.toMillis());
                Duration since = Duration.ofNanos(System.nanoTime() - lastWord);
                if (selected > 0 && key.isReadable() && !receive(channel, received)) {
                    return new Course(received.toByteArray(), since, End.CLOSED, "");
                }
                if (selected == 0 && waits.getAsBoolean()) {
                    return new Course(received.toByteArray(), Duration.ZERO, End.WAITED, "");
                }
                if (since.compareTo(PATIENCE) > 0) {
                    String note = isSent ? "" : ", with not all taken";
                    return new Course(received.toByteArray(), since, End.STUCK, note);
                }
            }
        } catch (IOException e) {
            Duration since = Duration.ofNanos(System.nanoTime() - lastWord);
            // A reset may overtake the answer, or cut it.
            return new Course(new byte[0], since, End.RESET, ": " + e.getMessage());
        } finally {
            letGoOfClosed();
        }
    }

    private void letGoOfClosed() {
        try {
            selector.selectNow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends one piece at most; whether everything is sent. */
    private static boolean send(SocketChannel channel, Deque<ByteBuffer> left) throws IOException {
        ByteBuffer first = left.peekFirst();
        if (first != null) {
            channel.write(first);
            if (!first.hasRemaining()) {
                left.removeFirst();
            }
        }
        return left.isEmpty();
    }

    /** False at the end of the stream. */
    private boolean receive(SocketChannel channel, ByteArrayOutputStream received) throws IOException {
        buffer.clear();
        int read = channel.read(buffer);
        received.write(buffer.array(), 0, Math.max(0, read));
        return read >= 0;
    }

    /** What became of all connections together. */
    public String summary() {
        return answered + " answered, " + closed + " closed, " + waited + " left waiting; the longest took "
                + longest.toMillis() + " ms";
    }

    /** How many connections were answered. */
    public int answered() {
        return answered;
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

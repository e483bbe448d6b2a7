package io.lambdasimulator.internal.process;

import io.lambdasimulator.event.Event;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one output stream of a process and hands it to the listener, line by line or frame by frame, until the stream ends.
 *
 * <p>Who has to know that the listener has everything written so far has a mark written into the pipe, which comes out behind
 * what was there before. Nothing else tells a reader that waits for more from one that has bytes in its hands.
 */
final class OutputReader implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(OutputReader.class);

    private static final int BUFFER_LENGTH = 16 * 1024;
    /** A mark is these bytes and one that tells which it is. */
    private static final int MARK_LENGTH = 15;

    private static final byte ORDINARY = 1;
    private static final byte LAST = 2;

    private final InputStream input;
    private final OutputStream output;
    private final Event.OutputStream stream;
    private final ProcessListener listener;

    private final byte[] mark = newMark();
    private final byte[] unmarked = new byte[BUFFER_LENGTH + MARK_LENGTH];
    private int matched;

    // Who waits for a mark, in the order of the marks. Its monitor guards the flag as well.
    private final ArrayDeque<Runnable> awaiting = new ArrayDeque<>();
    private boolean noMoreMarks;

    private final CountDownLatch leadersWordsRead = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    OutputReader(OutputPipe.Ends pipe, Event.OutputStream stream, ProcessListener listener) {
        this.input = pipe.input();
        this.output = pipe.output();
        this.stream = stream;
        this.listener = listener;
    }

    /** Random but for its ends. Its first byte is not in the rest, so a match that breaks off never hides the begin of another. That
     * byte is never the last of a line or of a message in UTF-8, so neither is held back as what may become a mark.
     */
    private static byte[] newMark() {
        byte[] bytes = new byte[MARK_LENGTH];
        bytes[0] = (byte) 0xff;
        for (int i = 1; i < MARK_LENGTH; i++) {
            bytes[i] = (byte) ThreadLocalRandom.current().nextInt(0x0b, 0xff);
        }
        return bytes;
    }

    @Override
    public void run() {
        OutputSplitter splitter = newSplitter();
        byte[] buffer = new byte[BUFFER_LENGTH];
        try (input) {
            int length;
            while ((length = input.read(buffer)) >= 0) {
                try {
                    accept(buffer, length, splitter);
                } catch (RuntimeException | OutOfMemoryError e) {
                    LOG.error(
                            "a piece of {} is lost", stream, e); // reading has to go on, for whoever waits for its end
                    matched = 0;
                    splitter = newSplitter();
                }
            }
            splitter.accept(mark, matched); // it was no mark after all
            splitter.end();
        } catch (IOException e) {
            LOG.warn("reading {} failed", stream, e);
        } finally {
            leadersWordsRead();
            ended.countDown();
        }
    }

    private OutputSplitter newSplitter() {
        return stream == Event.OutputStream.FRAMED_LOG
                ? new FrameSplitter(this::deliver, line -> deliver(null, line))
                : new LineSplitter(this::deliver);
    }

    private void accept(byte[] buffer, int length, OutputSplitter splitter) {
        int kept = 0;
        for (int i = 0; i < length; i++) {
            byte next = buffer[i];
            if (matched < MARK_LENGTH ? next == mark[matched] : next == ORDINARY || next == LAST) {
                if (matched++ == MARK_LENGTH) {
                    splitter.accept(unmarked, kept);
                    kept = 0;
                    matched = 0;
                    markSeen(next == LAST);
                }
                continue;
            }
            System.arraycopy(mark, 0, unmarked, kept, matched);
            kept += matched;
            matched = next == mark[0] ? 1 : 0;
            if (matched == 0) {
                unmarked[kept++] = next;
            }
        }
        splitter.accept(unmarked, kept);
    }

    private void deliver(String line) {
        deliver(() -> listener.line(stream, line));
    }

    private void deliver(@Nullable Instant written, String message) {
        deliver(() -> listener.framed(written, message));
    }

    private void deliver(Runnable delivery) {
        try {
            delivery.run();
        } catch (RuntimeException e) {
            // Reading has to go on, or the process would block on a full pipe.
            LOG.error("a listener failed on a line of {}", stream, e);
        }
    }

    private void markSeen(boolean isLast) {
        if (isLast) {
            leadersWordsRead();
            return;
        }
        Runnable first;
        synchronized (awaiting) {
            first = awaiting.pollFirst();
        }
        if (first != null) {
            first.run();
        }
    }

    private void leadersWordsRead() {
        List<Runnable> left;
        synchronized (awaiting) {
            noMoreMarks = true;
            left = List.copyOf(awaiting);
            awaiting.clear();
        }
        leadersWordsRead.countDown();
        left.forEach(Runnable::run);
    }

    Event.OutputStream stream() {
        return stream;
    }

    /**
     * Runs a task once the listener has everything that was written before this call; after the leader's end, everything that
     * the leader wrote. It runs on the reading thread or on this one, so it must not block.
     */
    void whenCaughtUp(Runnable task) {
        boolean isOver;
        synchronized (awaiting) {
            isOver = noMoreMarks;
            if (!isOver) {
                awaiting.addLast(task);
            }
        }
        if (isOver) {
            task.run();
        } else {
            write(ORDINARY);
        }
    }

    // Not under the monitor: on a full pipe this waits for the reader.
    private void write(byte kind) {
        byte[] bytes = Arrays.copyOf(mark, MARK_LENGTH + 1);
        bytes[MARK_LENGTH] = kind;
        try {
            output.write(bytes);
        } catch (IOException e) {
            LOG.debug("{} is closed, its last mark is on its way", stream, e);
        }
    }

    /** To be called once the leader has ended, before {@link #awaitEnd}. */
    void leaderEnded() {
        write(LAST);
        try {
            output.close();
        } catch (IOException e) {
            LOG.warn("closing {} failed", stream, e);
        }
    }

    /**
     * Waits until the listener has all that the leader wrote, then for the end of the stream.
     *
     * @param boundNanos how long to wait for the end of the stream
     * @return false when the stream did not end: a descendant holds it open
     */
    boolean awaitEnd(long boundNanos) throws InterruptedException {
        leadersWordsRead.await();
        return ended.await(Math.max(1, boundNanos), TimeUnit.NANOSECONDS);
    }
}

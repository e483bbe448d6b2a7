package io.lambdasimulator.internal.process;

import io.lambdasimulator.event.Event;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads one output stream of a process and hands it to the listener, line by line, until the stream ends. */
final class OutputReader implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(OutputReader.class);

    private static final int BUFFER_LENGTH = 16 * 1024;
    private static final int UNKNOWN = -1;

    private final InputStream input;
    private final Event.OutputStream stream;
    private final ProcessListener listener;

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean leaderEnded;
    private volatile boolean reading;
    // What was in the pipe after the leader had ended: its last words are among these bytes.
    private volatile int outstanding = UNKNOWN;

    OutputReader(InputStream input, Event.OutputStream stream, ProcessListener listener) {
        this.input = input;
        this.stream = stream;
        this.listener = listener;
    }

    @Override
    public void run() {
        LineSplitter lines = new LineSplitter(this::deliver);
        byte[] buffer = new byte[BUFFER_LENGTH];
        try (input) {
            int length;
            while ((length = read(buffer)) >= 0) {
                lines.accept(buffer, length);
                if (outstanding != UNKNOWN) {
                    outstanding = Math.max(0, outstanding - length);
                }
            }
            lines.end();
        } catch (IOException e) {
            LOG.warn("reading {} failed", stream, e);
        } finally {
            ended.countDown();
        }
    }

    private int read(byte[] buffer) throws IOException {
        if (leaderEnded && outstanding == UNKNOWN) {
            outstanding = input.available();
        }
        reading = true;
        int length = input.read(buffer);
        reading = false;
        return length;
    }

    private void deliver(String line) {
        try {
            listener.line(stream, line);
        } catch (RuntimeException e) {
            // Reading has to go on, or the process would block on a full pipe.
            LOG.error("a listener failed on a line of {}", stream, e);
        }
    }

    Event.OutputStream stream() {
        return stream;
    }

    /** To be called once the leader has ended, before {@link #awaitEnd}. */
    void leaderEnded() {
        leaderEnded = true;
    }

    /**
     * Waits until the listener has everything up to the end of the stream.
     *
     * @param boundNanos how long to wait for more once the listener has all that the leader wrote; until then it is waited
     *     for without bound
     * @return false when the stream did not end: a descendant holds it open
     */
    boolean awaitEnd(long boundNanos) throws InterruptedException {
        long bound = boundNanos;
        while (!ended.await(Math.max(1, bound), TimeUnit.NANOSECONDS)) {
            if (isCaughtUp()) {
                return false;
            }
            bound = TimeUnit.MILLISECONDS.toNanos(10);
        }
        return true;
    }

    // A reader that has been waiting since before the leader's end has found nothing; any other one has noted what is
    // outstanding.
    boolean isCaughtUp() {
        return outstanding == UNKNOWN ? reading : outstanding == 0;
    }
}

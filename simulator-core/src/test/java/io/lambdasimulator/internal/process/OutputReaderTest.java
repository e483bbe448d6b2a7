package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.event.Event.OutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When the end of the process may be reported, in the orders of events that a scheduler seldom brings about. */
@Timeout(60)
class OutputReaderTest {

    private static final long AT_ONCE = 1;
    private static final long LONG = TimeUnit.SECONDS.toNanos(30);

    private final Pipe pipe = new Pipe();
    private final RecordingListener listener = new RecordingListener();
    private final OutputReader reader = new OutputReader(pipe, OutputStream.STDOUT, listener);

    private void start() {
        Thread thread = new Thread(reader);
        thread.setDaemon(true);
        thread.start();
    }

    @Test
    void an_unfinished_line_is_waited_for_after_all_bytes_are_read() throws Exception {
        pipe.write("last words");
        reader.leaderEnded();
        start();
        pipe.awaitReads(2);

        assertThat(reader.awaitEnd(AT_ONCE)).isFalse();
        pipe.end();

        assertThat(reader.awaitEnd(LONG)).isTrue();
        assertThat(listener.stdout()).containsExactly("last words");
    }

    @Test
    void what_was_in_the_pipe_is_waited_for_beyond_the_bound() throws Exception {
        Semaphore release = new Semaphore(0);
        RecordingListener slow = new RecordingListener() {
            @Override
            public void line(OutputStream stream, String line) {
                release.acquireUninterruptibly();
                super.line(stream, line);
            }
        };
        OutputReader slowReader = new OutputReader(pipe, OutputStream.STDOUT, slow);
        pipe.write("one\n");
        pipe.write("two\n");
        slowReader.leaderEnded();
        Thread thread = new Thread(slowReader);
        thread.setDaemon(true);
        thread.start();
        pipe.awaitReads(1);
        Thread waiting = new Thread(() -> {
            try {
                slowReader.awaitEnd(AT_ONCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        waiting.start();

        release.release();
        pipe.awaitReads(1);
        waiting.join(100);
        assertThat(waiting.isAlive()).isTrue();
        release.release();
        waiting.join();

        assertThat(slow.stdout()).containsExactly("one", "two");
    }

    @Test
    void a_reader_that_found_nothing_before_the_end_is_not_waited_for_beyond_the_bound() throws Exception {
        start();
        pipe.awaitReads(1);
        Machine.await("the read").until(() -> reader.isCaughtUp());
        reader.leaderEnded();

        assertThat(reader.awaitEnd(AT_ONCE)).isFalse();
        pipe.write("of a descendant\n");
        assertThat(listener.awaitLines(1)).containsExactly("of a descendant");
        pipe.end();
        assertThat(reader.awaitEnd(LONG)).isTrue();
    }

    /** Hands out one write for each read. */
    @SuppressWarnings("InputStreamSlowMultibyteRead") // only whole reads are made
    private static final class Pipe extends InputStream {
        private static final byte[] END = {};

        private final BlockingQueue<byte[]> writes = new LinkedBlockingQueue<>();
        private final Semaphore reads = new Semaphore(0);

        void write(String text) {
            writes.add(text.getBytes(StandardCharsets.UTF_8));
        }

        void end() {
            writes.add(END);
        }

        void awaitReads(int count) throws InterruptedException {
            assertThat(reads.tryAcquire(count, 30, TimeUnit.SECONDS)).isTrue();
        }

        @Override
        public int available() {
            return writes.stream().mapToInt(bytes -> bytes.length).sum();
        }

        @Override
        public int read(byte[] buffer) {
            reads.release();
            byte[] bytes = take();
            System.arraycopy(bytes, 0, buffer, 0, bytes.length);
            return Arrays.equals(bytes, END) ? -1 : bytes.length;
        }

        private byte[] take() {
            try {
                return writes.take();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException();
        }
    }
}

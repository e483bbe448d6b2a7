package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.event.Event.OutputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When the end of the process may be reported, in the orders of events that a scheduler seldom brings about. */
@Timeout(60)
class OutputReaderTest {

    private static final long AT_ONCE = 1;
    private static final long LONG = TimeUnit.SECONDS.toNanos(30);

    private final Pipe pipe = new Pipe();
    private final RecordingListener listener = new RecordingListener();
    private final OutputReader reader = new OutputReader(pipe.ends(), OutputStream.STDOUT, listener);

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
        OutputReader slowReader = new OutputReader(pipe.ends(), OutputStream.STDOUT, slow);
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
        reader.leaderEnded();

        assertThat(reader.awaitEnd(AT_ONCE)).isFalse();
        pipe.write("of a descendant\n");
        assertThat(listener.awaitLines(1)).containsExactly("of a descendant");
        pipe.end();
        assertThat(reader.awaitEnd(LONG)).isTrue();
    }

    @Nested
    class A_task_that_waits_for_what_was_written {

        private final BlockingQueue<List<String>> seen = new LinkedBlockingQueue<>();

        private void request() {
            reader.whenCaughtUp(() -> seen.add(listener.stdout()));
        }

        @Test
        void runs_when_the_listener_has_it() throws Exception {
            pipe.write("one\ntwo\nunfin");
            request();
            pipe.write("ished\n");
            request();
            start();

            assertThat(seen.poll(30, TimeUnit.SECONDS)).containsExactly("one", "two");
            assertThat(seen.poll(30, TimeUnit.SECONDS)).containsExactly("one", "two", "unfinished");
        }

        @Test
        void runs_when_its_mark_comes_in_pieces() throws Exception {
            pipe.write("one\n");
            request();
            pipe.write("\n");
            pipe.splitEveryByte();
            start();

            assertThat(seen.poll(30, TimeUnit.SECONDS)).containsExactly("one");
            assertThat(listener.awaitLines(2)).containsExactly("one", "");
        }

        @Test
        void runs_after_the_leaders_end_when_its_last_words_are_read() throws Exception {
            pipe.write("last words\n");
            reader.leaderEnded();
            request();
            assertThat(seen).isEmpty();
            start();

            assertThat(seen.poll(30, TimeUnit.SECONDS)).containsExactly("last words");
            assertThat(reader.awaitEnd(AT_ONCE)).isFalse();
            request();
            assertThat(seen).hasSize(1);
        }

        @Test
        void takes_nothing_away_that_looks_like_the_begin_of_a_mark() throws Exception {
            request();
            byte[] mark = pipe.taken();
            for (int length = 1; length < mark.length; length++) {
                pipe.write(Arrays.copyOf(mark, length));
                pipe.write("x\n");
            }
            pipe.write(Arrays.copyOf(mark, 3));
            pipe.end();
            start();

            assertThat(reader.awaitEnd(LONG)).isTrue();
            assertThat(listener.stdout())
                    .hasSize(mark.length)
                    .allMatch(line -> line.startsWith("\ufffd"))
                    .last()
                    .isEqualTo(new String(mark, 0, 3, StandardCharsets.UTF_8));
            assertThat(seen).hasSize(1); // the end comes for everybody
        }
    }

    @Nested
    class A_framed_log {

        private final RecordingListener messages = new RecordingListener();
        private final OutputReader log = new OutputReader(pipe.ends(), OutputStream.FRAMED_LOG, messages);
        private final BlockingQueue<List<String>> seen = new LinkedBlockingQueue<>();

        private void start() {
            Thread thread = new Thread(log);
            thread.setDaemon(true);
            thread.start();
        }

        private static byte[] frame(String message) {
            byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(8 + bytes.length)
                    .putInt(0xa55a0001)
                    .putInt(bytes.length)
                    .put(bytes)
                    .array();
        }

        @Test
        void has_what_was_written_when_a_task_runs_and_a_mark_within_a_frame_does_no_harm() throws Exception {
            byte[] second = frame("second\nmessage");
            pipe.write(frame("first\nmessage"));
            pipe.write(Arrays.copyOf(second, 5));
            log.whenCaughtUp(() -> seen.add(messages.framed()));
            pipe.write(Arrays.copyOfRange(second, 5, 20));
            log.whenCaughtUp(() -> seen.add(messages.framed()));
            pipe.write(Arrays.copyOfRange(second, 20, second.length));
            log.whenCaughtUp(() -> seen.add(messages.framed()));
            start();

            assertThat(seen.poll(30, TimeUnit.SECONDS)).containsExactly("first\nmessage");
            assertThat(seen.poll(30, TimeUnit.SECONDS)).containsExactly("first\nmessage");
            assertThat(seen.poll(30, TimeUnit.SECONDS)).containsExactly("first\nmessage", "second\nmessage");
        }

        @Test
        void is_waited_for_at_the_leaders_end() throws Exception {
            pipe.write(frame("whole"));
            pipe.write(Arrays.copyOf(frame("cut off"), 11));
            log.leaderEnded();
            pipe.end();
            start();

            assertThat(log.awaitEnd(LONG)).isTrue();
            assertThat(messages.framed()).containsExactly("whole", "cut");
        }

        @Test
        void does_not_end_with_a_listener_that_fails() throws Exception {
            OutputReader failing = new OutputReader(pipe.ends(), OutputStream.FRAMED_LOG, new RecordingListener() {
                @Override
                public void framed(@Nullable Instant written, String message) {
                    messages.framed(written, message);
                    throw new IllegalStateException("thrown by the test's listener");
                }
            });
            pipe.write(frame("one"));
            pipe.write(frame("two"));
            pipe.end();
            failing.run();

            assertThat(messages.framed()).containsExactly("one", "two");
        }
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

        void write(byte[] bytes) {
            writes.add(bytes);
        }

        byte[] taken() {
            return take();
        }

        void splitEveryByte() {
            List<byte[]> whole = new ArrayList<>();
            writes.drainTo(whole);
            for (byte[] bytes : whole) {
                for (byte b : bytes) {
                    writes.add(new byte[] {b});
                }
            }
        }

        void end() {
            writes.add(END);
        }

        void awaitReads(int count) throws InterruptedException {
            assertThat(reads.tryAcquire(count, 30, TimeUnit.SECONDS)).isTrue();
        }

        OutputPipe.Ends ends() {
            return new OutputPipe.Ends(this, new java.io.OutputStream() {
                @Override
                public void write(byte[] bytes) {
                    writes.add(bytes.clone());
                }

                @Override
                public void write(int b) {
                    throw new UnsupportedOperationException();
                }
            });
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

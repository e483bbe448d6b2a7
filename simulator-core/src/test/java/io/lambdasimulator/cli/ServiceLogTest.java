package io.lambdasimulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.telemetry.SystemLogLines;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ServiceLogTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final SystemLogLines lines = new SystemLogLines(FunctionConfiguration.defaults());
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void prints_the_service_s_lines_and_the_output_of_processes_in_the_order_of_the_log() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        RecordingEventLog log = new RecordingEventLog(Clock.systemUTC(), 100);
        log.append(new Event.InvocationStarted("id-1", "$LATEST", Instant.EPOCH, "", Optional.empty()));
        ServiceLog printer = start(log, out);
        log.append(output(Event.OutputStream.STDOUT, "caf\u00e9"));
        log.append(output(Event.OutputStream.STDERR, ""));
        log.append(new Event.InvocationQueued("id-2"));
        log.append(new Event.InvocationStarted("id-2", "7", Instant.EPOCH, "", Optional.empty()));
        log.close();

        assertThat(printer.awaitEnd(LIMIT)).isTrue();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo("START RequestId: id-1 Version: $LATEST\ncaf\u00e9\n\nSTART RequestId: id-2 Version: 7\n");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void tells_what_was_lost_while_nobody_read_it() throws Exception {
        HeldStream out = new HeldStream();
        RecordingEventLog log = new RecordingEventLog(Clock.systemUTC(), 3);
        log.append(output(Event.OutputStream.STDOUT, "line 0"));
        ServiceLog printer = start(log, out);
        out.reached.await();
        for (int i = 1; i <= 10; i++) {
            log.append(output(Event.OutputStream.STDOUT, "line " + i));
        }
        log.close();
        assertThat(printer.awaitEnd(Duration.ofMillis(1))).isFalse();
        out.release.countDown();

        assertThat(printer.awaitEnd(LIMIT)).isTrue();
        assertThat(out.bytes.toString(StandardCharsets.UTF_8)).isEqualTo("line 0\nline 8\nline 9\nline 10\n");
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("lambda-simulator: standard output was not read in time: 7 events made room for newer ones"
                        + " and are not printed\n");
    }

    private ServiceLog start(RecordingEventLog log, OutputStream out) {
        return ServiceLog.start(
                log,
                lines,
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                event -> {});
    }

    private static Event output(Event.OutputStream stream, String line) {
        return new Event.ProcessOutput(Participant.RUNTIME, stream, line);
    }

    /** A reader who does not read until told to. */
    private static final class HeldStream extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch release = new CountDownLatch(1);

        @Override
        public void write(int one) {
            throw new UnsupportedOperationException("a PrintStream writes arrays");
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            reached.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            bytes.write(from, offset, length);
        }
    }
}

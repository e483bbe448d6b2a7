package io.lambdasimulator.internal.process;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts a stream of bytes into the frames that AWS's runtime clients write to {@code _LAMBDA_TELEMETRY_LOG_FD}: four bytes of
 * type, four of length, eight for the time in microseconds if the type says so, and the message; all of it big-endian (spec:
 * aws-contract §1.12). Format and level, which the type tells too, make no difference here.
 *
 * <p>What is no frame comes out as lines, and the next frame is found behind it.
 */
final class FrameSplitter implements OutputSplitter {

    private static final Logger LOG = LoggerFactory.getLogger(FrameSplitter.class);

    private static final int TYPE = 0xa55a0000;
    private static final int FLAGS = 0b11111;
    private static final int HAS_TIME = 0b10;

    private static final int SHORT_HEADER = 8;
    private static final int LONG_HEADER = 16;

    /** More than any payload, which a function may log; a frame that claims more is none. */
    static final int LONGEST_MESSAGE = 16 * 1024 * 1024;

    /** How much of a line that is no frame is kept until its line feed comes. */
    static final int LONGEST_STRAY = 64 * 1024;

    private static final int USUAL_LENGTH = 4 * 1024;

    /** Takes what frames hold. */
    interface Messages {
        /**
         * Takes the message of one frame, without a line feed at its end.
         *
         * @param written what the frame says; null when it says nothing
         */
        void message(@Nullable Instant written, String text);
    }

    private final Messages messages;
    private final LineSplitter strays;
    private boolean hasStrayed;

    private byte[] bytes = new byte[USUAL_LENGTH];
    private int count;
    private boolean ended;

    FrameSplitter(Messages messages, Consumer<String> strayLines) {
        this.messages = messages;
        this.strays = new LineSplitter(strayLines);
    }

    @Override
    public void accept(byte[] buffer, int length) {
        if (bytes.length - count < length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, count + length));
        }
        System.arraycopy(buffer, 0, bytes, count, length);
        count += length;
        keepFrom(takeFrames(0));
    }

    @Override
    public void end() {
        ended = true;
        int at = takeFrames(0);
        while (at < count) {
            // A frame that was cut off, or one that lied about its length: then there are others in it.
            int body = at + headerLength(at);
            int next = Math.min(nextHeader(body), count);
            if (body < next) {
                takeFrame(at, next);
            }
            at = takeFrames(next);
        }
        keepFrom(count);
        strays.end();
    }

    /** Hands out all that is complete; returns where a frame begins that is not. */
    private int takeFrames(int from) {
        int at = from;
        while (true) {
            int begin = nextHeader(at);
            stray(at, begin);
            if (begin == count || count - begin < SHORT_HEADER) {
                return begin;
            }
            int end = begin + headerLength(begin) + intAt(begin + 4);
            if (end > count) {
                return begin;
            }
            takeFrame(begin, end);
            at = end;
        }
    }

    private int nextHeader(int from) {
        int at = from;
        while (at < count && !mayBeHeader(at)) {
            at++;
        }
        return at;
    }

    private boolean mayBeHeader(int at) {
        int left = count - at;
        if (ended && left < SHORT_HEADER) {
            return false;
        }
        for (int i = 0; i < Math.min(4, left); i++) {
            int shift = 24 - 8 * i;
            if ((bytes[at + i] & ~(FLAGS >>> shift) & 0xff) != (TYPE >>> shift & 0xff)) {
                return false;
            }
        }
        return left < SHORT_HEADER || Integer.compareUnsigned(intAt(at + 4), LONGEST_MESSAGE) <= 0;
    }

    private boolean hasTime(int header) {
        return (bytes[header + 3] & HAS_TIME) != 0;
    }

    private int headerLength(int header) {
        return hasTime(header) ? LONG_HEADER : SHORT_HEADER;
    }

    private int intAt(int at) {
        return ByteBuffer.wrap(bytes).getInt(at);
    }

    private void takeFrame(int begin, int end) {
        strays.end();
        int from = begin + headerLength(begin);
        int to = end > from && bytes[end - 1] == '\n' ? end - 1 : end;
        Instant written = null;
        if (hasTime(begin)) {
            long micros = ByteBuffer.wrap(bytes).getLong(begin + SHORT_HEADER);
            written =
                    Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000), Math.floorMod(micros, 1_000_000) * 1_000L);
        }
        messages.message(written, new String(bytes, from, to - from, StandardCharsets.UTF_8));
    }

    private void stray(int from, int to) {
        if (from == to) {
            return;
        }
        if (!hasStrayed) {
            hasStrayed = true;
            LOG.warn("a runtime wrote something to _LAMBDA_TELEMETRY_LOG_FD that is no frame; it is logged as lines");
        }
        strays.accept(Arrays.copyOfRange(bytes, from, to), to - from);
        if (strays.begunLength() > LONGEST_STRAY) {
            strays.end();
        }
    }

    private void keepFrom(int from) {
        int left = count - from;
        byte[] target = left < USUAL_LENGTH && bytes.length > LONGEST_STRAY ? new byte[USUAL_LENGTH] : bytes;
        System.arraycopy(bytes, from, target, 0, left);
        bytes = target;
        count = left;
    }
}

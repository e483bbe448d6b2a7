package io.lambdasimulator.internal.process;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Cuts a stream of bytes into lines. A line ends with a line feed only and may have any length; what is not UTF-8 is
 * replaced.
 */
final class LineSplitter implements OutputSplitter {

    private static final int USUAL_LENGTH = 1024;
    private static final int KEPT_LENGTH = 64 * 1024;

    private final Consumer<String> lines;
    private byte[] begun = new byte[USUAL_LENGTH];
    private int begunLength;

    LineSplitter(Consumer<String> lines) {
        this.lines = lines;
    }

    @Override
    public void accept(byte[] buffer, int length) {
        int start = 0;
        for (int i = 0; i < length; i++) {
            if (buffer[i] == '\n') {
                finish(buffer, start, i);
                start = i + 1;
            }
        }
        keep(buffer, start, length);
    }

    /** How many bytes of an unfinished line there are. */
    int begunLength() {
        return begunLength;
    }

    /** Hands out what follows the last line feed, if anything. */
    @Override
    public void end() {
        if (begunLength > 0) {
            finish(begun, 0, 0);
        }
    }

    private void finish(byte[] buffer, int from, int to) {
        if (begunLength == 0) {
            lines.accept(new String(buffer, from, to - from, StandardCharsets.UTF_8));
            return;
        }
        keep(buffer, from, to);
        String line = new String(begun, 0, begunLength, StandardCharsets.UTF_8);
        begunLength = 0;
        if (begun.length > KEPT_LENGTH) {
            begun = new byte[USUAL_LENGTH];
        }
        lines.accept(line);
    }

    private void keep(byte[] buffer, int from, int to) {
        int length = to - from;
        if (begun.length - begunLength < length) {
            begun = Arrays.copyOf(begun, Math.max(begun.length * 2, begunLength + length));
        }
        System.arraycopy(buffer, from, begun, begunLength, length);
        begunLength += length;
    }
}

package io.lambdasimulator.internal.process;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Cuts a stream of bytes into lines. A line ends with a line feed only; one that is so long that it threatens the heap
 * comes in pieces. What is not UTF-8 is replaced.
 */
final class LineSplitter implements OutputSplitter {

    private static final int USUAL_LENGTH = 1024;
    private static final int KEPT_LENGTH = 64 * 1024;

    /** In bytes. */
    static final int LONGEST = 16 * 1024 * 1024;

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
        int start = from;
        while (begunLength + to - start > LONGEST) {
            int fits = LONGEST - begunLength;
            append(buffer, start, fits);
            start += fits;
            cut();
        }
        append(buffer, start, to - start);
    }

    /** Hands out what there is of a line, but for a character that may not be complete. */
    private void cut() {
        int end = begunLength;
        while (end > begunLength - 3 && (begun[end - 1] & 0xc0) == 0x80) {
            end--;
        }
        end = (begun[end - 1] & 0xc0) == 0xc0 ? end - 1 : begunLength;
        String piece = new String(begun, 0, end, StandardCharsets.UTF_8);
        System.arraycopy(begun, end, begun, 0, begunLength - end);
        begunLength -= end;
        lines.accept(piece);
    }

    private void append(byte[] buffer, int from, int length) {
        if (begun.length - begunLength < length) {
            begun = Arrays.copyOf(begun, Math.max(begun.length * 2, begunLength + length));
        }
        System.arraycopy(buffer, from, begun, begunLength, length);
        begunLength += length;
    }
}

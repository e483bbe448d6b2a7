package io.lambdasimulator.hostile;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One hostile connection: bytes in the pieces in which they are sent, and how the client ends it.
 *
 * @param what which mutations it is made of
 */
public record Mutant(long seed, String place, int index, String what, List<byte[]> segments, Ending ending) {

    /** What the client does when everything is sent. */
    public enum Ending {
        /** Says that nothing follows, and reads what comes. */
        HALF_CLOSE,
        /** Leaves without reading anything. */
        CLOSE,
        /** Resets the connection. */
        RESET
    }

    private static final int SHOWN_OF_A_SEGMENT = 4_000;

    /** Whether the text stands in it as it is, in one of its segments or across them. */
    public boolean contains(String latin1) {
        StringBuilder all = new StringBuilder();
        segments.forEach(segment -> all.append(latin1(segment)));
        return all.indexOf(latin1) >= 0;
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Everything that is needed to do the same again: seed, index and the exact bytes, each segment on a line of its own. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(
                "mutant " + index + " of seed " + seed + " at " + place + " (" + what + "), " + ending + " after\n");
        for (byte[] segment : segments) {
            text.append("  \"").append(escaped(segment)).append("\"\n");
        }
        return text.toString();
    }

    /** Bytes as a Java literal; the middle of long ones is told by its length, since it repeats one byte or is random by the seed. */
    static String escaped(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes.length; i++) {
            if (i == SHOWN_OF_A_SEGMENT / 2 && bytes.length > SHOWN_OF_A_SEGMENT) {
                int left = bytes.length - SHOWN_OF_A_SEGMENT;
                text.append("…").append(left).append(" bytes…");
                i += left;
            }
            int b = bytes[i] & 0xff;
            switch (b) {
                case '\r' -> text.append("\\r");
                case '\n' -> text.append("\\n");
                case '\t' -> text.append("\\t");
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                default -> text.append(b >= ' ' && b < 0x7f ? String.valueOf((char) b) : String.format("\\u%04x", b));
            }
        }
        return text.toString();
    }
}

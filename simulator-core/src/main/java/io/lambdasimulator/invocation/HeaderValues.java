package io.lambdasimulator.invocation;

import java.nio.charset.StandardCharsets;

/** What may stand in an HTTP header, as every client can read it. */
final class HeaderValues {

    /** Beyond that, clients give up: the smallest limit met is Node.js's, 16 KiB for all headers together. */
    private static final int LONGEST = 8 * 1024;

    private HeaderValues() {}

    /** Visible ASCII, blanks and tabs. */
    static String require(String what, String value) {
        refuse(what, value, 0x7e, "use visible ASCII only");
        return value;
    }

    /** Any text on one line; what is not ASCII goes out as UTF-8. */
    static String requireText(String what, String value) {
        refuse(what, value, Character.MAX_VALUE, "put it on one line without control characters");
        return value;
    }

    private static void refuse(String what, String value, int highest, String advice) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0) || c > highest) {
                throw new IllegalArgumentException("%s cannot be sent as a header: character U+%04X at index %d; %s"
                        .formatted(what, (int) c, i, advice));
            }
        }
        if (!value.equals(value.strip())) {
            throw new IllegalArgumentException(
                    what + " cannot be sent as a header: it begins or ends with white space, which HTTP drops");
        }
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LONGEST) {
            throw new IllegalArgumentException(
                    "%s cannot be sent as a header: %d bytes are more than the %d that clients take"
                            .formatted(what, bytes, LONGEST));
        }
    }
}

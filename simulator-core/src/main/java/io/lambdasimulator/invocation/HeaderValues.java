package io.lambdasimulator.invocation;

/** What may stand in an HTTP header: visible ASCII, blanks and tabs, as every client can read it. */
final class HeaderValues {

    private HeaderValues() {}

    static String require(String what, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < 0x20 && c != '\t') || c > 0x7e) {
                throw new IllegalArgumentException(
                        "%s cannot be sent as a header: character U+%04X at index %d; use visible ASCII only"
                                .formatted(what, (int) c, i));
            }
        }
        if (!value.equals(value.strip())) {
            throw new IllegalArgumentException(
                    what + " cannot be sent as a header: it begins or ends with white space, which HTTP drops");
        }
        return value;
    }
}

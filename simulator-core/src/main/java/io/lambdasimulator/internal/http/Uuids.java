package io.lambdasimulator.internal.http;

import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The four spellings of a UUID that the service's parser takes. */
final class Uuids {

    private static final String HEX =
            "([0-9a-fA-F]{8})-([0-9a-fA-F]{4})-([0-9a-fA-F]{4})-([0-9a-fA-F]{4})-([0-9a-fA-F]{12})";
    private static final Pattern DASHED = Pattern.compile("(?:(?i:urn:uuid:))?" + HEX + "|\\{" + HEX + "\\}");
    private static final Pattern PLAIN = Pattern.compile("[0-9a-fA-F]{32}");

    private Uuids() {}

    static @Nullable UUID parse(String text) {
        String digits;
        Matcher dashed = DASHED.matcher(text);
        if (dashed.matches()) {
            digits = text.replaceFirst("^(?i:urn:uuid:)", "").replaceAll("[{}-]", "");
        } else if (PLAIN.matcher(text).matches()) {
            digits = text;
        } else {
            return null;
        }
        return new UUID(Long.parseUnsignedLong(digits, 0, 16, 16), Long.parseUnsignedLong(digits, 16, 32, 16));
    }
}

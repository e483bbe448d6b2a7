package io.lambdasimulator.internal.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** Percent-encoded text as UTF-8. What is not well-formed stays as it is. */
final class UrlText {

    private UrlText() {}

    /** Decodes a path, in which a plus sign is a plus sign. */
    static String decodePath(String text) {
        return decodeParameter(text.replace("+", "%2B"), text);
    }

    /** Decodes a name or value of a query, in which a plus sign is a blank. */
    static String decodeParameter(String text) {
        return decodeParameter(text, text);
    }

    private static String decodeParameter(String text, String otherwise) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return otherwise; // a % that stands for itself
        }
    }
}

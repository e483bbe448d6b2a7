package io.lambdasimulator.internal.event;

import java.util.Locale;

/** What participants wrote, for a terminal: it can neither be moved nor coloured by that. */
public final class Printable {

    private Printable() {}

    /** Shows control characters, but for tabs and line feeds, as in a Java string. */
    public static String of(String text) {
        StringBuilder shown = null;
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            if (Character.isISOControl(letter) && letter != '\t' && letter != '\n') {
                if (shown == null) {
                    shown = new StringBuilder(text.length() + 16).append(text, 0, i);
                }
                shown.append(String.format(Locale.ROOT, "\\u%04x", (int) letter));
            } else if (shown != null) {
                shown.append(letter);
            }
        }
        return shown == null ? text : shown.toString();
    }
}

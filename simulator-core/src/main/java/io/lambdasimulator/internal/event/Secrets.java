package io.lambdasimulator.internal.event;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Values that no text for people may show, such as an environment's credentials. */
public final class Secrets {

    public static final Secrets NONE = new Secrets(List.of());

    /** What is shorter stands for a secret at most; hiding each "test" in a report would make it unreadable. */
    private static final int SHORTEST = 5;

    private final List<String> values;

    private Secrets(List<String> values) {
        this.values = values;
    }

    public static Secrets of(Collection<String> values) {
        return new Secrets(values.stream()
                .filter(value -> value.length() >= SHORTEST)
                .distinct()
                // A secret may be part of another one.
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList());
    }

    /** Replaces each secret in a text. */
    public String hide(String text) {
        String hidden = text;
        for (String value : values) {
            hidden = hidden.replace(value, "***");
        }
        return hidden;
    }
}

package io.lambdasimulator.junit;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.MediaType;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.function.ThrowingConsumer;

/** Files of one test. That one cannot be written is told, and hides no failure. */
final class PublishedFiles {

    private final ExtensionContext context;
    private final String prefix;
    private final Set<String> names = new LinkedHashSet<>();
    private @Nullable Path directory;
    private String problem = "";

    /**
     * @param simulator the name of the simulator; empty without one
     */
    PublishedFiles(ExtensionContext context, String simulator) {
        this.context = context;
        this.prefix = simulator.isEmpty() ? "lambda-" : "lambda-" + simulator + "-";
    }

    void add(String name, MediaType type, ThrowingConsumer<Path> content) {
        String fileName = unique((prefix + name).replaceAll("[^A-Za-z0-9._-]", "-"));
        try {
            context.publishFile(fileName, type, file -> {
                content.accept(file);
                directory = file.getParent();
            });
            names.add(fileName);
        } catch (RuntimeException e) {
            problem = "; could not write " + fileName + ": " + e.getMessage();
        }
    }

    private String unique(String name) {
        return names.contains(name) ? unique("also-" + name) : name;
    }

    String describe() {
        String written = directory == null ? "no files" : "files in " + directory + ": " + String.join(", ", names);
        return written + problem;
    }
}

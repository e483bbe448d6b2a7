package io.lambdasimulator.internal.process;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Directories in which programs are looked up. */
record SearchPath(List<Path> directories) {

    /** The {@code PATH} of this JVM. */
    static SearchPath ofSimulator() {
        return parse(System.getenv("PATH"));
    }

    /** As in Go, relative and empty entries find nothing: what runs must not depend on where the simulator runs. */
    static SearchPath parse(@Nullable String path) {
        List<Path> directories = new ArrayList<>();
        for (String entry : (path == null ? "" : path).split(File.pathSeparator, -1)) {
            try {
                Path directory = Path.of(entry);
                if (directory.isAbsolute()) {
                    directories.add(directory);
                }
            } catch (InvalidPathException e) {
                // No file can be in a directory whose name this JVM cannot express.
            }
        }
        return new SearchPath(List.copyOf(directories));
    }

    /** Adds the directories that hold the system's own commands, wherever the {@code PATH} points. */
    SearchPath withSystemDirectories() {
        List<Path> extended = new ArrayList<>(directories);
        extended.add(Path.of("/usr/bin"));
        extended.add(Path.of("/bin"));
        return new SearchPath(List.copyOf(extended));
    }

    /** The first executable file of that name. */
    Optional<Path> find(String name) {
        return directories.stream()
                .map(directory -> directory.resolve(name))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }
}

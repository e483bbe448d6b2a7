package io.lambdasimulator.internal.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The runtime of an image or archive that names none: AWS looks for a file. */
public final class Bootstrap {

    /** Where it is looked for, in this order. */
    public static final List<Path> PLACES =
            List.of(Path.of("/var/task/bootstrap"), Path.of("/opt/bootstrap"), Path.of("/var/runtime/bootstrap"));

    private Bootstrap() {}

    /** The first that exists. */
    public static Optional<Path> find() {
        return PLACES.stream().filter(Files::exists).findFirst();
    }
}

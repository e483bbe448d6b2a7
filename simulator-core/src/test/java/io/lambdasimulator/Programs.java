package io.lambdasimulator;

import io.lambdasimulator.participant.Command;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The programs among the test resources. */
final class Programs {

    private Programs() {}

    /** A script in Python with its arguments. */
    static Command python(String file, String... arguments) {
        URL script = Objects.requireNonNull(Programs.class.getResource("/python/" + file), file);
        List<String> command = new ArrayList<>(
                List.of("python3", Path.of(URI.create(script.toString())).toString()));
        command.addAll(List.of(arguments));
        return Command.of(command);
    }
}

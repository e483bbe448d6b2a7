package io.lambdasimulator.internal.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The ways to reach the system, each of which has to be as good as the others. */
enum Variant {
    JNA_AND_SETSID,
    COMMANDS_AND_PERL;

    ProcessLauncher launcher(Path directory) throws IOException {
        if (this == JNA_AND_SETSID) {
            return new ProcessLauncher();
        }
        Path perl = SearchPath.ofSimulator().find("perl").orElseThrow();
        Files.createSymbolicLink(directory.resolve("perl"), perl);
        return new ProcessLauncher(new CommandPosix(), new PsCommand(), new SearchPath(List.of(directory)));
    }
}

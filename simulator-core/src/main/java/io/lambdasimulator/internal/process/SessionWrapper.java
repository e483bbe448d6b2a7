package io.lambdasimulator.internal.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A command that starts a session of its own and then becomes the program, with the same process id. The program so
 * leads a process group that can be signalled as a whole and that takes no signal meant for the JVM's terminal.
 */
record SessionWrapper(List<String> prefix) {

    // The block form of exec never goes through a shell. A plain setpgrp would be five times as fast, but when the
    // leader of a mere group ends, its stopped members are woken and hung up.
    private static final String PERL = "POSIX::setsid() or die; exec { $ARGV[0] } @ARGV or exit 126";

    /** Finds {@code setsid} or, where there is none, such as on macOS, {@code perl}. */
    static Optional<SessionWrapper> find(SearchPath path) {
        return path.find("setsid")
                .map(setsid -> new SessionWrapper(List.of(setsid.toString())))
                .or(() -> path.find("perl").map(SessionWrapper::perl));
    }

    private static SessionWrapper perl(Path perl) {
        return new SessionWrapper(List.of(perl.toString(), "-MPOSIX", "-e", PERL, "--"));
    }

    List<String> wrap(List<String> command) {
        List<String> wrapped = new ArrayList<>(prefix);
        wrapped.addAll(command);
        return wrapped;
    }
}

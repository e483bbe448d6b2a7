package io.lambdasimulator.internal.process;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses between JNA and commands, once, when the first process is launched. */
final class SystemPosix {

    private static final Logger LOG = LoggerFactory.getLogger(SystemPosix.class);

    static final Posix INSTANCE = choose();

    private SystemPosix() {}

    // JNA fails in several ways: the jar is left out, its library cannot be unpacked or loaded, or a newer JDK denies
    // native access.
    private static Posix choose() {
        try {
            return new JnaPosix();
        } catch (LinkageError | RuntimeException e) {
            LOG.info("JNA cannot be used ({}); signals go through the kill command", e.toString());
            return new CommandPosix();
        }
    }
}

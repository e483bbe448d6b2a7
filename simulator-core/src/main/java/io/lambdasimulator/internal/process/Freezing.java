package io.lambdasimulator.internal.process;

import java.io.File;
import java.util.Optional;

/** Whether processes can be frozen here. */
public final class Freezing {

    private Freezing() {}

    /** Why processes cannot be frozen on this machine; empty when they can. */
    public static Optional<String> unsupportedReason() {
        return unsupportedReason(File.separatorChar, SearchPath.ofSimulator().withSystemDirectories());
    }

    static Optional<String> unsupportedReason(char separator, SearchPath commands) {
        if (separator != '/') {
            return Optional.of("freezing processes needs Linux or macOS; participants in the JVM freeze everywhere");
        }
        if (Posix.system() instanceof CommandPosix && commands.find("kill").isEmpty()) {
            return Optional.of("freezing processes needs JNA or the kill command: JNA cannot be used, and there is no"
                    + " kill on the PATH, in /usr/bin or in /bin");
        }
        return Optional.empty();
    }

    /** Whether processes can be frozen on this machine. */
    public static boolean isSupported() {
        return unsupportedReason().isEmpty();
    }
}

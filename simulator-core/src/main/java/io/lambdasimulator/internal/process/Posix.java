package io.lambdasimulator.internal.process;

import java.io.IOException;
import java.nio.file.Path;

/** The few system calls that Java does not offer. */
interface Posix {

    int SIGKILL = 9;
    int SIGTERM = 15;

    // These two have other numbers on macOS, where Linux's SIGSTOP is SIGCONT.
    boolean IS_LINUX = System.getProperty("os.name", "").startsWith("Linux");
    int SIGSTOP = IS_LINUX ? 19 : 17;
    int SIGCONT = IS_LINUX ? 18 : 19;

    /** What became of a signal. */
    enum Delivery {
        DELIVERED,
        /** There is no such process or group. */
        NOBODY,
        REFUSED
    }

    /**
     * Sends a signal to a whole process group.
     *
     * @param group the group's id, greater than 1
     * @param signal the signal's number; 0 only asks whether the group has members
     */
    Delivery signalGroup(int group, int signal);

    /**
     * Sends a signal to one process.
     *
     * @param pid the process, greater than 1
     * @param signal the signal's number; 0 only asks whether the process may be signalled
     */
    Delivery signal(long pid, int signal);

    /**
     * The session of a process.
     *
     * @return the session's id, or 0 when it is unknown
     */
    int session(long pid);

    /** Makes a named pipe that only this user can open. */
    void makeFifo(Path path) throws IOException;

    /** The system calls through JNA, or through the commands {@code kill} and {@code mkfifo} where JNA cannot load. */
    static Posix system() {
        return SystemPosix.INSTANCE;
    }

    /** Refuses what is not the id of one process, and init. */
    static int requireProcess(long pid) {
        if (pid <= 1 || pid > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(pid + " is not a process that may be signalled");
        }
        return (int) pid;
    }

    /** Refuses what {@code kill} would take for "every process", "my own group" or init. */
    static int requireGroup(int group) {
        if (group <= 1) {
            throw new IllegalArgumentException(group + " is not a process group that may be signalled");
        }
        return group;
    }
}

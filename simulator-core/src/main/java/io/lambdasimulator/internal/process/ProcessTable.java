package io.lambdasimulator.internal.process;

import java.util.List;
import java.util.Optional;

/** The processes of this machine. */
interface ProcessTable {

    /**
     * One process as it was at one moment.
     *
     * @param session 0 where it is not known
     * @param state as {@code ps} has it: {@code T} is stopped, {@code Z} has ended
     * @param start when it started, to tell it from another one that has its id later; only to be compared
     * @param residentBytes memory in RAM, 0 where it is not known
     */
    record Entry(
            long pid, long parent, long group, long session, char state, int threads, long start, long residentBytes) {

        /** Whether it has ended, though its parent may not have asked yet. Other threads may outlive the first one. */
        boolean hasEnded() {
            return state == 'X' || (state == 'Z' && threads <= 1);
        }
    }

    /** All processes, or none where the system does not show them. */
    List<Entry> processes();

    /** One process. */
    Optional<Entry> find(long pid);

    /** Whether all threads of a living process are stopped. */
    boolean isStopped(Entry process);

    /** Whether two entries of one id are one process. */
    default boolean isSame(Entry one, Entry other) {
        return one.pid() == other.pid() && one.start() == other.start();
    }

    /** {@code /proc} where there is one, {@code ps} elsewhere. */
    static ProcessTable system() {
        return ProcFiles.exist() ? new ProcFiles() : new PsCommand();
    }
}

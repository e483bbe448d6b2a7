package io.lambdasimulator.internal.process;

import io.lambdasimulator.internal.process.Posix.Delivery;
import java.util.List;
import java.util.OptionalLong;

/**
 * The group that a launched process leads, and its session of the same id. Both are touched only while the id cannot
 * stand for another group: the system keeps an id out of use as long as a process, a group or a session has it, so it is
 * ours while the leader is not reaped, and afterwards until the last member is gone.
 */
final class ProcessGroup implements Freezer.Head {

    private final Posix posix;
    private final Process leader;
    private final int id;
    private boolean gone;

    ProcessGroup(Posix posix, Process leader) {
        this.posix = posix;
        this.leader = leader;
        this.id = Posix.requireGroup(Math.toIntExact(leader.pid()));
    }

    /** Whether the group has members; false until the leader has made it. */
    boolean hasMembers() {
        return posix.signalGroup(id, 0) == Delivery.DELIVERED;
    }

    /** SIGTERM to the group while its leader lives. */
    synchronized void terminate() {
        if (leader.isAlive()) {
            posix.signalGroup(id, Posix.SIGTERM);
        }
    }

    /** Those whom the leader left behind are signalled too. */
    @Override
    public synchronized void signalGroup(int signal) {
        if (!isGone()) {
            posix.signalGroup(id, signal);
        }
    }

    @Override
    public OptionalLong group() {
        return isGone() ? OptionalLong.empty() : OptionalLong.of(id);
    }

    @Override
    public boolean leadsSession() {
        return true;
    }

    @Override
    public boolean is(ProcessTable.Entry process) {
        return process.pid() == id && leader.isAlive();
    }

    /** SIGKILL to the group; after the leader's end once more, for those it left behind. */
    synchronized void kill() {
        boolean led = leader.isAlive();
        if (led || !isGone()) {
            posix.signalGroup(id, Posix.SIGKILL);
            gone = !led;
        }
    }

    /** The members of the session that are known by it alone, because their parent has ended. */
    synchronized List<ProcessHandle> orphans() {
        return leader.isAlive() || isStrange() ? List.of() : sessionMembers();
    }

    /** Whether the leader has ended and left nobody behind, or those have been killed. */
    synchronized boolean isGone() {
        if (!gone && !leader.isAlive()) {
            gone = isStrange() || (!hasMembers() && sessionMembers().isEmpty());
        }
        return gone;
    }

    // Once the leader is reaped, a process with its id shows that the id was free, and so belongs to somebody else.
    private boolean isStrange() {
        return ProcessHandle.of(id).isPresent();
    }

    private List<ProcessHandle> sessionMembers() {
        return ProcessHandle.allProcesses()
                .filter(process -> posix.session(process.pid()) == id)
                .toList();
    }
}

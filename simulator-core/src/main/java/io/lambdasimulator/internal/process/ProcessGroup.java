package io.lambdasimulator.internal.process;

import io.lambdasimulator.internal.process.Posix.Delivery;

/**
 * The group that a launched process leads. Signals a group only while its id cannot stand for another one: the system
 * keeps an id out of use as long as a process or a group has it, so it is ours while the leader is not reaped, and
 * afterwards until the last member is gone.
 */
final class ProcessGroup {

    private final Posix posix;
    private final Process leader;
    private final int id;
    private boolean gone;

    ProcessGroup(Posix posix, Process leader) {
        this.posix = posix;
        this.leader = leader;
        this.id = Posix.requireGroup(Math.toIntExact(leader.pid()));
    }

    /** Whether the leader has made its group; false also once all members are gone. */
    boolean exists() {
        return posix.signalGroup(id, 0) == Delivery.DELIVERED;
    }

    /** SIGTERM to the group while its leader lives. */
    synchronized void terminate() {
        if (!gone && leader.isAlive()) {
            posix.signalGroup(id, Posix.SIGTERM);
        }
    }

    /** SIGKILL to the group; after the leader's end once more, for those it left behind. */
    synchronized void kill() {
        boolean led = leader.isAlive();
        if (isGone()) {
            return;
        }
        Delivery delivery = posix.signalGroup(id, Posix.SIGKILL);
        gone = !led || delivery == Delivery.NOBODY;
    }

    /** Whether nothing is left to be signalled; asked of the system once the leader has ended. */
    synchronized boolean isGone() {
        if (!gone && !leader.isAlive()) {
            // A process with the leader's id can only be a stranger: the id was free in between, and so is the group's.
            gone = ProcessHandle.of(id).isPresent() || !exists();
        }
        return gone;
    }
}

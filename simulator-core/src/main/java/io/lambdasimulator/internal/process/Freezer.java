package io.lambdasimulator.internal.process;

import io.lambdasimulator.internal.process.FreezeResult.Outcome;
import io.lambdasimulator.internal.process.ProcessTable.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Freezes and thaws one process with its family: its group, its session, its descendants, and whoever was seen to be one of
 * them before.
 */
final class Freezer implements Freezable {

    /** The process at the head of the family. */
    interface Head {

        /** The group that the process leads, if it may be signalled now. */
        OptionalLong group();

        /** Whether everybody in the session of that id is a descendant. */
        boolean leadsSession();

        /** Whether this is the process, alive. */
        boolean is(Entry process);

        /** Signals the group; does nothing when it may not be signalled. */
        void signalGroup(int signal);
    }

    private static final long FIRST_PAUSE = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(2);

    private final Posix posix;
    private final ProcessTable table;
    private final Head head;
    private final Consumer<String> beforeStop;
    private final Runnable afterThaw;

    // All below is guarded by this object's monitor. It is held over signals, never over waits.
    private long turn;
    private boolean frozen;
    private final Map<Long, Entry> seen = new HashMap<>();
    private final Map<Long, Entry> stopped = new HashMap<>();

    Freezer(Posix posix, ProcessTable table, Head head) {
        this(posix, table, head, id -> {}, () -> {});
    }

    /**
     * @param beforeStop told of each id, negative for a group, before it gets its SIGSTOP
     * @param afterThaw called when all of them have been continued
     */
    Freezer(Posix posix, ProcessTable table, Head head, Consumer<String> beforeStop, Runnable afterThaw) {
        this.posix = posix;
        this.table = table;
        this.head = head;
        this.beforeStop = beforeStop;
        this.afterThaw = afterThaw;
    }

    @Override
    public FreezeResult freeze(Duration bound) {
        long begin = System.nanoTime();
        long myTurn;
        synchronized (this) {
            myTurn = ++turn;
            frozen = true;
            stopGroup();
        }
        long pause = FIRST_PAUSE;
        while (true) {
            if (isOver(myTurn)) { // looking at all processes takes longer than a thaw wants to wait
                return result(Outcome.THAWED, begin, 0, List.of());
            }
            OptionalLong group = head.group();
            List<Entry> processes = table.processes();
            List<Entry> family;
            synchronized (this) {
                family = familyIn(processes, group);
                remember(family);
            }
            List<Entry> running =
                    family.stream().filter(process -> !table.isStopped(process)).toList();
            List<Entry> untold;
            synchronized (this) {
                if (turn != myTurn) {
                    return result(Outcome.THAWED, begin, 0, List.of());
                }
                untold = stopOutsiders(family, group);
            }
            if (processes.isEmpty()) {
                return result(Outcome.UNCONFIRMED, begin, 0, List.of());
            }
            // Whoever got the signal as a member of the group was in it before this look, and forks no more.
            if (running.isEmpty() && untold.isEmpty()) {
                return result(family.isEmpty() ? Outcome.NOBODY : Outcome.CONFIRMED, begin, family.size(), List.of());
            }
            long left = bound.toNanos() - (System.nanoTime() - begin);
            if (left <= 0) {
                List<Long> ids = Stream.concat(running.stream(), untold.stream())
                        .map(Entry::pid)
                        .distinct()
                        .toList();
                return result(Outcome.PARTLY, begin, family.size(), ids);
            }
            LockSupport.parkNanos(Math.min(pause, left));
            pause = Math.min(2 * pause, LONGEST_PAUSE);
        }
    }

    private synchronized boolean isOver(long myTurn) {
        return turn != myTurn;
    }

    private static FreezeResult result(Outcome outcome, long begin, int members, List<Long> running) {
        return new FreezeResult(outcome, Duration.ofNanos(System.nanoTime() - begin), members, running);
    }

    private void stopGroup() {
        OptionalLong group = head.group();
        if (group.isPresent()) {
            beforeStop.accept("-" + group.getAsLong());
            head.signalGroup(Posix.SIGSTOP);
        }
    }

    /** Returns those who had not been told before. */
    private List<Entry> stopOutsiders(List<Entry> family, OptionalLong group) {
        List<Entry> untold = new ArrayList<>();
        for (Entry process : family) {
            Entry known = stopped.put(process.pid(), process);
            boolean isTold = isIn(process, group) || (known != null && table.isSame(known, process));
            if (!isTold) {
                beforeStop.accept(Long.toString(process.pid()));
                posix.signal(process.pid(), Posix.SIGSTOP);
                untold.add(process);
            }
        }
        return untold;
    }

    private static boolean isIn(Entry process, OptionalLong group) {
        return group.isPresent() && process.group() == group.getAsLong();
    }

    @Override
    public synchronized void thaw() {
        if (!frozen) {
            return;
        }
        turn++;
        frozen = false;
        OptionalLong group = head.group();
        head.signalGroup(Posix.SIGCONT);
        for (Entry process : stopped.values()) {
            if (!isIn(process, group)) {
                continueOne(process);
            }
        }
        stopped.clear();
        afterThaw.run();
    }

    private void continueOne(Entry process) {
        if (table.find(process.pid()).filter(now -> table.isSame(now, process)).isPresent()) {
            posix.signal(process.pid(), Posix.SIGCONT);
        }
    }

    /** SIGKILL to all who are known to be elsewhere than in the group. */
    void killOutsiders() {
        synchronized (this) {
            if (seen.isEmpty()) {
                return;
            }
        }
        OptionalLong group = head.group();
        List<Entry> family = familyIn(table.processes());
        synchronized (this) {
            remember(family);
        }
        for (Entry process : family) {
            if (!isIn(process, group)) {
                posix.signal(process.pid(), Posix.SIGKILL);
            }
        }
    }

    /** The living processes of the family among those that a look has just shown. */
    synchronized List<Entry> familyIn(List<Entry> processes) {
        return familyIn(processes, head.group());
    }

    private void remember(List<Entry> family) {
        seen.clear();
        family.forEach(process -> seen.put(process.pid(), process));
    }

    private List<Entry> familyIn(List<Entry> processes, OptionalLong group) {
        Set<Long> ids = new HashSet<>();
        List<Entry> family = new ArrayList<>();
        List<Entry> others = new ArrayList<>();
        for (Entry process : processes) {
            Entry before = seen.get(process.pid());
            boolean isMember = isIn(process, group)
                    || (head.leadsSession() && group.isPresent() && process.session() == group.getAsLong())
                    || head.is(process)
                    || (before != null && table.isSame(before, process));
            (isMember ? family : others).add(process);
            if (isMember) {
                ids.add(process.pid());
            }
        }
        boolean grows = !ids.isEmpty();
        while (grows) {
            List<Entry> children = others.stream()
                    .filter(process -> ids.contains(process.parent()))
                    .toList();
            grows = !children.isEmpty();
            family.addAll(children);
            others.removeAll(children);
            children.forEach(child -> ids.add(child.pid()));
        }
        family.removeIf(Entry::hasEnded);
        return family;
    }
}

package io.lambdasimulator.internal.process;

import io.lambdasimulator.internal.process.Posix.Delivery;
import io.lambdasimulator.internal.process.ProcessTable.Entry;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that the user started, to be frozen and thawed together with its descendants. It is never killed. Should the JVM
 * end while it is frozen, the guard thaws it.
 */
public final class ForeignProcess implements Freezable {

    private static final Logger LOG = LoggerFactory.getLogger(ForeignProcess.class);

    private final Entry process;
    private final Posix posix;
    private final ProcessTable table;
    private final Guard guard;
    private final Freezer freezer;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    private ForeignProcess(Entry process, Posix posix, ProcessTable table, Guard guard) {
        this.process = process;
        this.posix = posix;
        this.table = table;
        this.guard = guard;
        this.freezer = new Freezer(posix, table, new Head(), this::beforeStop, this::afterThaw);
    }

    /**
     * Takes a process to be frozen.
     *
     * @throws IllegalArgumentException when freezing it would freeze this JVM, reach processes that nobody named, or fail; the
     *     message says why
     * @throws UnsupportedOperationException when processes cannot be frozen here
     */
    public static ForeignProcess of(long pid) {
        Freezing.unsupportedReason().ifPresent(reason -> {
            throw new UnsupportedOperationException(reason);
        });
        return of(pid, Posix.system(), ProcessTable.system());
    }

    static ForeignProcess of(long pid, Posix posix, ProcessTable table) {
        long self = ProcessHandle.current().pid();
        refuseIf(pid == 0, pid, "to the system it stands for this JVM's own process group");
        refuseIf(pid < 0, pid, "a negative number stands for a process group; give the id of one process");
        refuseIf(pid > Integer.MAX_VALUE, pid, "no process has such an id");
        refuseIf(pid == 1, pid, "it is the machine's first process");
        refuseIf(pid == self, pid, "it is this JVM, which could not thaw itself");

        Map<Long, Entry> processes = table.processes().stream()
                .collect(Collectors.toMap(Entry::pid, Function.identity(), (one, other) -> other));
        Entry process = processes.get(pid);
        refuseIf(process == null || process.hasEnded(), pid, "no process has this id now; it may have ended");
        Entry ancestor = processes.get(self);
        refuseIf(
                ancestor != null && ancestor.group() == pid,
                pid,
                "it leads the process group of this JVM, which would freeze as well");
        for (int depth = 0; ancestor != null && depth < processes.size(); depth++) {
            refuseIf(ancestor.pid() == pid, pid, "this JVM descends from it and would freeze as well");
            ancestor = processes.get(ancestor.parent());
        }
        Optional<String> owner = owner(pid);
        refuseIf(
                posix.signal(pid, 0) != Delivery.DELIVERED || !owner.equals(owner(self)),
                pid,
                "it belongs to another user" + owner.map(name -> ", " + name).orElse(""));
        if (process == null) {
            throw new IllegalStateException("refused above");
        }
        Guard guard = Guard.ofJvm();
        try {
            Optional<SessionWrapper> wrapper =
                    SessionWrapper.find(SearchPath.ofSimulator().withSystemDirectories());
            if (wrapper.isPresent()) {
                guard.start(posix, wrapper.get());
            }
        } catch (IOException e) {
            LOG.warn("process {} would stay frozen if this JVM ended meanwhile: {}", pid, e.getMessage());
        }
        return new ForeignProcess(process, posix, table, guard);
    }

    private static void refuseIf(boolean wrong, long pid, String why) {
        if (wrong) {
            throw new IllegalArgumentException("process " + pid + " cannot be frozen: " + why);
        }
    }

    private static Optional<String> owner(long pid) {
        return ProcessHandle.of(pid).flatMap(handle -> handle.info().user());
    }

    public long pid() {
        return process.pid();
    }

    /** Whether the process lives; another one that has its id by now does not count. */
    public boolean isAlive() {
        return find().isPresent();
    }

    private Optional<Entry> find() {
        return table.find(process.pid()).filter(now -> table.isSame(now, process) && !now.hasEnded());
    }

    @Override
    public FreezeResult freeze(Duration bound) {
        return freezer.freeze(bound);
    }

    @Override
    public void thaw() {
        freezer.thaw();
    }

    private void beforeStop(String id) {
        if (told.add(id)) {
            guard.stop(id);
        }
    }

    private void afterThaw() {
        told.forEach(guard::cont);
        told.clear();
    }

    @Override
    public String toString() {
        return "process " + process.pid();
    }

    private final class Head implements Freezer.Head {

        // Members of a group that somebody else leads are nobody that was named.
        @Override
        public OptionalLong group() {
            return find().filter(now -> now.group() == now.pid()).isPresent()
                    ? OptionalLong.of(process.pid())
                    : OptionalLong.empty();
        }

        @Override
        public boolean leadsSession() {
            return false;
        }

        @Override
        public boolean is(Entry other) {
            return table.isSame(process, other);
        }

        @Override
        public void signalGroup(int signal) {
            group().ifPresent(id -> posix.signalGroup(Math.toIntExact(id), signal));
        }
    }
}

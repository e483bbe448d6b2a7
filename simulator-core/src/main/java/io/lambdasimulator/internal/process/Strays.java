package io.lambdasimulator.internal.process;

import io.lambdasimulator.internal.process.ProcessTable.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Processes that have left their group, their session and, by the death of their parent, their ancestry, as daemons do. What
 * they cannot leave is the environment they inherited, and in it the address of the Runtime API, which no other execution
 * environment of this time has. Only Linux shows it; elsewhere none are found.
 *
 * <p>The user may have given that address to processes of his own. Those are no daemons: they are in the session of this JVM,
 * a process that goes on is their parent, or they are spared.
 */
final class Strays {

    static final String VARIABLE = "AWS_LAMBDA_RUNTIME_API";

    private static final long BOUND = TimeUnit.SECONDS.toNanos(2);

    private final Guard guard;
    private final ProcessTable table;
    private final Set<String> marks = ConcurrentHashMap.newKeySet();
    private final Set<ProcessHandle> launched = ConcurrentHashMap.newKeySet();
    private final Set<ProcessHandle> spared = ConcurrentHashMap.newKeySet();

    // An address may have been in use before, by an environment whose strays are not ours.
    private volatile @Nullable Instant since;

    Strays(Guard guard, ProcessTable table) {
        this.guard = guard;
        this.table = table;
    }

    /**
     * Remembers what marks the descendants of a process, before it runs its program.
     *
     * @throws IOException when the guard, which looks for them too, cannot be told
     */
    void of(ProcessHandle launched, @Nullable String runtimeApi) throws IOException {
        if (runtimeApi == null) {
            return;
        }
        this.launched.add(launched);
        String mark = VARIABLE + "=" + runtimeApi;
        if (marks.add(mark) && since == null) {
            since = launched.info().startInstant().orElse(Instant.EPOCH);
        }
        guard.mark(mark);
    }

    /** Remembers a process that the user has started, and is none whoever its parent is. */
    void spare(ProcessHandle process) {
        spared.add(process);
    }

    /** Kills all that are found, and looks again until none are. */
    void kill() {
        long start = System.nanoTime();
        List<ProcessHandle> found = find();
        while (!found.isEmpty() && System.nanoTime() - start < BOUND) {
            found.forEach(ProcessHandle::destroyForcibly);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            found = find();
        }
        launched.removeIf(process -> !process.isAlive());
    }

    /** Nobody can be one any more. */
    void forget() {
        marks.forEach(guard::unmark);
    }

    private List<ProcessHandle> find() {
        Instant earliest = since;
        if (earliest == null) {
            return List.of();
        }
        long self = ProcessHandle.current().pid();
        Map<Long, ProcessHandle> marked = ProcessHandle.allProcesses()
                .filter(process -> process.pid() != self && isMarked(process))
                .filter(process ->
                        !process.info().startInstant().orElse(Instant.EPOCH).isBefore(earliest))
                .collect(Collectors.toMap(ProcessHandle::pid, process -> process));
        return marked.isEmpty() ? List.of() : withoutTheUsers(marked);
    }

    private List<ProcessHandle> withoutTheUsers(Map<Long, ProcessHandle> marked) {
        Map<Long, Entry> all = table.processes().stream()
                .collect(Collectors.toMap(Entry::pid, process -> process, (one, same) -> one));
        Entry self = all.get(ProcessHandle.current().pid());
        if (self == null) {
            return List.copyOf(marked.values());
        }
        // Orphans go to the first process, or to one between it and this one that asked for them.
        Set<Long> adopters = new HashSet<>(Set.of(1L));
        for (Entry ancestor = all.get(self.parent()); ancestor != null; ancestor = all.get(ancestor.parent())) {
            adopters.add(ancestor.pid());
        }
        return marked.values().stream()
                .filter(process -> {
                    Entry oldest = all.get(process.pid());
                    while (oldest != null && marked.containsKey(oldest.parent()) && !isSpared(oldest, marked)) {
                        oldest = all.get(oldest.parent());
                    }
                    return oldest == null
                            || launched.contains(marked.get(oldest.pid()))
                            || (!isSpared(oldest, marked)
                                    && adopters.contains(oldest.parent())
                                    && oldest.session() != self.session());
                })
                .toList();
    }

    private boolean isSpared(Entry process, Map<Long, ProcessHandle> marked) {
        return spared.contains(marked.get(process.pid()));
    }

    private boolean isMarked(ProcessHandle process) {
        try {
            String environment = Files.readString(
                    Path.of("/proc", Long.toString(process.pid()), "environ"), StandardCharsets.ISO_8859_1);
            for (String variable : environment.split("\0", -1)) {
                if (marks.contains(variable)) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false; // it has ended, is somebody else's, or this is not Linux
        }
    }
}

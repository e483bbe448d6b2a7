package io.lambdasimulator.internal.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Processes that have left their group, their session and, by the death of their parent, their ancestry, as daemons do. What
 * they cannot leave is the environment they inherited, and in it the address of the Runtime API, which no other execution
 * environment of this time has. Only Linux shows it; elsewhere none are found.
 */
final class Strays {

    static final String VARIABLE = "AWS_LAMBDA_RUNTIME_API";

    private static final long BOUND = TimeUnit.SECONDS.toNanos(2);

    private final Guard guard;
    private final Set<String> marks = ConcurrentHashMap.newKeySet();

    // An address may have been in use before, by an environment whose strays are not ours.
    private volatile @Nullable Instant since;

    Strays(Guard guard) {
        this.guard = guard;
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
        String mark = VARIABLE + "=" + runtimeApi;
        if (marks.add(mark) && since == null) {
            since = launched.info().startInstant().orElse(Instant.EPOCH);
        }
        guard.mark(mark);
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
        marks.forEach(guard::unmark);
    }

    private List<ProcessHandle> find() {
        Instant earliest = since;
        if (earliest == null) {
            return List.of();
        }
        long self = ProcessHandle.current().pid();
        return ProcessHandle.allProcesses()
                .filter(process -> process.pid() != self && isMarked(process))
                .filter(process ->
                        !process.info().startInstant().orElse(Instant.EPOCH).isBefore(earliest))
                .toList();
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

package io.lambdasimulator.internal.process;

import io.lambdasimulator.environment.ProcessExit;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that was launched: one thread for each output stream watches it, and one for its end. */
final class ChildProcess implements LaunchedProcess {

    private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);

    /** How long the end waits for the streams to end while a member of the group may hold them open. */
    private static final long OPEN_STREAM_BOUND = TimeUnit.MILLISECONDS.toNanos(200);

    /** The same when the group is empty: nobody is known to hold them, so most likely the machine is slow. */
    private static final long SLOW_MACHINE_BOUND = TimeUnit.SECONDS.toNanos(1);

    private final String name;
    private final Process process;
    private final ProcessGroup group;
    private final Freezer freezer;
    private final ProcessListener listener;
    private final List<OutputReader> readers;
    private final Consumer<ChildProcess> onEnd;

    // Descendants seen before a kill, which orphans those that left the group and so hides them.
    private final Set<ProcessHandle> descendants = ConcurrentHashMap.newKeySet();

    /** @param onEnd called when the process has ended and its end was reported */
    ChildProcess(
            String name,
            Process process,
            ProcessGroup group,
            Freezer freezer,
            ProcessListener listener,
            List<OutputReader> readers,
            Consumer<ChildProcess> onEnd) {
        this.name = name;
        this.process = process;
        this.group = group;
        this.freezer = freezer;
        this.listener = listener;
        this.readers = readers;
        this.onEnd = onEnd;
    }

    /** Tells the listener of the start, then of everything else. */
    void watch() {
        try {
            listener.started(process.pid());
        } catch (RuntimeException e) {
            LOG.error("a listener failed on the start of {}", name, e);
        }
        readers.forEach(reader -> startThread(reader.stream().name().toLowerCase(Locale.ROOT), reader));
        startThread("exit", this::awaitEnd);
    }

    private void startThread(String task, Runnable runnable) {
        Thread thread = new Thread(runnable, name + "-" + task);
        thread.setDaemon(true);
        thread.start();
    }

    private void awaitEnd() {
        try {
            int exitValue = process.waitFor();
            awaitOutput();
            listener.exited(ProcessExit.of(exitValue));
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        } catch (RuntimeException e) {
            LOG.error("a listener failed on the end of {}", name, e);
        } finally {
            onEnd.accept(this);
        }
    }

    private void awaitOutput() throws InterruptedException {
        long ended = System.nanoTime();
        readers.forEach(OutputReader::leaderEnded);
        for (OutputReader reader : readers) {
            if (!reader.awaitEnd(ended + OPEN_STREAM_BOUND - System.nanoTime()) && !group.hasMembers()) {
                reader.awaitEnd(ended + SLOW_MACHINE_BOUND - System.nanoTime());
            }
        }
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public void afterOutput(Runnable task) {
        AtomicInteger left = new AtomicInteger(readers.size());
        for (OutputReader reader : readers) {
            reader.whenCaughtUp(() -> {
                if (left.decrementAndGet() == 0) {
                    task.run();
                }
            });
        }
    }

    @Override
    public void terminate() {
        // In this order, so that the first thing it does when it runs again is to take the signal.
        group.terminate();
        freezer.thaw();
    }

    @Override
    public FreezeResult freeze(Duration bound) {
        return freezer.freeze(bound);
    }

    @Override
    public void thaw() {
        freezer.thaw();
    }

    /** Those of some processes that are this one and its descendants, as far as they live. */
    List<ProcessTable.Entry> familyIn(List<ProcessTable.Entry> processes) {
        return freezer.familyIn(processes);
    }

    @Override
    public void kill() {
        if (process.isAlive()) {
            process.descendants().forEach(descendants::add);
        }
        group.kill();
    }

    /** SIGKILL to the group and to every descendant that was ever seen, whatever group it is in now. */
    @Override
    public void killTree() {
        group.orphans().forEach(descendants::add);
        freezer.killOutsiders();
        kill();
        descendants.forEach(ProcessHandle::destroyForcibly);
    }

    /** Waits until the process was reaped. */
    boolean awaitReaped(long boundNanos) {
        return Waiting.forExit(process, boundNanos);
    }

    /** Whether nothing of it is left to be killed. */
    boolean isGone() {
        return !process.isAlive() && group.isGone() && descendants.stream().noneMatch(ProcessHandle::isAlive);
    }

    @Override
    public String toString() {
        return name + " (pid " + process.pid() + ")";
    }
}

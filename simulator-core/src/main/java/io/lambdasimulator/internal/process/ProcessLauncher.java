package io.lambdasimulator.internal.process;

import io.lambdasimulator.event.Event.OutputStream;
import io.lambdasimulator.internal.process.LaunchException.Reason;
import io.lambdasimulator.participant.Command;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Launches the processes of one execution environment, each as the leader of a session and a process group of its own,
 * and ends them: all that still live are killed by {@link #close()} and when the JVM exits.
 *
 * <p>May be used by several threads.
 */
public final class ProcessLauncher implements AutoCloseable {

    private static final long REAP_BOUND = TimeUnit.SECONDS.toNanos(2);
    private static final long START_BOUND = TimeUnit.SECONDS.toNanos(10);

    private static final String LOG_DESCRIPTOR_VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD";

    /** As in {@code error=7, Argument list too long} and, of newer JDKs, {@code error: 7 (Argument list too long)}. */
    private static final Pattern SYSTEM_ERROR = Pattern.compile("error(?:=|: )[0-9]+,? \\(?([^)]+)");

    private final @Nullable Posix givenPosix;
    private final SearchPath systemCommands;

    // Launches hold the read lock, so that close, which takes the write lock, meets no process half started.
    private final ReadWriteLock launching = new ReentrantReadWriteLock();
    private boolean closed;

    private final Object closing = new Object();
    private final Set<ChildProcess> children = ConcurrentHashMap.newKeySet();
    private final Guard guard = Guard.ofJvm();
    private final ProcessTable table;
    private final Strays strays;

    // One claim for each process that is being started or tracked.
    private final AtomicInteger hookClaims = new AtomicInteger();

    /** Makes a launcher; nothing is started or loaded before the first launch. */
    public ProcessLauncher() {
        this(null, ProcessTable.system(), SearchPath.ofSimulator().withSystemDirectories());
    }

    ProcessLauncher(@Nullable Posix posix, ProcessTable table, SearchPath systemCommands) {
        this.givenPosix = posix;
        this.table = table;
        this.strays = new Strays(guard, table);
        this.systemCommands = systemCommands;
    }

    /**
     * Launches a program. Its environment is exactly the one given, overlaid with that of the command; its standard input
     * is empty. A bare program name is looked up in the simulator's own {@code PATH}, a relative path is resolved
     * against the working directory.
     *
     * <p>The listener hears of the start before this method returns, and may hear of everything else, the exit included.
     *
     * @param name what threads and messages call the process
     * @param command the program
     * @param environment all its environment variables
     * @param defaultDirectory the working directory unless the command has one; null for that of the simulator
     * @param listener told of output and exit
     * @return the running process
     * @throws LaunchException when the program cannot be started, or this launcher is closed
     */
    public LaunchedProcess launch(
            String name,
            Command command,
            Map<String, String> environment,
            @Nullable Path defaultDirectory,
            ProcessListener listener)
            throws LaunchException {
        return launch(name, command, environment, defaultDirectory, false, listener);
    }

    /**
     * Launches a program as above and, if asked to, with a descriptor for framed logs.
     *
     * @param framedLog whether it has one, with its number in {@code _LAMBDA_TELEMETRY_LOG_FD}
     */
    public LaunchedProcess launch(
            String name,
            Command command,
            Map<String, String> environment,
            @Nullable Path defaultDirectory,
            boolean framedLog,
            ProcessListener listener)
            throws LaunchException {
        SessionWrapper wrapper = sessionWrapper(command);
        Path directory = directory(command, defaultDirectory);
        Executable.checkDirectory(directory);
        Path program = Executable.resolve(command.arguments().get(0), directory, SearchPath.ofSimulator());

        List<String> arguments = new ArrayList<>(command.arguments());
        arguments.set(0, program.toString());
        ProcessBuilder builder = new ProcessBuilder(wrapper.wrap(Gate.hold(arguments)));
        builder.directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().putAll(command.environment());
        if (framedLog) {
            builder.environment().put(LOG_DESCRIPTOR_VARIABLE, Integer.toString(Gate.LOG_DESCRIPTOR));
        }

        ChildProcess child;
        launching.readLock().lock();
        try {
            child = launch(name, program, wrapper, builder, framedLog, listener);
        } finally {
            launching.readLock().unlock();
        }
        child.watch();
        return child;
    }

    private SessionWrapper sessionWrapper(Command command) throws LaunchException {
        String complaint = "cannot start " + command.arguments().get(0) + " in a session of its own: ";
        if (File.separatorChar != '/') {
            throw new LaunchException(
                    Reason.UNSUPPORTED,
                    complaint + "this needs Linux or macOS; participants in the JVM work everywhere");
        }
        return SessionWrapper.find(systemCommands)
                .orElseThrow(() -> new LaunchException(
                        Reason.UNSUPPORTED,
                        complaint + "there is neither setsid nor perl on the PATH, in /usr/bin or in /bin"));
    }

    private static Path directory(Command command, @Nullable Path defaultDirectory) {
        Path directory = command.directory().orElse(defaultDirectory);
        return (directory == null ? Path.of("") : directory).toAbsolutePath();
    }

    private ChildProcess launch(
            String name,
            Path program,
            SessionWrapper wrapper,
            ProcessBuilder builder,
            boolean framedLog,
            ProcessListener listener)
            throws LaunchException {
        if (closed) {
            throw new LaunchException(Reason.CLOSED, "cannot start " + program + ": the environment is closed");
        }
        claimHook(program);
        boolean launched = false;
        try {
            ChildProcess child = start(name, program, wrapper, builder, framedLog, listener);
            children.add(child);
            launched = true;
            return child;
        } catch (IOException | UncheckedIOException e) {
            throw new LaunchException(Reason.UNSUPPORTED, "fork/exec " + program + ": " + complaint(e));
        } finally {
            if (!launched) {
                releaseHook();
            }
        }
    }

    private ChildProcess start(
            String name,
            Path program,
            SessionWrapper wrapper,
            ProcessBuilder builder,
            boolean framedLog,
            ProcessListener listener)
            throws IOException {
        Posix posix = givenPosix == null ? Posix.system() : givenPosix;
        // It is for the program alone; the commands before it get none.
        Map<String, String> environment = Map.copyOf(builder.environment());
        builder.environment().clear();
        guard.start(posix, wrapper);
        Path pipes = Files.createTempDirectory("lambda-simulator-");
        try (OutputPipe stdout = OutputPipe.create(posix, pipes.resolve("stdout"));
                OutputPipe stderr = OutputPipe.create(posix, pipes.resolve("stderr"));
                OutputPipe log = framedLog ? OutputPipe.create(posix, pipes.resolve("log")) : null) {
            builder.redirectOutput(stdout.file()).redirectError(stderr.file());
            Process process = builder.start();
            try {
                guard.add(process.pid());
                strays.of(process.toHandle(), environment.get(Strays.VARIABLE));
                Gate.open(process, program.toString(), environment, log == null ? null : log.file());
                ProcessGroup group = new ProcessGroup(posix, process);
                // The wrapper makes the group a moment after it was started; a signal sent before would reach nobody.
                await(process, group::hasMembers, "no process group of its own");
                List<OutputReader> readers = new ArrayList<>();
                if (log != null) {
                    // The name of the pipe has to stay until then.
                    await(process, log::takeGreeting, "no descriptor for its framed log");
                    readers.add(new OutputReader(log.connected(), OutputStream.FRAMED_LOG, listener));
                }
                readers.add(new OutputReader(stdout.connected(), OutputStream.STDOUT, listener));
                readers.add(new OutputReader(stderr.connected(), OutputStream.STDERR, listener));
                return new ChildProcess(
                        name, process, group, new Freezer(posix, table, group), listener, readers, this::ended);
            } catch (IOException | RuntimeException e) {
                process.destroyForcibly();
                guard.gone(process.pid());
                throw e;
            }
        } finally {
            Files.deleteIfExists(pipes);
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Process process, Condition condition, String complaint) throws IOException {
        long start = System.nanoTime();
        while (!condition.holds() && process.isAlive()) {
            if (System.nanoTime() - start > START_BOUND) {
                throw new IOException(complaint + " within 10 s");
            }
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(50));
        }
    }

    // Java's message names the wrapper; what the system said stands at its end.
    private static String complaint(Exception e) {
        String message = String.valueOf(e.getMessage());
        Matcher matcher = SYSTEM_ERROR.matcher(message);
        return matcher.find() ? matcher.group(1).toLowerCase(Locale.ROOT) : message;
    }

    private void ended(ChildProcess child) {
        if (child.isGone()) {
            forget(child);
        } else {
            guard.left(child.pid());
        }
    }

    private void forget(ChildProcess child) {
        if (children.remove(child)) {
            guard.gone(child.pid());
            releaseHook();
        }
    }

    private void claimHook(Path program) throws LaunchException {
        synchronized (hookClaims) {
            try {
                if (hookClaims.getAndIncrement() == 0) {
                    JvmExitHook.add(this);
                }
            } catch (IllegalStateException e) {
                hookClaims.decrementAndGet();
                throw new LaunchException(Reason.CLOSED, "cannot start " + program + ": the JVM is shutting down");
            }
        }
    }

    private void releaseHook() {
        synchronized (hookClaims) {
            if (hookClaims.decrementAndGet() == 0) {
                JvmExitHook.remove(this);
            }
        }
    }

    /** Makes a sampler of the memory of all that is launched here; it looks at nothing by itself. */
    public MemorySampler memorySampler() {
        return new MemorySampler(table, () -> {
            List<ChildProcess> launched = List.copyOf(children);
            List<ProcessTable.Entry> all = launched.isEmpty() ? List.of() : table.processes();
            return launched.stream()
                    .flatMap(child -> child.familyIn(all).stream())
                    .toList();
        });
    }

    /** Takes a process that was launched by somebody else for no daemon of those launched here. */
    public void spare(long pid) {
        ProcessHandle.of(pid).ifPresent(strays::spare);
    }

    /** Kills those who have become daemons; returns when they are gone, or after 2 s. */
    public void killStrays() {
        strays.kill();
    }

    /**
     * Kills all processes that still live with their groups and descendants, and those that have left both, and waits until
     * the processes that were launched are reaped. Nothing can be launched afterwards. Closing again does nothing.
     *
     * @throws IllegalStateException when a process still runs 2 s after SIGKILL
     */
    @Override
    public void close() {
        launching.writeLock().lock();
        try {
            closed = true;
        } finally {
            launching.writeLock().unlock();
        }
        synchronized (closing) {
            List<ChildProcess> open = List.copyOf(children);
            open.forEach(ChildProcess::killTree);
            long start = System.nanoTime();
            List<ChildProcess> left = new ArrayList<>();
            for (ChildProcess child : open) {
                if (child.awaitReaped(REAP_BOUND - (System.nanoTime() - start))) {
                    forget(child);
                } else {
                    left.add(child);
                }
            }
            strays.kill();
            strays.forget();
            if (!left.isEmpty()) {
                throw new IllegalStateException("still running 2 s after SIGKILL: " + left);
            }
        }
    }
}

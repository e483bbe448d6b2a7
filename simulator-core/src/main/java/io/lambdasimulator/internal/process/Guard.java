package io.lambdasimulator.internal.process;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process that kills what this JVM leaves behind, however the JVM ends. There is one; it is started with the first
 * process, in a session of its own, and ends with the JVM, whose end closes the pipe from which it reads.
 *
 * <p>Nobody waits for its answers: what was written into a pipe is read before its end, so who is known here before it runs is
 * known to the guard when the JVM is gone.
 */
final class Guard {

    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);

    private static final long START_BOUND = TimeUnit.SECONDS.toNanos(10);

    /** What the guard's lines and the pattern it searches for can hold. */
    private static final Pattern MARK = Pattern.compile("[!-~]+");

    private static final Guard OF_JVM = new Guard();

    // Lines that are in force, in their order; its monitor guards the pipe as well. A line is shorter than what a pipe
    // takes at once, and the guard does nothing but read.
    private final Set<String> inForce = new LinkedHashSet<>();
    private @Nullable OutputStream pipe;
    private @Nullable SessionWrapper wrapper;
    private @Nullable Posix posix;
    private long pid;

    private Guard() {}

    static Guard ofJvm() {
        return OF_JVM;
    }

    /**
     * Starts the guard unless it runs, and returns when it cannot be ended by a signal to the JVM's terminal any more.
     *
     * @throws IOException when it cannot be started
     */
    synchronized void start(Posix system, SessionWrapper session) throws IOException {
        posix = system;
        wrapper = session;
        if (pipe == null) {
            begin(system, session);
        }
    }

    private void begin(Posix system, SessionWrapper session) throws IOException {
        Path directory = Files.createTempDirectory("lambda-simulator-");
        Path fifo = directory.resolve("guard");
        try {
            system.makeFifo(fifo);
            // Opening one end of a named pipe waits for the other, except when opened for both.
            try (RandomAccessFile holder = new RandomAccessFile(fifo.toFile(), "rw")) {
                holder.write(script());
                pid = run(session, fifo.toFile());
                OutputStream opened = new FileOutputStream(fifo.toFile());
                for (String line : inForce) {
                    opened.write(bytes(line));
                }
                pipe = opened;
                LOG.debug("process {} guards those launched by this JVM", pid);
            }
        } finally {
            Files.deleteIfExists(fifo);
            Files.delete(directory);
        }
    }

    // A child would hold up the end of the JVM for 300 ms, and be found by whoever looks for processes left behind.
    // This
    // one ends at once, and leaves the guard to the system.
    private static long run(SessionWrapper session, File input) throws IOException {
        ProcessBuilder command = new ProcessBuilder(session.wrap(List.of("/bin/sh", "-s", "lambda-simulator-guard")));
        command.environment().clear();
        command.environment()
                .put(
                        "PATH",
                        SearchPath.ofSimulator().withSystemDirectories().directories().stream()
                                .map(Path::toString)
                                .collect(Collectors.joining(File.pathSeparator)));
        command.environment().put("LC_ALL", "C");
        command.redirectInput(input);
        Process starter = command.start();
        if (!Waiting.forExit(starter, START_BOUND)) {
            starter.destroyForcibly();
            throw new IOException("the guard process did not start within 10 s");
        }
        String output = new String(starter.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        if (starter.exitValue() != 0 || !output.matches("\\d+")) {
            String complaint = new String(starter.getErrorStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            throw new IOException("the guard process cannot be started: "
                    + (complaint.isEmpty() ? "exit code " + starter.exitValue() : complaint));
        }
        return Long.parseLong(output);
    }

    static byte[] script() throws IOException {
        try (InputStream in = Guard.class.getResourceAsStream("guard.sh")) {
            if (in == null) {
                throw new IOException("guard.sh is missing from the simulator's jar");
            }
            return in.readAllBytes();
        }
    }

    /** A process that was started, before it runs its program. */
    synchronized void add(long leader) throws IOException {
        enforce("add " + leader);
    }

    /** The leader has ended and others of its group live on. */
    synchronized void left(long leader) {
        if (inForce.remove("add " + leader)) {
            tell("left " + leader, true);
        }
    }

    /** Nobody of the group is left. */
    synchronized void gone(long leader) {
        if (inForce.remove("add " + leader) || inForce.remove("left " + leader)) {
            tell("gone " + leader, false);
        }
    }

    /** A variable by which descendants can be found, wherever they are; one that the guard cannot search for is left out. */
    synchronized void mark(String variable) throws IOException {
        if (MARK.matcher(variable).matches() && !inForce.contains("mark " + variable)) {
            enforce("mark " + variable);
        }
    }

    synchronized void unmark(String variable) {
        if (inForce.remove("mark " + variable)) {
            tell("unmark " + variable, false);
        }
    }

    /** A process or, when negative, a group that must not stay stopped, and is not to be killed. */
    synchronized void stop(String id) {
        if (!inForce.contains("stop " + id)) {
            tell("stop " + id, true);
        }
    }

    synchronized void cont(String id) {
        if (inForce.remove("stop " + id)) {
            tell("cont " + id, false);
        }
    }

    private void enforce(String line) throws IOException {
        inForce.add(line);
        try {
            write(line);
        } catch (IOException e) {
            inForce.remove(line);
            throw e;
        }
    }

    private void tell(String line, boolean isInForce) {
        if (isInForce) {
            inForce.add(line);
        }
        try {
            write(line);
        } catch (IOException e) {
            LOG.warn("processes that this JVM leaves behind may stay: {}", e.getMessage());
        }
    }

    private void write(String line) throws IOException {
        if (pipe == null) {
            restart();
            return;
        }
        try {
            pipe.write(bytes(line));
        } catch (IOException e) {
            LOG.warn("the guard process {} was ended by somebody; starting another one", pid);
            pipe.close();
            pipe = null;
            restart();
        }
    }

    private static byte[] bytes(String line) {
        return (line + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private void restart() throws IOException {
        if (posix == null || wrapper == null) {
            throw new IOException("the guard process was never started");
        }
        begin(posix, wrapper);
    }

    /** The process that guards; 0 before it was started. */
    synchronized long pid() {
        return pid;
    }
}

package io.lambdasimulator.cli;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The command line as a user runs it: in a JVM of its own, from the test's class path. */
final class CliProcess implements AutoCloseable {

    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(40);

    private final Process process;
    private final Output out;
    private final Output err;

    private CliProcess(Process process) {
        this.process = process;
        this.out = new Output(process.getInputStream());
        this.err = new Output(process.getErrorStream());
    }

    static CliProcess start(String... arguments) throws IOException {
        return start(System.getProperty("java.class.path"), Path.of(""), Map.of(), arguments);
    }

    static CliProcess start(String classPath, Path directory, Map<String, String> environment, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                java(),
                "-XX:TieredStopAtLevel=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                classPath,
                Main.class.getName()));
        if (Runtime.version().feature() >= 24) {
            command.add(1, "--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toAbsolutePath().toFile());
        // What the machine that runs the tests happens to set is no part of them.
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("AWS_") || name.equals("LOG_LEVEL") || name.endsWith("_OPTIONS"));
        builder.environment().putAll(environment);
        return new CliProcess(builder.start());
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Where the simulator's own classes are: enough for the demo's runtime and extension. */
    static Path classes() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(entry -> entry.resolve("io/lambdasimulator/cli/Main.class")
                        .toFile()
                        .exists())
                .findFirst()
                .orElseThrow();
    }

    /** Waits for a line on standard error that matches as a whole. */
    Matcher awaitError(String pattern) {
        return err.await(Pattern.compile(pattern));
    }

    /** Waits for a line on standard output that matches as a whole. */
    Matcher awaitOutput(String pattern) {
        return out.await(Pattern.compile(pattern));
    }

    Process process() {
        return process;
    }

    /** SIGTERM, and no more: {@link Process#destroy()} would stop to read as well. */
    void terminate() {
        process.toHandle().destroy();
    }

    int awaitExit() throws InterruptedException {
        if (!process.waitFor(LIMIT_NANOS, TimeUnit.NANOSECONDS)) {
            throw new AssertionError("still running; " + this);
        }
        out.awaitEnd();
        err.awaitEnd();
        return process.exitValue();
    }

    List<String> output() {
        return out.lines();
    }

    List<String> errors() {
        return err.lines();
    }

    @Override
    public String toString() {
        return "standard output:\n" + String.join("\n", output()) + "\nstandard error:\n" + String.join("\n", errors());
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private final class Output {
        private final List<String> lines = new ArrayList<>();
        private boolean ended;

        Output(InputStream stream) {
            Thread reader = new Thread(() -> read(stream), "cli-output");
            reader.setDaemon(true);
            reader.start();
        }

        private void read(InputStream stream) {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                String line;
                while ((line = reader.readLine()) != null) {
                    synchronized (this) {
                        lines.add(line);
                        notifyAll();
                    }
                }
            } catch (IOException e) {
                // Closed, since the test is over.
            } finally {
                synchronized (this) {
                    ended = true;
                    notifyAll();
                }
            }
        }

        synchronized List<String> lines() {
            return List.copyOf(lines);
        }

        Matcher await(Pattern pattern) {
            int seen = 0;
            while (true) {
                List<String> fresh = awaitBeyond(seen);
                for (String line : fresh) {
                    Matcher matcher = pattern.matcher(line);
                    if (matcher.matches()) {
                        return matcher;
                    }
                }
                if (fresh.isEmpty()) {
                    throw new AssertionError("no line that matches " + pattern + "; " + CliProcess.this);
                }
                seen += fresh.size();
            }
        }

        /** Empty at the end, and when nothing comes in time. */
        private synchronized List<String> awaitBeyond(int seen) {
            long limit = System.nanoTime() + LIMIT_NANOS;
            long remaining;
            while (lines.size() <= seen && !ended && (remaining = limit - System.nanoTime()) > 0) {
                await(remaining);
            }
            return List.copyOf(lines.subList(seen, lines.size()));
        }

        synchronized void awaitEnd() {
            long limit = System.nanoTime() + LIMIT_NANOS;
            long remaining;
            while (!ended && (remaining = limit - System.nanoTime()) > 0) {
                await(remaining);
            }
            if (!ended) {
                throw new AssertionError("somebody holds the output open");
            }
        }

        @SuppressWarnings("WaitNotInLoop") // its callers loop
        private synchronized void await(long nanos) {
            try {
                TimeUnit.NANOSECONDS.timedWait(this, nanos);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}

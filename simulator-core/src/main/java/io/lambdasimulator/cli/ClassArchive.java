package io.lambdasimulator.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the JVM makes of the program's classes, kept in a file so that the next start need not do it again: a class-data archive, or
 * from Java 25 on an AOT cache. Another JVM makes it from a {@link TrainingCommand short life} and writes it when it exits. The file
 * appears under its name when it is complete, and behind it a second one with its size and the option for {@code java};
 * {@code standalone/launcher.sh} reads both. Whoever makes the same one at the same time only replaces it by its like.
 */
final class ClassArchive {

    /** The launcher says in it which archive it would have liked to use. */
    private static final String PROPERTY = "lambda-simulator.class-archive";

    private static final String UNFINISHED = ".part";
    private static final Duration FORGOTTEN = Duration.ofMinutes(10);
    private static final long CLEANING_MILLIS = 2000;

    private static final Logger LOG = LoggerFactory.getLogger(ClassArchive.class);

    private final Path file;
    private @Nullable Thread thread;
    private @Nullable Process maker;
    private boolean stopped;

    private ClassArchive(Path file) {
        this.file = file;
    }

    /** The one beside the standalone jar. */
    static ClassArchive besideTheJar() {
        Path jar = jar();
        String name = String.valueOf(jar.getFileName());
        return new ClassArchive(jar.resolveSibling(name.replaceFirst("\\.jar$", "") + ".jsa"));
    }

    /** The one that was missing when this JVM was started, if it was started by the launcher. */
    static Optional<ClassArchive> missing() {
        return Optional.ofNullable(System.getProperty(PROPERTY)).map(file -> new ClassArchive(Path.of(file)));
    }

    Path file() {
        return file;
    }

    /** Makes it on a thread of its own and at a lower priority. If it cannot be made, nobody is bothered with that. */
    void makeInTheBackground() {
        thread = new Thread(
                () -> {
                    try {
                        make(List.of("nice", "-n", "5"));
                    } catch (IOException | RuntimeException e) {
                        LOG.debug("there will be no {}", file, e);
                    }
                },
                "lambda-class-archive");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Makes it.
     *
     * @throws IOException if it cannot be written or would not be used, or the JVM that should make it fails
     */
    void make() throws IOException {
        if (!hasCache() && jar().toString().contains(" ")) {
            throw new IOException("this Java uses no archive of a jar whose path has a blank in it: move the jar");
        }
        make(List.of());
    }

    private void make(List<String> prefix) throws IOException {
        Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
        deleteForgotten(folder);
        Path unfinished = Files.createTempFile(folder, file.getFileName() + ".", UNFINISHED);
        Path made = Path.of(unfinished + ".made");
        try {
            train(prefix, unfinished);
            Files.writeString(
                    made,
                    Files.size(unfinished) + " " + (hasCache() ? "-XX:AOTCache" : "-XX:SharedArchiveFile") + "\n");
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
            Files.move(made, Path.of(file + ".made"), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
            Files.deleteIfExists(made);
            Files.deleteIfExists(Path.of(unfinished + ".config")); // AOT caches are made in two steps
        }
    }

    private void train(List<String> prefix, Path into) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                (hasCache() ? "-XX:AOTCacheOutput=" : "-XX:ArchiveClassesAtExit=") + into,
                // As the launcher starts it.
                "-XX:TieredStopAtLevel=1",
                "-jar",
                jar().toString(),
                TrainingCommand.NAME));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // Neither the user's credentials and settings nor his JVM options, such as an agent or another archive, are for
        // this.
        builder.environment().keySet().retainAll(List.of("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL"));
        Process process = start(builder);
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        int code = process.onExit().join().exitValue();
        if (code != 0 || Files.size(into) == 0) {
            throw new IOException("the JVM that should make " + file + " ended with " + code + ": "
                    + output.substring(output.lastIndexOf('\n') + 1));
        }
    }

    private synchronized Process start(ProcessBuilder builder) throws IOException {
        if (stopped) {
            throw new IOException("it is no longer wanted");
        }
        Process process = builder.start();
        maker = process;
        return process;
    }

    /** Gives up making it in the background, if that is not over. Nothing of it is left, neither a process nor a file. */
    void stop() {
        @Nullable Process process;
        synchronized (this) {
            stopped = true;
            process = maker;
        }
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        try {
            if (thread != null) {
                thread.join(CLEANING_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a JVM left that was killed while it made an archive. */
    private static void deleteForgotten(Path folder) throws IOException {
        Instant limit = Instant.now().minus(FORGOTTEN);
        try (DirectoryStream<Path> unfinished = Files.newDirectoryStream(folder, "*" + UNFINISHED + "*")) {
            for (Path path : unfinished) {
                if (Files.getLastModifiedTime(path).toInstant().isBefore(limit)) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }

    private static boolean hasCache() {
        return Runtime.version().feature() >= 25;
    }

    private static Path jar() {
        Path path = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        if (!Files.isRegularFile(path)) {
            throw new UncheckedIOException(new IOException("there is no archive but for the standalone jar"));
        }
        return path;
    }
}

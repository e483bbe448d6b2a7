package io.lambdasimulator.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The standalone jar as a program. It is put together here as the build does, but for the libraries, which stay where they are. */
@EnabledOnOs(OS.LINUX)
class ClassArchiveTest {

    private static final String[] SERVE = {
        "serve", "--runtime-api-address=127.0.0.1:0", "--invoke-address=127.0.0.1:0", "--", "sleep", "60"
    };

    @TempDir
    static Path made;

    @TempDir
    Path folder;

    private Path jar;
    private Path cache;

    /** One archive for all, by the command, since it takes seconds. */
    @BeforeAll
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    static void warm_up() throws Exception {
        Path jar = made.resolve("lambda-simulator.jar");
        writeJar(jar);
        ProcessBuilder builder = program(jar, made.resolve("cache"), "warm-up");
        // What would keep a server of the user's own from starting is of no matter here.
        builder.environment().put("AWS_LAMBDA_FUNCTION_TIMEOUT", "none");
        Run run = run(builder);
        assertThat(run).isEqualTo(new Run(0, "Made " + made.resolve("lambda-simulator.jsa") + ".\n", ""));
    }

    @BeforeEach
    void copy_the_jar() throws IOException {
        jar = folder.resolve("lambda-simulator.jar");
        cache = folder.resolve("my cache");
        writeJar(jar);
    }

    private static void writeJar(Path jar) throws IOException {
        List<Path> classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .toList();
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, Main.class.getName());
        attributes.put(
                Attributes.Name.CLASS_PATH,
                classPath.stream()
                        .filter(Files::isRegularFile)
                        .map(path -> path.toUri().toString())
                        .collect(Collectors.joining(" ")));
        attributes.putValue("Enable-Native-Access", "ALL-UNNAMED");
        try (OutputStream out = Files.newOutputStream(jar)) {
            Files.copy(Path.of("standalone", "launcher.sh"), out);
            try (JarOutputStream zip = new JarOutputStream(out, manifest)) {
                for (Path entry : classPath) {
                    if (Files.isDirectory(entry.resolve("io/lambdasimulator/cli"))) {
                        addAll(entry, zip);
                    }
                }
            }
        }
        // Whoever compares ages sees whole seconds only.
        Files.setLastModifiedTime(
                jar, FileTime.from(Instant.now().minusSeconds(10).truncatedTo(ChronoUnit.SECONDS)));
    }

    private static void addAll(Path classes, JarOutputStream zip) throws IOException {
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = classes.relativize(file).toString();
                if (!name.contains("Test")) {
                    zip.putNextEntry(new JarEntry(name));
                    Files.copy(file, zip);
                }
            }
        }
    }

    private record Run(int code, String output, String errors) {}

    private static ProcessBuilder program(Path jar, Path cache, String... arguments) {
        List<String> command = new ArrayList<>(List.of("sh", jar.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("AWS_") || name.endsWith("_OPTIONS"));
        builder.environment()
                .putAll(Map.of("JAVA_HOME", System.getProperty("java.home"), "XDG_CACHE_HOME", cache.toString()));
        return builder;
    }

    private static Run run(Path jar, Path cache, String... arguments) throws Exception {
        return run(program(jar, cache, arguments));
    }

    private static Run run(ProcessBuilder builder) throws Exception {
        Path errors = Files.createTempFile(made, "errors", ".txt");
        Process process = builder.redirectError(errors.toFile()).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), output, Files.readString(errors));
    }

    /** Where the JVM took a class of ours from that every run needs. */
    private static String sourceOfMain(Path jar, Path cache) throws Exception {
        Path loaded = Files.createTempFile(made, "loaded", ".txt");
        ProcessBuilder builder = program(jar, cache, "--version");
        builder.environment().put("JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + loaded);
        Run run = run(builder);
        assertThat(run.code).as(run.toString()).isZero();
        assertThat(run.output).isEqualTo("lambda-simulator (unpackaged)\n");
        return Files.readAllLines(loaded).stream()
                .filter(line -> line.contains(" " + Main.class.getName() + " source: "))
                .map(line -> line.substring(line.indexOf("source: ") + "source: ".length()))
                .findFirst()
                .orElseThrow();
    }

    private List<String> cached() {
        if (!Files.exists(cache)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(cache)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> String.valueOf(file.getFileName()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void is_used_by_the_next_start_when_it_is_beside_the_jar() throws Exception {
        assertThat(sourceOfMain(made.resolve("lambda-simulator.jar"), cache)).startsWith("shared objects file");
        assertThat(sourceOfMain(jar, cache)).startsWith("file:");
    }

    @Test
    @EnabledForJreRange(max = JRE.JAVA_24) // an AOT cache may be anywhere
    void is_not_made_where_it_would_not_be_used() throws Exception {
        Path odd = Files.createDirectory(folder.resolve("a folder")).resolve("lambda-simulator.jar");
        writeJar(odd);

        Run run = run(odd, cache, "warm-up");

        assertThat(run.code).isEqualTo(1);
        assertThat(run.errors)
                .isEqualTo("lambda-simulator warm-up: cannot make " + odd.resolveSibling("lambda-simulator.jsa")
                        + ": this Java uses no archive of a jar whose path has a blank in it: move the jar\n");
    }

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES) // two JVMs that take 5 s of CPU each, at a lower priority
    void is_made_in_the_cache_by_the_first_servers_while_they_run_and_used_by_the_next_start() throws Exception {
        try (Serve one = new Serve(jar, cache);
                Serve other = new Serve(jar, cache)) {
            one.awaitListening();
            other.awaitListening();
            await().alias("an archive")
                    .atMost(2, TimeUnit.MINUTES)
                    .until(() -> cached().stream().anyMatch(this::isArchive));
            assertThat(sourceOfMain(jar, cache))
                    .as("while the other makes it too")
                    .startsWith("shared objects file");
            await().alias("the other's")
                    .atMost(2, TimeUnit.MINUTES)
                    .until(() -> cached().stream()
                                    .filter(name -> name.endsWith(".made"))
                                    .allMatch(this::isArchive)
                            && cached().size() == 2);
            one.end();
            other.end();
        }
        assertThat(sourceOfMain(jar, cache)).startsWith("shared objects file");
    }

    private boolean isArchive(String name) {
        return name.matches("\\d+\\.jsa\\.made");
    }

    @Test
    void leaves_neither_a_process_nor_a_file_when_the_server_ends_before_it_is_made() throws Exception {
        try (Serve serve = new Serve(jar, cache)) {
            serve.awaitListening();
            await().alias("the JVM that makes it")
                    .until(() -> serve.process.descendants().anyMatch(this::trains));
            List<ProcessHandle> makers =
                    serve.process.descendants().filter(this::trains).toList();
            serve.end();
            await().alias("its end").until(() -> makers.stream().noneMatch(ProcessHandle::isAlive));
        }
        assertThat(cached()).isEmpty();
    }

    private boolean trains(ProcessHandle process) {
        return process.info().commandLine().orElse("").endsWith(" train");
    }

    @Test
    void does_no_harm_when_it_was_cut_short_or_overwritten_or_is_older_than_the_jar() throws Exception {
        Path whole = made.resolve("lambda-simulator.jsa");
        Path archive = folder.resolve("lambda-simulator.jsa");
        Path description = folder.resolve("lambda-simulator.jsa.made");
        Files.copy(made.resolve("lambda-simulator.jsa.made"), description);
        byte[] bytes = Files.readAllBytes(whole);

        Files.write(archive, Arrays.copyOf(bytes, bytes.length / 2));
        assertThat(sourceOfMain(jar, cache)).as("cut short").startsWith("file:");

        Files.write(archive, new byte[bytes.length]);
        assertThat(sourceOfMain(jar, cache)).as("overwritten").startsWith("file:");

        // Of another jar: this one has another name and age.
        Files.write(archive, bytes);
        assertThat(sourceOfMain(jar, cache)).as("of another jar").startsWith("file:");

        Files.writeString(description, "nonsense");
        assertThat(sourceOfMain(jar, cache)).as("its description is nonsense").startsWith("file:");
    }

    @Test
    void is_done_without_where_there_is_no_folder_for_it() throws Exception {
        Files.writeString(cache, "a file");
        try (Serve serve = new Serve(jar, cache)) {
            serve.awaitListening();
            assertThat(serve.errors()).doesNotContain("cache").doesNotContain("archive");
            serve.end();
        }
        Run run = run(made.resolve("lambda-simulator.jar"), cache, "--version");
        assertThat(run.code).isZero();
        Files.delete(cache);

        ProcessBuilder homeless = program(jar, cache, "--version");
        homeless.environment().keySet().removeAll(List.of("XDG_CACHE_HOME", "HOME"));
        assertThat(run(homeless)).isEqualTo(new Run(0, "lambda-simulator (unpackaged)\n", ""));
        assertThat(cached()).isEmpty();
    }

    @Test
    void that_another_java_made_with_an_option_of_its_own_stops_nobody() throws Exception {
        Files.writeString(folder.resolve("lambda-simulator.jsa"), "another's");
        Files.writeString(folder.resolve("lambda-simulator.jsa.made"), "9 -XX:AnotherJavasArchive\n");

        assertThat(run(jar, cache, "--version")).isEqualTo(new Run(0, "lambda-simulator (unpackaged)\n", ""));
    }

    @Test
    void says_why_it_cannot_be_made_beside_the_jar() throws Exception {
        Files.createDirectory(folder.resolve("lambda-simulator.jsa"));
        Run run = run(jar, cache, "warm-up");
        assertThat(run.code).isEqualTo(1);
        assertThat(run.errors)
                .contains("lambda-simulator warm-up: cannot make " + folder.resolve("lambda-simulator.jsa"));
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.filter(Files::isRegularFile).map(file -> String.valueOf(file.getFileName())))
                    .containsExactly("lambda-simulator.jar");
        }
    }

    @Test
    void java_is_looked_for_on_the_path_and_missed_with_a_sentence() throws Exception {
        ProcessBuilder builder = program(jar, cache, "--version");
        builder.environment().remove("JAVA_HOME");
        builder.environment().put("PATH", Path.of(System.getProperty("java.home"), "bin") + ":/usr/bin:/bin");
        assertThat(run(builder)).isEqualTo(new Run(0, "lambda-simulator (unpackaged)\n", ""));

        builder.environment().put("JAVA_HOME", folder.toString());
        assertThat(run(builder))
                .isEqualTo(new Run(
                        127, "", "lambda-simulator: there is no bin/java in JAVA_HOME, which is " + folder + "\n"));
        builder.environment().remove("JAVA_HOME");

        builder.command().set(0, "/bin/sh");
        builder.environment().put("PATH", folder.toString());
        assertThat(run(builder))
                .isEqualTo(new Run(
                        127,
                        "",
                        "lambda-simulator: there is no java on the PATH, and JAVA_HOME is not set: it needs Java 17 or"
                                + " newer\n"));
    }

    private static final class Serve implements AutoCloseable {
        private final Path errors;
        private final Process process;

        Serve(Path jar, Path cache) throws IOException {
            errors = Files.createTempFile(made, "serve", ".txt");
            process = program(jar, cache, SERVE)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(errors.toFile())
                    .start();
        }

        String errors() throws IOException {
            return Files.readString(errors);
        }

        void awaitListening() {
            await().alias("a server").atMost(60, TimeUnit.SECONDS).until(() -> errors().contains("Invoke with:"));
        }

        void end() throws Exception {
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(errors()).isZero();
        }

        @Override
        public void close() {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}

package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.participant.Command;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is left of the processes when a JVM ends that never closed its launcher. */
@Timeout(120)
class JvmExitTest {

    /** Launches a process with a child of its own, prints both ids, and ends. */
    static final class Victim {

        private Victim() {}

        public static void main(String[] arguments) throws Exception {
            RecordingListener listener = new RecordingListener();
            LaunchedProcess process = new ProcessLauncher()
                    .launch(
                            "sleeper",
                            Command.of("sh", "-c", "sleep 1000 & echo $!; trap '' TERM; wait; wait"),
                            Map.of("PATH", System.getenv("PATH")),
                            null,
                            listener);
            System.out.println(process.pid() + " " + listener.awaitLines(1).get(0));
            switch (arguments[0]) {
                case "exit" -> System.exit(5);
                case "return" -> {}
                case "throw" -> throw new IllegalStateException("thrown by the test's program");
                default -> new CountDownLatch(1).await();
            }
        }
    }

    /** Launches and ends processes, and prints what is left of them in this JVM and in its directory for temporary files. */
    static final class Tidy {

        private Tidy() {}

        public static void main(String[] arguments) throws Exception {
            ProcessLauncher launcher = new ProcessLauncher();
            RecordingListener listener = new RecordingListener();
            launcher.launch("true", Command.of("true"), Map.of(), null, listener);
            listener.awaitExit();
            Machine.await("removal of the hook").until(() -> !JvmExitHook.isInstalled());
            String tooLong = "x".repeat(3_000_000);
            try {
                launcher.launch("true", Command.of("true", tooLong), Map.of(), null, listener);
            } catch (LaunchException e) {
                System.out.println("failed: " + e.reason());
            }
            System.out.println("installed after the failure: " + JvmExitHook.isInstalled());
            launcher.launch("sleep", Command.of("sleep", "1000"), Map.of(), null, new RecordingListener());
            System.out.println("installed: " + JvmExitHook.isInstalled());
            launcher.close();
            System.out.println("installed after close: " + JvmExitHook.isInstalled());
            try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                files.map(file -> file.getFileName().toString())
                        .filter(file -> file.startsWith("lambda-simulator-"))
                        .forEach(System.out::println);
            }
        }
    }

    @TempDir
    Path directory;

    private @Nullable Process jvm;

    @AfterEach
    void endTheJvm() {
        if (jvm != null) {
            jvm.destroy();
        }
    }

    private BufferedReader start(Class<?> main, String classPath, String... arguments) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        ProcessBuilder command =
                new ProcessBuilder(java, "-Djava.io.tmpdir=" + directory, "-cp", classPath, main.getName());
        command.command().addAll(List.of(arguments));
        // The JVM itself may have things to say there, such as warnings of native access.
        command.redirectError(directory.resolve("stderr").toFile());
        jvm = command.start();
        return new BufferedReader(new InputStreamReader(jvm.getInputStream(), StandardCharsets.UTF_8));
    }

    private static String classPathWithout(String library) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains(library))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private void assertThatAllEnd(String ids) throws Exception {
        assertThat(ids).matches("\\d+ \\d+");
        assertThat(jvm.waitFor(60, TimeUnit.SECONDS)).isTrue();
        for (String pid : ids.split(" ", -1)) {
            Machine.awaitEnd(Long.parseLong(pid));
        }
    }

    @ParameterizedTest
    @CsvSource({"exit, 5", "return, 0", "throw, 1"})
    void processes_end_with_the_jvm(String way, int exitValue) throws Exception {
        BufferedReader output = start(Victim.class, System.getProperty("java.class.path"), way);

        assertThatAllEnd(output.readLine());

        assertThat(jvm.exitValue()).isEqualTo(exitValue);
    }

    @Test
    void processes_end_with_a_jvm_that_is_terminated() throws Exception {
        BufferedReader output = start(Victim.class, System.getProperty("java.class.path"), "stay");
        String ids = output.readLine();

        jvm.destroy();

        assertThatAllEnd(ids);
    }

    @Test
    void all_of_it_works_without_jna() throws Exception {
        BufferedReader output = start(Victim.class, classPathWithout("/jna/"), "exit");

        assertThatAllEnd(output.readLine());

        assertThat(directory.resolve("stderr"))
                .content()
                .contains("JNA cannot be used (java.lang.NoClassDefFoundError: com/sun/jna/")
                .contains("signals go through the kill command");
    }

    @Test
    void nothing_is_kept_but_what_lives() throws Exception {
        BufferedReader output = start(Tidy.class, System.getProperty("java.class.path"));

        assertThat(output.lines())
                .containsExactly(
                        "failed: UNSUPPORTED",
                        "installed after the failure: false",
                        "installed: true",
                        "installed after close: false");
    }
}

package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.participant.Command;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
                default -> Thread.sleep(Long.MAX_VALUE);
            }
        }
    }

    /** Launches and ends processes, and prints what the hook still holds. */
    static final class Tidy {

        private Tidy() {}

        public static void main(String[] arguments) throws Exception {
            ProcessLauncher launcher = new ProcessLauncher();
            RecordingListener listener = new RecordingListener();
            launcher.launch("true", Command.of("true"), Map.of(), null, listener);
            listener.awaitExit();
            Machine.await("removal of the hook").until(() -> !JvmExitHook.isInstalled());
            launcher.launch("sleep", Command.of("sleep", "1000"), Map.of(), null, new RecordingListener());
            System.out.println("installed: " + JvmExitHook.isInstalled());
            launcher.close();
            System.out.println("installed after close: " + JvmExitHook.isInstalled());
        }
    }

    private record Jvm(Process process, BufferedReader output) {}

    private static Jvm start(Class<?> main, String classPath, String... arguments) throws Exception {
        ProcessBuilder java = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", classPath, main.getName());
        java.command().addAll(List.of(arguments));
        Process process = java.redirectErrorStream(true).start();
        return new Jvm(
                process, new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
    }

    private static String classPathWithout(String library) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains(library))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static void assertThatAllEnd(Jvm jvm, String ids) throws Exception {
        assertThat(ids).matches("\\d+ \\d+");
        assertThat(jvm.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
        for (String pid : ids.split(" ", -1)) {
            Machine.awaitEnd(Long.parseLong(pid));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit", "return", "throw"})
    void processes_end_with_the_jvm(String way) throws Exception {
        Jvm jvm = start(Victim.class, System.getProperty("java.class.path"), way);

        assertThatAllEnd(jvm, jvm.output().readLine());

        assertThat(jvm.process().exitValue())
                .isEqualTo(Map.of("exit", 5, "return", 0, "throw", 1).get(way));
    }

    @Test
    void processes_end_with_a_jvm_that_is_terminated() throws Exception {
        Jvm jvm = start(Victim.class, System.getProperty("java.class.path"), "stay");
        String ids = jvm.output().readLine();

        jvm.process().destroy();

        assertThatAllEnd(jvm, ids);
    }

    @Test
    void all_of_it_works_without_jna() throws Exception {
        Jvm jvm = start(Victim.class, classPathWithout("/jna/"), "exit");

        assertThat(jvm.output().readLine())
                .contains("JNA cannot be used (java.lang.NoClassDefFoundError: com/sun/jna/")
                .contains("signals go through the kill command");
        assertThatAllEnd(jvm, jvm.output().readLine());
    }

    @Test
    void the_hook_is_there_only_while_something_lives() throws Exception {
        Jvm jvm = start(Tidy.class, System.getProperty("java.class.path"));

        assertThat(jvm.output().lines()).containsExactly("installed: true", "installed after close: false");
        assertThat(jvm.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
}

package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.participant.Command;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of the processes when a JVM is gone from one moment to the next. */
@Timeout(120)
class GuardTest {

    private static final Duration BOUND = Duration.ofSeconds(2);

    /** By which the test finds them; the guard does not know of it. */
    private static final String TRACE = "GUARD_TEST";

    /** A process with a child, a grandchild in a session of its own, and no regard for signals. */
    private static final String STUBBORN =
            "trap '' TERM HUP INT; sleep 1000 &" + " setsid sh -c \"trap '' TERM; sleep 1000; exit\" & ";

    private static final String DAEMON = "(setsid sh -c 'sleep 1000; exit' >/dev/null 2>&1 &); ";
    private static final String FOR_EVER = "echo ready; while :; do sleep 1; done";

    /**
     * Launches stubborn processes until it is killed, each from a thread of its own. Every second one has a daemon, which the
     * guard can only find by the address of the Runtime API; every second one is frozen.
     */
    static final class Victim {

        private Victim() {}

        public static void main(String[] arguments) throws Exception {
            int count = Integer.parseInt(arguments[0]);
            String trace = arguments[1];
            ProcessLauncher launcher = new ProcessLauncher();
            List<Thread> threads = new ArrayList<>();
            System.out.println("launching");
            for (int i = 0; i < count; i++) {
                int number = i;
                Thread thread = new Thread(() -> launch(launcher, trace, number % 2 == 0, number % 4 < 2));
                threads.add(thread);
                thread.start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            System.out.println("guard " + Guard.ofJvm().pid());
            new CountDownLatch(1).await();
        }

        private static void launch(ProcessLauncher launcher, String trace, boolean hasDaemon, boolean freeze) {
            RecordingListener listener = new RecordingListener();
            try {
                LaunchedProcess process = launcher.launch(
                        "stubborn",
                        Command.of("sh", "-c", STUBBORN + (hasDaemon ? DAEMON : "") + FOR_EVER, TRACE + "=" + trace),
                        hasDaemon
                                ? Map.of(
                                        "PATH",
                                        System.getenv("PATH"),
                                        TRACE,
                                        trace,
                                        Strays.VARIABLE,
                                        "127.0.0.1:" + trace)
                                : Map.of("PATH", System.getenv("PATH"), TRACE, trace),
                        null,
                        listener);
                listener.awaitLines(1);
                if (freeze) {
                    System.out.println(
                            "froze " + process.freeze(Duration.ofSeconds(10)).outcome());
                }
            } catch (LaunchException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Freezes a process that is not its own. */
    static final class Freezes {

        private Freezes() {}

        public static void main(String[] arguments) throws Exception {
            System.out.println(ForeignProcess.of(Long.parseLong(arguments[0]))
                    .freeze(Duration.ofSeconds(10))
                    .outcome());
            new CountDownLatch(1).await();
        }
    }

    /** Has its guard killed, and launches on. */
    static final class Bereft {

        private Bereft() {}

        public static void main(String[] arguments) throws Exception {
            ProcessLauncher launcher = new ProcessLauncher();
            Map<String, String> environment = Map.of("PATH", System.getenv("PATH"));
            LaunchedProcess before =
                    launcher.launch("before", Command.of("sleep", "1000"), environment, null, new RecordingListener());
            long guard = Guard.ofJvm().pid();
            Posix.system().signal(guard, Posix.SIGKILL);
            Machine.awaitEnd(guard);
            LaunchedProcess after =
                    launcher.launch("after", Command.of("sleep", "1000"), environment, null, new RecordingListener());
            System.out.println(
                    before.pid() + " " + after.pid() + " " + (Guard.ofJvm().pid() != guard));
            new CountDownLatch(1).await();
        }
    }

    @TempDir
    Path directory;

    private final List<Process> started = new ArrayList<>();
    private final List<String> traces = new ArrayList<>();
    private final Random random = new Random();

    @AfterEach
    void endAll() {
        started.forEach(Process::destroyForcibly);
        // None, unless a test failed.
        traces.stream()
                .flatMap(trace -> traced(trace).stream())
                .map(line -> Long.parseLong(line.split(" ", 2)[0]))
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .forEach(ProcessHandle::destroyForcibly);
    }

    private Process start(Class<?> main, String... arguments) throws IOException {
        ProcessBuilder command = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                // A launch that is cut off leaves the name of its pipes.
                "-Djava.io.tmpdir=" + directory,
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
        command.command().addAll(List.of(arguments));
        command.redirectError(new File(directory.toFile(), "stderr"));
        Process process = command.start();
        started.add(process);
        return process;
    }

    /** Those who have the trace in their environment or, while they wait at the gate, in their arguments. */
    private static List<String> traced(String trace) {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("\\d+"))
                    .filter(process -> words(process, "environ").contains(TRACE + "=" + trace)
                            || words(process, "cmdline").contains(TRACE + "=" + trace))
                    .map(process -> process.getFileName() + " " + words(process, "cmdline"))
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> words(Path process, String file) {
        try {
            return Arrays.asList(Files.readString(process.resolve(file), StandardCharsets.ISO_8859_1)
                    .split("\0", -1));
        } catch (IOException e) {
            return List.of();
        }
    }

    private static void assertThatNobodyIsLeft(String trace) {
        Awaitility.await("the end of all")
                .atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> assertThat(traced(trace)).isEmpty());
    }

    private String newTrace() {
        String trace = ProcessHandle.current().pid() + "-" + random.nextInt(Integer.MAX_VALUE);
        traces.add(trace);
        return trace;
    }

    @Test
    void nobody_outlives_a_jvm_that_is_killed() throws Exception {
        String trace = newTrace();
        Process jvm = start(Victim.class, "4", trace);
        BufferedReader output = jvm.inputReader();
        assertThat(output.readLine()).isEqualTo("launching");
        assertThat(List.of(output.readLine(), output.readLine())).containsOnly("froze CONFIRMED");
        long guard = Long.parseLong(output.readLine().replace("guard ", ""));
        assertThat(traced(trace)).hasSizeGreaterThanOrEqualTo(4 * 4 + 2);

        jvm.destroyForcibly().waitFor();

        assertThatNobodyIsLeft(trace);
        Machine.awaitEnd(guard);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void nobody_outlives_a_jvm_that_is_killed_at_any_moment(int number) throws Exception {
        killAtSomeMoment();
    }

    @Test
    @Tag("stress")
    @Timeout(600)
    void nobody_outlives_fifty_jvms() throws Exception {
        int victims = 0;
        for (int i = 0; i < 50; i++) {
            victims += killAtSomeMoment();
        }
        assertThat(victims).isGreaterThan(100);
    }

    /** From the first launch to shortly after the last one; returns how many there were a moment before. */
    private int killAtSomeMoment() throws Exception {
        String trace = newTrace();
        Process jvm = start(Victim.class, "8", trace);
        assertThat(jvm.inputReader().readLine()).isEqualTo("launching");
        jvm.waitFor(random.nextInt(800), TimeUnit.MILLISECONDS);
        int victims = traced(trace).size();

        jvm.destroyForcibly().waitFor();

        assertThatNobodyIsLeft(trace);
        return victims;
    }

    @Test
    void somebody_elses_process_runs_again_and_is_not_killed() throws Exception {
        Process foreign = new ProcessBuilder("sleep", "1000").start();
        started.add(foreign);
        Process jvm = start(Freezes.class, Long.toString(foreign.pid()));
        assertThat(jvm.inputReader().readLine()).isEqualTo("CONFIRMED");
        ProcessTable table = ProcessTable.system();
        assertThat(table.find(foreign.pid()))
                .hasValueSatisfying(entry -> assertThat(table.isStopped(entry)).isTrue());

        jvm.destroyForcibly().waitFor();

        Machine.await("the thaw")
                .until(() -> !table.isStopped(table.find(foreign.pid()).orElseThrow()));
        assertThat(foreign.isAlive()).isTrue();
    }

    @Test
    void a_guard_that_was_killed_is_replaced() throws Exception {
        Process jvm = start(Bereft.class);
        String[] line = jvm.inputReader().readLine().split(" ", -1);
        assertThat(line[2]).isEqualTo("true");

        jvm.destroyForcibly().waitFor();

        Machine.awaitEnd(Long.parseLong(line[0]));
        Machine.awaitEnd(Long.parseLong(line[1]));
        assertThat(directory.resolve("stderr")).content().contains("was ended by somebody; starting another one");
    }

    @Test
    void the_guard_is_no_child_holds_nothing_open_and_heeds_no_signal() throws Exception {
        try (ProcessLauncher launcher = new ProcessLauncher()) {
            launcher.launch("true", Command.of("true"), Map.of(), null, new RecordingListener());
        }
        long guard = Guard.ofJvm().pid();
        for (int signal : List.of(1, 2, 3, 13, Posix.SIGTERM)) {
            Posix.system().signal(guard, signal);
        }

        Machine.Entry entry = Machine.processes().stream()
                .filter(process -> process.pid() == guard)
                .findFirst()
                .orElseThrow();

        assertThat(entry.parent()).isNotEqualTo(ProcessHandle.current().pid());
        assertThat(entry.group())
                .isNotEqualTo(ProcessTable.system()
                        .find(ProcessHandle.current().pid())
                        .orElseThrow()
                        .group());
        try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(guard), "fd"))) {
            List<String> targets = open.map(GuardTest::target).toList();
            assertThat(targets)
                    .filteredOn(target -> !target.equals("/dev/null"))
                    .singleElement()
                    .asString()
                    .contains("lambda-simulator-");
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return e.toString();
        }
    }

    static List<String> shells() {
        return Stream.of("/bin/sh", "/bin/dash", "/bin/bash", "/bin/busybox sh")
                .filter(shell -> Files.isExecutable(Path.of(shell.split(" ", 2)[0])))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("shells")
    void every_shell_understands_the_guard(String shell) throws Exception {
        String trace = newTrace();
        ProcessBuilder stubborn = new ProcessBuilder("setsid", "sh", "-c", STUBBORN + DAEMON + FOR_EVER);
        stubborn.environment().put(Strays.VARIABLE, "127.0.0.1:" + trace);
        stubborn.environment().put(TRACE, trace);
        Process victim = stubborn.start();
        started.add(victim);
        assertThat(victim.inputReader().readLine()).isEqualTo("ready");
        Process spared = new ProcessBuilder("setsid", "sleep", "1000").start();
        started.add(spared);
        Path fifo = directory.resolve("guard");
        new CommandPosix().makeFifo(fifo);
        List<String> command = Stream.concat(Arrays.stream(shell.split(" ", -1)), Stream.of("-s"))
                .collect(Collectors.toList());
        try (RandomAccessFile holder = new RandomAccessFile(fifo.toFile(), "rw")) {
            Process starter =
                    new ProcessBuilder(command).redirectInput(fifo.toFile()).start();
            started.add(starter);
            // However it arrives, the guard must not take text for lines.
            for (byte part : Guard.script()) {
                holder.write(part);
            }
            assertThat(starter.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(starter.exitValue()).isZero();
            holder.write(("add " + spared.pid() + "\nadd " + victim.pid() + "\ngone " + spared.pid()
                            + "\nmark A=b\nmark " + Strays.VARIABLE + "=127.0.0.1:" + trace + "\nunmark A=b\n")
                    .getBytes(StandardCharsets.UTF_8));
        }

        assertThatNobodyIsLeft(trace);
        assertThat(spared.isAlive()).isTrue();
    }
}

package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.internal.process.FreezeResult.Outcome;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Freezing of real processes, looked at from outside. */
@Timeout(120)
class FreezeTest {

    private static final Duration BOUND = Duration.ofSeconds(10);

    /** A program with many threads that never rest. */
    static final class Busy {

        private Busy() {}

        public static void main(String[] arguments) throws Exception {
            for (int i = 0; i < 20; i++) {
                Thread thread = new Thread(() -> {
                    while (true) {
                        Thread.onSpinWait();
                    }
                });
                thread.setDaemon(true);
                thread.start();
            }
            System.out.println("busy");
            System.in.read();
            Thread.sleep(1_000_000);
        }
    }

    @TempDir
    Path directory;

    private final List<Long> pids = new ArrayList<>();
    private final RecordingListener listener = new RecordingListener();
    private ProcessLauncher launcher = new ProcessLauncher();

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        launcher.close();
        Files.deleteIfExists(directory.resolve("perl"));
        Machine.awaitEmpty(pids);
    }

    private LaunchedProcess launch(String... command) throws Exception {
        LaunchedProcess process = launcher.launch(
                "test", Command.of(List.of(command)), Map.of("PATH", System.getenv("PATH")), directory, listener);
        pids.add(process.pid());
        return process;
    }

    private static List<String> states(List<Long> pids) {
        return Machine.processes().stream()
                .filter(entry -> pids.contains(entry.pid()))
                .map(entry -> entry.state().substring(0, 1))
                .toList();
    }

    private List<Long> awaitPids(int count) {
        List<Long> printed =
                listener.awaitLines(count).stream().map(Long::parseLong).toList();
        pids.addAll(printed);
        return printed;
    }

    @ParameterizedTest
    @EnumSource
    void a_process_stops_with_its_descendants_and_runs_again(Variant variant) throws Exception {
        launcher = variant.launcher(directory);
        LaunchedProcess process = launch(
                "sh",
                "-c",
                "echo $$; sh -c 'echo $$; exec sleep 1000' & setsid sh -c 'echo $$; sleep 1000; exit' & wait");
        List<Long> all = awaitPids(3);

        FreezeResult result = process.freeze(BOUND);

        assertThat(result.outcome()).isEqualTo(Outcome.CONFIRMED);
        assertThat(result.processes()).isGreaterThanOrEqualTo(3);
        assertThat(result.running()).isEmpty();
        assertThat(result.took()).isPositive();
        assertThat(states(all)).containsExactly("T", "T", "T");
        assertThat(process.freeze(BOUND).outcome()).isEqualTo(Outcome.CONFIRMED);

        process.thaw();

        assertThat(states(all)).hasSize(3).doesNotContain("T");
    }

    @Test
    void every_thread_has_stopped_when_it_is_confirmed() throws Exception {
        LaunchedProcess process = launch(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Busy.class.getName());
        listener.awaitLines(1);
        for (int i = 0; i < 20; i++) {
            assertThat(process.freeze(BOUND).outcome()).isEqualTo(Outcome.CONFIRMED);
            try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
                List<String> states = threads.map(FreezeTest::state).toList();
                assertThat(states).hasSizeGreaterThan(20).containsOnly("T");
            }
            process.thaw();
        }
    }

    private static String state(Path thread) {
        try {
            String stat = Files.readString(thread.resolve("stat"), StandardCharsets.ISO_8859_1);
            return stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whoever_forks_all_the_time_is_caught() throws Exception {
        LaunchedProcess process = launch(
                "sh",
                "-c",
                "(while :; do /bin/true; (echo x >> ticks); done) & (while :; do (setsid sh -c 'echo x >> ticks'); done) & wait");
        Path ticks = directory.resolve("ticks");
        Machine.await("ticks").until(() -> Files.exists(ticks));
        for (int i = 0; i < 30; i++) {
            FreezeResult result = process.freeze(BOUND);
            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.CONFIRMED);
            long before = Files.size(ticks);
            List<Machine.Entry> running = Machine.groupOf(process.pid()).stream()
                    .filter(entry ->
                            !entry.state().startsWith("T") && !entry.state().startsWith("D"))
                    .toList();
            assertThat(running).isEmpty();
            assertThat(Files.size(ticks)).isEqualTo(before);
            process.thaw();
            Machine.await("more ticks").until(() -> Files.size(ticks) > before);
        }
    }

    @Test
    void a_parent_that_waits_for_a_stopped_vfork_counts_as_stopped() throws Exception {
        assumeThat(SearchPath.ofSimulator().find("python3")).as("python3").isPresent();
        Path gate = directory.resolve("gate");
        new CommandPosix().makeFifo(gate);
        LaunchedProcess process = launch(
                "python3",
                "-c",
                "import os; print('ready', flush=True); os.posix_spawn('/bin/true', ['true'], {},"
                        + " file_actions=[(os.POSIX_SPAWN_OPEN, 5, 'gate', os.O_RDONLY, 0)])");
        listener.awaitLines(1);
        Machine.await("the child").until(() -> Machine.groupOf(process.pid()).size() == 2);
        assertThat(Machine.groupOf(process.pid()))
                .anyMatch(entry -> entry.state().startsWith("D"));

        FreezeResult result = process.freeze(BOUND);

        assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.CONFIRMED);
        process.thaw();
    }

    @Test
    void a_daemon_that_was_seen_before_is_frozen_too() throws Exception {
        new CommandPosix().makeFifo(directory.resolve("gate"));
        LaunchedProcess process = launch(
                "sh",
                "-c",
                "(setsid sh -c 'echo $$; sleep 1000; exit' & wait) & read line < gate; kill -9 $!; wait; echo 0; sleep 1000");
        long daemon = awaitPids(1).get(0);
        assertThat(process.freeze(BOUND).outcome()).isEqualTo(Outcome.CONFIRMED);
        process.thaw();
        Files.writeString(directory.resolve("gate"), "\n");
        listener.awaitLines(2);

        assertThat(process.freeze(BOUND).outcome()).isEqualTo(Outcome.CONFIRMED);

        assertThat(states(List.of(daemon))).containsExactly("T");
        process.thaw();
        assertThat(states(List.of(daemon))).hasSize(1).doesNotContain("T");
    }

    @Test
    void those_whom_the_leader_left_behind_are_frozen() throws Exception {
        LaunchedProcess process = launch("sh", "-c", "sh -c 'echo $$; exec sleep 1000' & exit 0");
        List<Long> left = awaitPids(1);
        listener.awaitExit();

        assertThat(process.freeze(BOUND).outcome()).isEqualTo(Outcome.CONFIRMED);

        assertThat(states(left)).containsExactly("T");
        process.thaw();
        assertThat(states(left)).hasSize(1).doesNotContain("T");
    }

    @Test
    void nobody_is_left_after_the_exit() throws Exception {
        LaunchedProcess process = launch("true");
        listener.awaitExit();

        assertThat(process.freeze(BOUND).outcome()).isEqualTo(Outcome.NOBODY);
        process.thaw();
    }

    @ParameterizedTest
    @EnumSource
    void terminate_thaws(Variant variant) throws Exception {
        launcher = variant.launcher(directory);
        LaunchedProcess process =
                launch("sh", "-c", "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
        listener.awaitLines(1);
        process.freeze(BOUND);

        process.terminate();

        assertThat(listener.awaitExit()).isEqualTo(new ProcessExit.Code(3));
        assertThat(listener.stdout()).last().isEqualTo("bye");
    }

    @Test
    void kill_and_close_reach_the_frozen() throws Exception {
        LaunchedProcess process = launch("sh", "-c", "setsid sh -c 'echo $$; sleep 1000; exit' & wait");
        awaitPids(1);
        process.freeze(BOUND);

        process.kill();

        assertThat(listener.awaitExit()).isEqualTo(new ProcessExit.Signal(9));
        launcher.close();
        Machine.awaitEmpty(pids);
    }

    @Test
    void a_thaw_wins_over_a_freeze_that_is_under_way() throws Exception {
        LaunchedProcess process = launch("sh", "-c", "while :; do /bin/true; echo x; done");
        for (int i = 0; i < 100; i++) {
            CompletableFuture<FreezeResult> freeze = CompletableFuture.supplyAsync(() -> process.freeze(BOUND));
            process.thaw();
            freeze.get(30, TimeUnit.SECONDS);
            // Either one may have been first.
            process.thaw();
            int lines = listener.stdout().size();
            Machine.await("a running process").until(() -> listener.stdout().size() > lines);
        }
    }

    @Test
    @Tag("stress")
    @Timeout(600)
    void three_thousand_freezes_are_confirmed() throws Exception {
        LaunchedProcess process =
                launch("sh", "-c", "(while :; do /bin/true; echo x >> ticks; done) & while :; do sleep 0.001; done");
        Path ticks = directory.resolve("ticks");
        Machine.await("ticks").until(() -> Files.exists(ticks));
        for (int i = 0; i < 3_000; i++) {
            FreezeResult result = process.freeze(BOUND);
            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.CONFIRMED);
            long before = Files.size(ticks);
            // A parent in vfork is held by its child.
            assertThat(states(List.of(process.pid()))).hasSize(1).isSubsetOf("T", "D");
            assertThat(Files.size(ticks)).isEqualTo(before);
            process.thaw();
        }
    }
}

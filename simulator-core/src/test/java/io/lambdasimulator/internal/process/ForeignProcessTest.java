package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.internal.process.FreezeResult.Outcome;
import io.lambdasimulator.internal.process.ProcessTable.Entry;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ForeignProcessTest {

    private static final Duration BOUND = Duration.ofSeconds(10);

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void endAll() {
        started.forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
    }

    private Process start(String... command) throws Exception {
        Process process = new ProcessBuilder(command).start();
        started.add(process);
        return process;
    }

    private static String state(long pid) {
        return Machine.processes().stream()
                .filter(entry -> entry.pid() == pid)
                .map(entry -> entry.state().substring(0, 1))
                .findFirst()
                .orElse("none");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | to the system it stands for this JVM's own process group",
                "-1 | a negative number stands for a process group; give the id of one process",
                "-42 | a negative number stands for a process group; give the id of one process",
                "1 | it is the machine's first process",
                "4294967295 | no process has such an id",
                "5000000 | no process has this id now; it may have ended"
            })
    void what_no_user_can_mean_is_refused(long pid, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForeignProcess.of(pid))
                .withMessage("process " + pid + " cannot be frozen: " + why);
    }

    @Test
    void this_jvm_and_those_above_it_are_refused() throws Exception {
        long self = ProcessHandle.current().pid();
        long parent = start("sleep", "1000").pid();
        long grandparent = start("sleep", "1000").pid();
        ChangedTable table = new ChangedTable(entry -> entry.pid() == self
                ? entry(entry, parent, 4_000_000, entry.start())
                : entry.pid() == parent ? entry(entry, grandparent, entry.group(), entry.start()) : entry);

        assertThatThrownBy(() -> ForeignProcess.of(self))
                .hasMessageEndingWith("it is this JVM, which could not thaw itself");
        for (long pid : new long[] {parent, grandparent}) {
            assertThatThrownBy(() -> ForeignProcess.of(pid, Posix.system(), table))
                    .hasMessageEndingWith("this JVM descends from it and would freeze as well");
        }
    }

    @Test
    void the_leader_of_this_jvms_group_is_refused() throws Exception {
        long self = ProcessHandle.current().pid();
        long leader = start("sleep", "1000").pid();
        ChangedTable table =
                new ChangedTable(entry -> entry.pid() == self ? entry(entry, 1, leader, entry.start()) : entry);

        assertThatThrownBy(() -> ForeignProcess.of(leader, Posix.system(), table))
                .hasMessageEndingWith("it leads the process group of this JVM, which would freeze as well");
    }

    @Test
    void who_has_ended_is_refused_although_its_id_is_still_taken() throws Exception {
        Process parent = start("sh", "-c", "sleep 1000 & echo $!; exec sleep 1001");
        long zombie = Long.parseLong(parent.inputReader().readLine());
        // A shell would ask for its child's end; sleep does not.
        Machine.await("the second program")
                .until(() -> Machine.processes().stream()
                        .anyMatch(entry -> entry.pid() == parent.pid()
                                && entry.command().endsWith("1001")
                                && entry.command().startsWith("sleep")));
        ProcessHandle.of(zombie).orElseThrow().destroyForcibly();
        Machine.await("zombie").until(() -> state(zombie).equals("Z"));

        assertThatThrownBy(() -> ForeignProcess.of(zombie))
                .hasMessageEndingWith("no process has this id now; it may have ended");
    }

    @Test
    void freezes_with_its_descendants_and_leaves_its_group_alone() throws Exception {
        Process process = start("sh", "-c", "setsid sh -c 'echo $$; sleep 1000; exit' & sleep 1000 & wait");
        BufferedReader output = process.inputReader();
        long grandchild = Long.parseLong(output.readLine());
        Process beside = start("sleep", "1000");
        ForeignProcess foreign = ForeignProcess.of(process.pid());

        FreezeResult result = foreign.freeze(BOUND);

        assertThat(result.outcome()).isEqualTo(Outcome.CONFIRMED);
        assertThat(result.processes()).isGreaterThanOrEqualTo(2);
        assertThat(List.of(state(process.pid()), state(grandchild))).containsExactly("T", "T");
        assertThat(state(beside.pid())).isNotEqualTo("T");
        foreign.thaw();
        assertThat(List.of(state(process.pid()), state(grandchild))).doesNotContain("T", "none");
    }

    @Test
    void a_group_of_its_own_freezes_as_a_whole() throws Exception {
        Process process = start("setsid", "sh", "-c", "(sh -c 'echo $$; exec sleep 1000' &); sleep 1000; exit");
        long orphan = Long.parseLong(process.inputReader().readLine());
        ForeignProcess foreign = ForeignProcess.of(process.pid());

        assertThat(foreign.freeze(BOUND).outcome()).isEqualTo(Outcome.CONFIRMED);

        assertThat(state(orphan)).isEqualTo("T");
        foreign.thaw();
        assertThat(state(orphan)).isNotIn("T", "none");
        ProcessHandle.of(orphan).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void who_ends_is_nobody() throws Exception {
        Process process = start("sleep", "1000");
        ForeignProcess foreign = ForeignProcess.of(process.pid());
        assertThat(foreign.isAlive()).isTrue();
        process.destroyForcibly().waitFor();

        assertThat(foreign.isAlive()).isFalse();
        assertThat(foreign.freeze(BOUND).outcome()).isEqualTo(Outcome.NOBODY);
        foreign.thaw();
    }

    @Test
    void an_id_that_was_given_out_again_is_left_alone() throws Exception {
        Process process = start("sleep", "1000");
        AtomicBoolean isReused = new AtomicBoolean();
        ChangedTable table = new ChangedTable(entry -> entry.pid() == process.pid() && isReused.get()
                ? entry(entry, entry.parent(), entry.group(), entry.start() + 1)
                : entry);
        ForeignProcess foreign = ForeignProcess.of(process.pid(), Posix.system(), table);
        isReused.set(true);

        assertThat(foreign.freeze(BOUND).outcome()).isEqualTo(Outcome.NOBODY);

        assertThat(foreign.isAlive()).isFalse();
        assertThat(state(process.pid())).isNotIn("T", "none");
    }

    @Test
    void another_users_process_is_refused() throws Exception {
        Process process = start("sleep", "1000");
        Posix refusing = new Posix() {
            @Override
            public Delivery signalGroup(int group, int signal) {
                return Delivery.REFUSED;
            }

            @Override
            public Delivery signal(long pid, int signal) {
                return Delivery.REFUSED;
            }

            @Override
            public int session(long pid) {
                return 0;
            }

            @Override
            public void makeFifo(Path path) {
                throw new UnsupportedOperationException();
            }
        };

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForeignProcess.of(process.pid(), refusing, ProcessTable.system()))
                .withMessageContaining("process " + process.pid() + " cannot be frozen: it belongs to another user");
    }

    private static Entry entry(Entry entry, long parent, long group, long start) {
        return new Entry(
                entry.pid(),
                parent,
                group,
                entry.session(),
                entry.state(),
                entry.threads(),
                start,
                entry.residentBytes());
    }

    /** The machine's processes, some of which are not what they are. */
    private record ChangedTable(UnaryOperator<Entry> change) implements ProcessTable {

        private static final ProcessTable REAL = ProcessTable.system();

        @Override
        public List<Entry> processes() {
            return REAL.processes().stream().map(change).toList();
        }

        @Override
        public Optional<Entry> find(long pid) {
            return REAL.find(pid).map(change);
        }

        @Override
        public boolean isStopped(Entry process) {
            return REAL.isStopped(process);
        }
    }
}

package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.internal.process.FreezeResult.Outcome;
import io.lambdasimulator.internal.process.ProcessTable.Entry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What real processes do too rarely: not to stop, to fork at the wrong moment, to leave their id to others. */
class FreezerTest {

    private static final Duration BOUND = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final Map<Long, Entry> processes = Collections.synchronizedMap(new LinkedHashMap<>());
    private final List<String> signals = new ArrayList<>();
    private final FakeSystem system = new FakeSystem();
    private final Freezer freezer = new Freezer(system, system, system);

    private Runnable beforeLook = () -> {};
    private boolean obedient = true;

    private void add(long pid, long parent, long group, char state) {
        processes.put(pid, new Entry(pid, parent, group, group, state, 1, pid * 10, 0));
    }

    @Test
    void a_group_is_told_once_and_confirmed() {
        add(100, 1, 100, 'S');
        add(101, 1, 100, 'S');
        add(200, 1, 200, 'S');

        FreezeResult result = freezer.freeze(BOUND);

        assertThat(result.outcome()).isEqualTo(Outcome.CONFIRMED);
        assertThat(result.processes()).isEqualTo(2);
        assertThat(signals).containsExactly("STOP -100");
        freezer.thaw();
        freezer.thaw();
        assertThat(signals).containsExactly("STOP -100", "CONT -100");
    }

    @Test
    void descendants_elsewhere_are_told_one_by_one() {
        add(100, 1, 100, 'S');
        add(102, 101, 102, 'S');
        add(101, 100, 101, 'S');

        assertThat(freezer.freeze(BOUND).outcome()).isEqualTo(Outcome.CONFIRMED);
        freezer.thaw();

        assertThat(signals)
                .startsWith("STOP -100")
                .contains("STOP 101", "STOP 102", "CONT -100", "CONT 101", "CONT 102")
                .hasSize(6);
    }

    @Test
    void a_child_born_while_its_parent_is_told_is_told_as_well() {
        add(100, 1, 100, 'S');
        add(101, 100, 101, 'S');
        beforeLook = () -> {
            if (signals.contains("STOP 101")) {
                add(102, 101, 102, 'S');
                beforeLook = () -> {};
            }
        };

        assertThat(freezer.freeze(Duration.ofSeconds(10)).processes()).isEqualTo(3);

        assertThat(signals).contains("STOP 102");
    }

    @Test
    void who_lost_its_parents_is_known_from_before() {
        add(100, 1, 100, 'S');
        add(101, 100, 101, 'S');
        freezer.freeze(BOUND);
        freezer.thaw();
        signals.clear();
        add(101, 1, 101, 'S');

        assertThat(freezer.freeze(BOUND).processes()).isEqualTo(2);

        assertThat(signals).contains("STOP 101");
    }

    @Test
    void who_does_not_stop_is_named_when_the_bound_is_over() {
        add(100, 1, 100, 'S');
        add(101, 100, 100, 'S');
        obedient = false;

        FreezeResult result = freezer.freeze(SHORT);

        assertThat(result.outcome()).isEqualTo(Outcome.PARTLY);
        assertThat(result.running()).containsExactly(100L, 101L);
        assertThat(result.took()).isBetween(SHORT, Duration.ofSeconds(5));
        assertThat(result.toString()).contains("still running: [100, 101] of 2 processes");
    }

    @Test
    void a_thaw_in_between_wins() {
        add(100, 1, 100, 'S');
        obedient = false;
        beforeLook = freezer::thaw;

        FreezeResult result = freezer.freeze(Duration.ofSeconds(30));

        assertThat(result.outcome()).isEqualTo(Outcome.THAWED);
        assertThat(signals).containsExactly("STOP -100", "CONT -100");
    }

    @Test
    void an_id_that_became_somebody_elses_is_not_continued() {
        add(100, 1, 100, 'S');
        add(101, 100, 101, 'S');
        freezer.freeze(BOUND);
        signals.clear();
        processes.put(101L, new Entry(101, 1, 101, 101, 'S', 1, 77_777, 0));

        freezer.thaw();

        assertThat(signals).containsExactly("CONT -100");
    }

    @Test
    void nobody_is_left() {
        add(100, 1, 100, 'Z');

        assertThat(freezer.freeze(BOUND).outcome()).isEqualTo(Outcome.NOBODY);
    }

    @Test
    void a_system_that_shows_nothing_leaves_it_unconfirmed() {
        FreezeResult result = freezer.freeze(BOUND);

        assertThat(result.outcome()).isEqualTo(Outcome.UNCONFIRMED);
        assertThat(result.toString()).isEqualTo("told to stop, unconfirmed: neither /proc nor ps shows the processes");
    }

    private final class FakeSystem implements Posix, ProcessTable, Freezer.Head {

        @Override
        public Delivery signalGroup(int group, int signal) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void signalGroup(int signal) {
            signals.add(name(signal) + " -100");
            processes.replaceAll((pid, entry) -> entry.group() == 100 ? after(entry, signal) : entry);
        }

        @Override
        public Delivery signal(long pid, int signal) {
            signals.add(name(signal) + " " + pid);
            processes.computeIfPresent(pid, (id, entry) -> after(entry, signal));
            return Delivery.DELIVERED;
        }

        private String name(int signal) {
            return signal == SIGSTOP ? "STOP" : "CONT";
        }

        private Entry after(Entry entry, int signal) {
            char state = signal == SIGSTOP && obedient && entry.state() != 'Z' ? 'T' : entry.state();
            return new Entry(entry.pid(), entry.parent(), entry.group(), entry.session(), state, 1, entry.start(), 0);
        }

        @Override
        public int session(long pid) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void makeFifo(Path path) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Entry> processes() {
            beforeLook.run();
            return List.copyOf(processes.values());
        }

        @Override
        public Optional<Entry> find(long pid) {
            return Optional.ofNullable(processes.get(pid));
        }

        @Override
        public boolean isStopped(Entry process) {
            return process.state() == 'T';
        }

        @Override
        public OptionalLong group() {
            return OptionalLong.of(100);
        }

        @Override
        public boolean leadsSession() {
            return true;
        }

        @Override
        public boolean is(Entry process) {
            return process.pid() == 100;
        }
    }
}

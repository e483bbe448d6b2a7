package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom a group's signals may reach, above all once its id may have become somebody else's. */
class ProcessGroupTest {

    /** Larger than any id that Linux or macOS gives out. */
    private static final int FREE_ID = 5_000_000;

    private final RecordingPosix posix = new RecordingPosix();

    @Test
    void a_living_leaders_group_takes_every_signal() {
        FakeProcess leader = new FakeProcess(FREE_ID);
        ProcessGroup group = new ProcessGroup(posix, leader);

        group.terminate();
        group.kill();
        group.kill();

        assertThat(posix.signals).containsExactly("15 to 5000000", "9 to 5000000", "9 to 5000000");
        assertThat(group.isGone()).isFalse();
    }

    @Test
    void those_left_behind_are_killed_once() {
        FakeProcess leader = new FakeProcess(FREE_ID);
        ProcessGroup group = new ProcessGroup(posix, leader);
        leader.alive = false;

        group.terminate();
        assertThat(group.isGone()).isFalse();
        group.kill();
        group.kill();

        assertThat(posix.signals).containsExactly("9 to 5000000");
        assertThat(group.isGone()).isTrue();
    }

    @Test
    void an_empty_group_is_left_alone() {
        FakeProcess leader = new FakeProcess(FREE_ID);
        ProcessGroup group = new ProcessGroup(posix, leader);
        leader.alive = false;
        posix.members = false;
        assertThat(group.isGone()).isTrue();

        // As if the id had been given out again.
        posix.members = true;
        group.kill();

        assertThat(posix.signals).isEmpty();
    }

    @Test
    void an_id_that_is_in_use_again_is_left_alone() {
        FakeProcess leader =
                new FakeProcess(Math.toIntExact(ProcessHandle.current().pid()));
        ProcessGroup group = new ProcessGroup(posix, leader);
        posix.session = leader.pid;
        leader.alive = false;

        assertThat(group.orphans()).isEmpty();
        group.kill();

        assertThat(posix.signals).isEmpty();
        assertThat(group.isGone()).isTrue();
    }

    @Test
    void members_of_the_session_count_once_the_leader_has_ended() {
        FakeProcess leader = new FakeProcess(FREE_ID);
        ProcessGroup group = new ProcessGroup(posix, leader);
        posix.session = FREE_ID;
        posix.members = false;
        assertThat(group.orphans()).isEmpty();

        leader.alive = false;

        assertThat(group.orphans()).isNotEmpty();
        assertThat(group.isGone()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 0, -1, -2, Integer.MIN_VALUE})
    void what_kill_reads_as_everybody_is_refused(int pid) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ProcessGroup(posix, new FakeProcess(pid)))
                .withMessage(pid + " is not a process group that may be signalled");
        assertThatIllegalArgumentException().isThrownBy(() -> new JnaPosix().signalGroup(pid, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new CommandPosix().signalGroup(pid, 0));
    }

    private static final class RecordingPosix implements Posix {
        private final List<String> signals = new ArrayList<>();
        private boolean members = true;
        private int session;

        @Override
        public Delivery signalGroup(int group, int signal) {
            if (signal != 0) {
                signals.add(signal + " to " + group);
            }
            return members ? Delivery.DELIVERED : Delivery.NOBODY;
        }

        @Override
        public Delivery signal(long pid, int signal) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int session(long pid) {
            return session;
        }

        @Override
        public void makeFifo(Path path) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class FakeProcess extends Process {
        private final int pid;
        private boolean alive = true;

        private FakeProcess(int pid) {
            this.pid = pid;
        }

        @Override
        public long pid() {
            return pid;
        }

        @Override
        public boolean isAlive() {
            return alive;
        }

        @Override
        public OutputStream getOutputStream() {
            throw new UnsupportedOperationException();
        }

        @Override
        public InputStream getInputStream() {
            throw new UnsupportedOperationException();
        }

        @Override
        public InputStream getErrorStream() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int waitFor() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int exitValue() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void destroy() {
            throw new UnsupportedOperationException();
        }
    }
}

package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.internal.process.ProcessTable.Entry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProcessTableTest {

    static List<ProcessTable> tables() {
        return List.of(new ProcFiles(), new PsCommand());
    }

    @ParameterizedTest
    @MethodSource("tables")
    void shows_this_jvm(ProcessTable table) {
        ProcessHandle self = ProcessHandle.current();

        Entry entry = table.find(self.pid()).orElseThrow();

        assertThat(entry.parent()).isEqualTo(self.parent().orElseThrow().pid());
        assertThat(entry.hasEnded()).isFalse();
        assertThat(table.isStopped(entry)).isFalse();
        assertThat(entry.residentBytes()).isBetween(10_000_000L, 100_000_000_000L);
        assertThat(table.processes()).anyMatch(other -> table.isSame(entry, other));
    }

    @ParameterizedTest
    @MethodSource("tables")
    void does_not_find_who_is_not_there(ProcessTable table) {
        assertThat(table.find(5_000_000)).isEmpty();
    }

    @Test
    void a_name_may_look_like_the_fields_behind_it() {
        String line = "42 (a) T 1 2 (b) S 7 8 9 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 555 0 10 18446744073709551615 1 1\n";

        Entry entry = ProcFiles.parse(line.getBytes(StandardCharsets.ISO_8859_1), line.length());

        assertThat(entry)
                .extracting(Entry::pid, Entry::state, Entry::parent, Entry::group, Entry::session)
                .containsExactly(42L, 'S', 7L, 8L, 9L);
        assertThat(entry.threads()).isEqualTo(3);
        assertThat(entry.start()).isEqualTo(555);
    }

    @Test
    void states_may_have_more_letters_and_starts_more_blanks() {
        Optional<Entry> entry = PsCommand.parse("   42     1    42   1024 Ss+  Tue Nov  4 22:11:05 2025    ");

        assertThat(entry).hasValueSatisfying(process -> {
            assertThat(process.state()).isEqualTo('S');
            assertThat(process.residentBytes()).isEqualTo(1024 * 1024);
            assertThat(process.start()).isEqualTo(1_762_294_265);
        });
        assertThat(PsCommand.parse("  42 1 42")).isEmpty();
    }

    @Test
    void a_first_thread_that_has_ended_is_not_the_end() {
        assertThat(new Entry(42, 1, 42, 42, 'Z', 2, 0, 0).hasEnded()).isFalse();
        assertThat(new Entry(42, 1, 42, 42, 'Z', 1, 0, 0).hasEnded()).isTrue();
    }
}

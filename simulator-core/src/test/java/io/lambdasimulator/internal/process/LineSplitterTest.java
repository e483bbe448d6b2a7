package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineSplitterTest {

    private static final String TEXT = "one\n\ntwo\r\nschön 🐑\n" + "x".repeat(5000) + "\nthe last";

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 1000, 1024, 100_000})
    void lines_are_the_same_however_the_bytes_arrive(int portion) {
        List<String> lines = new ArrayList<>();
        LineSplitter splitter = new LineSplitter(lines::add);
        byte[] bytes = TEXT.getBytes(StandardCharsets.UTF_8);

        for (int from = 0; from < bytes.length; from += portion) {
            byte[] part = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + portion));
            splitter.accept(Arrays.copyOf(part, part.length + 10), part.length);
        }
        splitter.end();
        splitter.end();

        assertThat(lines).containsExactly("one", "", "two\r", "schön 🐑", "x".repeat(5000), "the last");
    }

    @Test
    void a_line_without_an_end_comes_in_pieces_and_no_character_is_cut() {
        List<String> lines = new ArrayList<>();
        LineSplitter splitter = new LineSplitter(lines::add);
        String character = "\ud83d\udc11";
        byte[] part = ("x" + character.repeat(4000)).getBytes(StandardCharsets.UTF_8);

        for (int i = 0; i < 2_200; i++) {
            splitter.accept(part, part.length);
        }
        splitter.end();

        assertThat(lines).hasSize(3);
        assertThat(String.join("", lines)).isEqualTo(("x" + character.repeat(4000)).repeat(2_200));
        assertThat(lines.get(0).getBytes(StandardCharsets.UTF_8).length)
                .isBetween(LineSplitter.LONGEST - 3, LineSplitter.LONGEST);
    }
}

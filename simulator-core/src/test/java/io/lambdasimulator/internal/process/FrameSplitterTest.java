package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameSplitterTest {

    private static final int TEXT = 0xa55a0003;
    private static final int JSON_AT_ERROR = 0xa55a0016;
    private static final int TEXT_WITHOUT_TIME = 0xa55a0001;

    private static final Instant TIME = Instant.parse("2026-01-01T12:00:00.123456Z");

    private final List<String> seen = new ArrayList<>();
    private final FrameSplitter splitter = new FrameSplitter(this::message, line -> seen.add("stray: " + line));

    private void message(@Nullable Instant written, String text) {
        seen.add((written == null ? "" : written + " ") + text);
    }

    private static byte[] frame(int type, int length, @Nullable Instant time, byte[] message) {
        ByteBuffer frame = ByteBuffer.allocate(16 + message.length).putInt(type).putInt(length);
        if (time != null) {
            frame.putLong(time.getEpochSecond() * 1_000_000 + time.getNano() / 1000);
        }
        return Arrays.copyOf(frame.put(message).array(), frame.position());
    }

    private static byte[] frame(String message) {
        byte[] bytes = utf8(message);
        return frame(TEXT, bytes.length, TIME, bytes);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private void accept(byte[]... parts) {
        byte[] bytes = join(parts);
        splitter.accept(bytes, bytes.length);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 16, 1000, 100_000})
    void everything_comes_out_however_the_bytes_arrive(int portion) {
        byte[] bytes = join(
                frame("one\ntwo\n\n"),
                frame(JSON_AT_ERROR, 7, Instant.EPOCH, utf8("{\"a\":1}")),
                frame(TEXT_WITHOUT_TIME, 7, null, utf8("untimed")),
                frame(""),
                utf8("stray å\nand \u00a5\u00a5Z"),
                frame("x".repeat(70_000)),
                frame(TEXT, -1, TIME, utf8("too long\n")),
                frame(TEXT, FrameSplitter.LONGEST_MESSAGE + 1, TIME, utf8("too long by one\n")),
                frame("schön 🐑"));

        for (int from = 0; from < bytes.length; from += portion) {
            byte[] part = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + portion));
            splitter.accept(Arrays.copyOf(part, part.length + 10), part.length);
        }

        assertThat(seen).hasSize(10);
        assertThat(seen.subList(0, 7))
                .containsExactly(
                        TIME + " one\ntwo\n",
                        Instant.EPOCH + " {\"a\":1}",
                        "untimed",
                        TIME + " ",
                        "stray: stray å",
                        "stray: and \u00a5\u00a5Z",
                        TIME + " " + "x".repeat(70_000));
        assertThat(seen.get(7)).startsWith("stray: \ufffdZ\0\3").endsWith("too long");
        assertThat(seen.get(8)).startsWith("stray: \ufffdZ\0\3").endsWith("too long by one");
        assertThat(seen.get(9)).isEqualTo(TIME + " schön 🐑");
    }

    @Test
    void a_message_that_is_not_utf8_shows_as_any_such_output() {
        accept(frame(TEXT, 3, TIME, new byte[] {'a', (byte) 0xff, 0}));

        assertThat(seen).containsExactly(TIME + " a\ufffd\0");
    }

    @Test
    void other_types_are_no_frames() {
        accept(frame(0xa55a0020, 1, TIME, utf8("a\n")), frame(0xa55b0003, 1, TIME, utf8("b\n")), frame("c"));

        assertThat(seen).hasSize(3).last().isEqualTo(TIME + " c");
        assertThat(seen.subList(0, 2)).allMatch(line -> line.startsWith("stray: "));
    }

    @Test
    void a_line_that_is_no_frame_does_not_grow_forever() {
        byte[] part = new byte[10_000];
        Arrays.fill(part, (byte) 'x');
        for (int i = 0; i < 100; i++) {
            splitter.accept(part, part.length);
        }
        splitter.end();

        assertThat(seen).hasSizeGreaterThan(10).allMatch(line -> line.length() < FrameSplitter.LONGEST_STRAY + 20_000);
        assertThat(String.join("", seen).replace("stray: ", "")).hasSize(1_000_000);
    }

    @Nested
    class At_the_end {

        @Test
        void what_there_is_of_a_message_comes_out_as_it_is() {
            accept(frame("whole"), frame(TEXT, 100, TIME, utf8("half\na message å")));
            assertThat(seen).hasSize(1);
            splitter.end();
            splitter.end();

            assertThat(seen).containsExactly(TIME + " whole", TIME + " half\na message å");
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 4, 7})
        void the_begin_of_a_header_is_no_frame(int length) {
            accept(utf8("before\n"), Arrays.copyOf(frame("message"), length));
            splitter.end();

            assertThat(seen).hasSizeBetween(2, 3).startsWith("stray: before");
            assertThat(seen.subList(1, seen.size())).allMatch(line -> line.startsWith("stray: "));
        }

        @ParameterizedTest
        @ValueSource(ints = {8, 15, 16})
        void of_a_frame_without_any_message_nothing_is_left(int length) {
            accept(Arrays.copyOf(frame("message"), length));
            splitter.end();

            assertThat(seen).isEmpty();
        }

        @Test
        void frames_within_one_that_lied_about_its_length_are_found() {
            accept(
                    frame(TEXT, 1_000_000, TIME, utf8("liar")),
                    frame("one\n1"),
                    frame(TEXT, 5000, TIME, utf8("second liar")),
                    frame("two"),
                    utf8("stray"));
            assertThat(seen).isEmpty();
            splitter.end();

            assertThat(seen)
                    .containsExactly(
                            TIME + " liar", TIME + " one\n1", TIME + " second liar", TIME + " two", "stray: stray");
        }
    }
}

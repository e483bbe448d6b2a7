package io.lambdasimulator.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreludeTest {

    private static final String NULS = "\0".repeat(8);

    private final Prelude prelude = new Prelude();

    /** Adds a text in pieces of a size, and gives what is behind the prelude. */
    private String behind(String text, int pieceSize) throws FunctionUrlResponse.Malformed {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        for (int from = 0; from < bytes.length; from += pieceSize) {
            int to = Math.min(bytes.length, from + pieceSize);
            byte[] rest = prelude.add(Arrays.copyOfRange(bytes, from, to));
            if (rest != null) {
                ByteArrayOutputStream all = new ByteArrayOutputStream();
                all.writeBytes(rest);
                all.write(bytes, to, bytes.length - to);
                return all.toString(StandardCharsets.ISO_8859_1);
            }
        }
        return "never complete";
    }

    private String json() {
        return new String(prelude.json(), StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 8, 9, 10, 17, 1000})
    void it_is_found_in_pieces_of_any_size(int pieceSize) throws Exception {
        assertThat(behind("{\"a\":1}" + NULS + "payload \0" + NULS, pieceSize)).isEqualTo("payload \0" + NULS);
        assertThat(json()).isEqualTo("{\"a\":1}");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 100})
    void fewer_NUL_bytes_are_no_end(int pieceSize) throws Exception {
        assertThat(behind("{" + "\0".repeat(7) + "}" + NULS + "x", pieceSize)).isEqualTo("x");
        assertThat(json()).isEqualTo("{" + "\0".repeat(7) + "}");
    }

    @Test
    void nothing_may_be_behind_it_or_before_it() throws Exception {
        assertThat(prelude.add("{}\0\0\0".getBytes(StandardCharsets.UTF_8))).isNull();
        assertThat(prelude.add(new byte[0])).isNull();
        assertThat(prelude.add(new byte[5])).isEmpty();
        assertThat(json()).isEqualTo("{}");
        assertThat(new Prelude().add(new byte[8])).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    application/vnd.awslambda.http-integration-response                | true
                    Application/VND.awslambda.http-integration-response; charset=utf-8 | true
                    application/vnd.awslambda.http-integration-response2               | false
                    application/json                                                   | false
                                                                                       | false
                    """)
    void its_media_type_announces_it(@Nullable String contentType, boolean isAnnounced) {
        assertThat(Prelude.isAnnouncedBy(contentType)).isEqualTo(isAnnounced);
    }

    @Test
    void it_is_16_KiB_at_most() throws Exception {
        byte[] longest = new byte[Prelude.LONGEST + 1];
        Arrays.fill(longest, 0, Prelude.LONGEST - 7, (byte) 'a');
        assertThat(prelude.add(longest)).isEmpty();

        Arrays.fill(longest, (byte) 'a');
        assertThatThrownBy(() -> new Prelude().add(longest))
                .isInstanceOf(FunctionUrlResponse.Malformed.class)
                .hasMessage("the prelude of the response does not end in 8 NUL bytes within its first 16384 bytes");
    }
}

package io.lambdasimulator.internal.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class GoJsonTest {

    @Test
    void keys_keep_their_order() {
        assertThat(text(GoJson.object("b", "1", "a", "2"))).isEqualTo("{\"b\":\"1\",\"a\":\"2\"}");
    }

    @Test
    void markup_and_line_separators_are_escaped_as_go_does() {
        assertThat(text(GoJson.object("k", "<a href=\"x\">&\u2028\u2029")))
                .isEqualTo("{\"k\":\"\\u003ca href=\\\"x\\\"\\u003e\\u0026\\u2028\\u2029\"}");
    }

    @Test
    void everything_else_beyond_ascii_goes_out_as_it_is() {
        assertThat(text(GoJson.object("k", "größer 😀"))).isEqualTo("{\"k\":\"größer 😀\"}");
    }

    private static String text(byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }
}

package io.lambdasimulator.internal.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonValuesTest {

    @Test
    void values_are_plain_and_every_number_a_decimal() {
        assertThat(JsonValues.parse("{\"a\": [1, 2.50, 12345678901234567890, \"x\", true, null], \"b\": {}}"))
                .isEqualTo(Map.of(
                        "a",
                        Arrays.asList(
                                new BigDecimal("1"),
                                new BigDecimal("2.50"),
                                new BigDecimal("12345678901234567890"),
                                "x",
                                true,
                                null),
                        "b",
                        Map.of()));
        assertThat(JsonValues.parse("null")).isNull();
        assertThat(JsonValues.parse("[]")).isEqualTo(List.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{} {}", "{\"a\":1,\"a\":2}", "plain"})
    void what_is_not_one_value_is_refused(String text) {
        assertThatThrownBy(() -> JsonValues.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not JSON: ")
                .hasMessageEndingWith(" in " + text);
    }
}

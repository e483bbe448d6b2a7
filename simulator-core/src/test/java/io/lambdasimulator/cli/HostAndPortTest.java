package io.lambdasimulator.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostAndPortTest {

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:9001, 127.0.0.1, 9001",
        "127.0.0.1:0, 127.0.0.1, 0",
        "localhost:65535, localhost, 65535",
        "[::1]:8080, ::1, 8080",
        ":8080, 0.0.0.0, 8080"
    })
    void reads_a_host_and_a_port(String text, String host, int port) {
        assertThat(HostAndPort.of(new Setting("--invoke-address", text))).isEqualTo(new HostAndPort(host, port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "8080",
                "localhost",
                "localhost:",
                "localhost:x",
                "localhost:-1",
                "localhost:65536",
                "::1:8080",
                "http://localhost:8080",
                "[localhost]:8080",
                "[::1]",
                "a b:1",
                "localhost:8080 "
            })
    void refuses_everything_else_and_says_what_to_use(String text) {
        assertThatThrownBy(() -> HostAndPort.of(new Setting("--invoke-address", text)))
                .isInstanceOf(Setting.WrongSetting.class)
                .hasMessage("--invoke-address: \"" + text + "\" is no address to listen on: use HOST:PORT, such as"
                        + " 127.0.0.1:9001, [::1]:9001 or 0.0.0.0:9001");
    }
}

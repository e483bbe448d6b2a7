package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code /bin/sh} is differs from system to system; the gate must not depend on it. */
class GateTest {

    private static final Map<String, String> ENVIRONMENT = environment();

    private static Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String name :
                List.of("PLAIN", "_HANDLER", "PWD", "SHLVL", "_", "UID", "IFS", "BASH_ENV", "RANDOM", "a.b")) {
            environment.put(name, "the user's " + name);
        }
        environment.put("LC_ALL", "xx_YY.none");
        environment.put("LINES_OF_TEXT", "one\ntwo ${PLAIN} `id` \\");
        return environment;
    }

    static List<String> shells() {
        return Stream.of("/bin/sh", "/bin/dash", "/bin/bash", "/bin/bash --posix", "/bin/busybox sh", "/bin/ksh")
                .filter(shell -> Files.isExecutable(Path.of(shell.split(" ", 2)[0])))
                .toList();
    }

    private static Process shell(String shell, String... command) throws Exception {
        List<String> arguments = Stream.of(Stream.of(shell.split(" ", -1)), Stream.of("-s"), Stream.of(command))
                .flatMap(parts -> parts)
                .toList();
        ProcessBuilder builder = new ProcessBuilder(arguments).redirectErrorStream(true);
        builder.environment().clear();
        return builder.start();
    }

    private static String output(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    @ParameterizedTest
    @MethodSource("shells")
    void the_program_gets_exactly_its_environment_from_every_shell(String shell) throws Exception {
        Process process = shell(shell, "/usr/bin/env", "-0");

        Gate.open(process, "/usr/bin/env", ENVIRONMENT, null);

        assertThat(output(process).split("\0"))
                .containsExactlyInAnyOrderElementsOf(ENVIRONMENT.entrySet().stream()
                        .map(variable -> variable.getKey() + "=" + variable.getValue())
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("shells")
    void no_environment_at_all_stays_none(String shell) throws Exception {
        Process process = shell(shell, "/usr/bin/env");

        Gate.open(process, "/usr/bin/env", Map.of(), null);

        assertThat(output(process)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("shells")
    void the_log_is_open_for_the_program_and_says_so_before(String shell, @TempDir Path directory) throws Exception {
        Path log = Files.createFile(directory.resolve("the user's log"));
        Process process = shell(shell, "/bin/sh", "-c", "echo message >&3; exec /bin/ls /proc/self/fd");

        Gate.open(process, "/bin/sh", Map.of(), log.toFile());

        assertThat(output(process).lines()).containsExactly("0", "1", "2", "3", "4");
        assertThat(log).hasContent("\nmessage\n");
    }

    @ParameterizedTest
    @MethodSource("shells")
    void a_log_that_cannot_be_opened_lets_nobody_through(String shell, @TempDir Path directory) throws Exception {
        Process process = shell(shell, "/bin/echo", "here");

        Gate.open(
                process,
                "/bin/echo",
                ENVIRONMENT,
                directory.resolve("missing/log").toFile());

        assertThat(output(process)).contains("missing/log").doesNotContain("here");
        assertThat(process.exitValue()).isPositive();
    }

    @ParameterizedTest
    @MethodSource("shells")
    void a_gate_that_breaks_while_it_opens_lets_nobody_through(String shell) throws Exception {
        Path trace = Files.createTempDirectory("gate").resolve("trace");
        byte[] commands =
                Gate.commands("/bin/touch", ENVIRONMENT, new File("/dev/null")).getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < commands.length - 2; length += 7) {
            Process process = shell(shell, "/bin/touch", trace.toString());
            try (OutputStream input = process.getOutputStream()) {
                input.write(commands, 0, length);
            }
            output(process);
            assertThat(trace)
                    .as("after %s of %s bytes", length, commands.length)
                    .doesNotExist();
        }
        Files.delete(trace.getParent());
    }

    @Test
    void no_value_of_a_plain_variable_becomes_an_argument() throws Exception {
        String commands = Gate.commands("/x", Map.of("SECRET", "s3cret"), null);

        assertThat(commands.lines().filter(line -> line.contains("s3cret")))
                .singleElement()
                .asString()
                .contains("export 'SECRET=s3cret'");
    }
}

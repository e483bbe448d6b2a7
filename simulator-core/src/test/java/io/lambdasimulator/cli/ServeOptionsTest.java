package io.lambdasimulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.LogFormat;
import io.lambdasimulator.environment.LogLevel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ServeOptionsTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private CommandLine commandLine(Map<String, String> environment) {
        return Main.commandLine(environment, print(out), print(err));
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private ServeCommand serve(Map<String, String> environment, String... arguments) {
        CommandLine main = commandLine(environment);
        main.parseArgs(Stream.concat(Stream.of("serve"), Stream.of(arguments)).toArray(String[]::new));
        return main.getSubcommands().get("serve").getCommand();
    }

    @Nested
    class The_function {

        @Test
        void has_the_defaults_of_the_emulator() {
            FunctionConfiguration function = serve(Map.of(), "./bootstrap").function();

            assertThat(function.name()).isEqualTo("test_function");
            assertThat(function.version()).isEqualTo("$LATEST");
            assertThat(function.timeout()).isEqualTo(Duration.ofMinutes(5));
            assertThat(function.memorySize()).isEqualTo(3008);
            assertThat(function.region()).isEqualTo("us-east-1");
            assertThat(function.accountId()).isEqualTo("123456789012");
            assertThat(function.handler()).isEmpty();
            assertThat(function.environmentVariables()).isEmpty();
        }

        private static final Map<String, String> ENVIRONMENT = Map.of(
                "AWS_LAMBDA_FUNCTION_NAME", "orders",
                "AWS_LAMBDA_FUNCTION_VERSION", "7",
                "AWS_LAMBDA_FUNCTION_TIMEOUT", "15",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512",
                "AWS_LAMBDA_FUNCTION_HANDLER", "app.from_variable",
                "AWS_REGION", "eu-central-1");

        @Test
        void follows_the_environment_variables_of_the_emulator() {
            FunctionConfiguration function = serve(ENVIRONMENT, "./bootstrap").function();

            assertThat(function.name()).isEqualTo("orders");
            assertThat(function.version()).isEqualTo("7");
            assertThat(function.timeout()).isEqualTo(Duration.ofSeconds(15));
            assertThat(function.memorySize()).isEqualTo(512);
            assertThat(function.region()).isEqualTo("eu-central-1");
            assertThat(function.handler()).isEqualTo("app.from_variable");
        }

        @Test
        void has_the_log_format_and_levels_of_the_environment() {
            FunctionConfiguration function = serve(
                            Map.of("AWS_LAMBDA_LOG_FORMAT", "Json", "AWS_LAMBDA_LOG_LEVEL", "WARN"),
                            "--system-log-level=debug",
                            "./bootstrap")
                    .function();

            assertThat(function.logFormat()).isEqualTo(LogFormat.JSON);
            assertThat(function.applicationLogLevel()).isEqualTo(LogLevel.WARN);
            assertThat(function.systemLogLevel()).isEqualTo(LogLevel.DEBUG);
        }

        @Test
        void follows_options_before_environment_variables() {
            FunctionConfiguration function = serve(
                            ENVIRONMENT,
                            "--function-name=billing",
                            "--timeout",
                            "3",
                            "--memory=128",
                            "--region",
                            "us-west-2",
                            "--account-id=210987654321",
                            "--handler",
                            "app.from_option",
                            "python3",
                            "app.from_command")
                    .function();

            assertThat(function.arn()).isEqualTo("arn:aws:lambda:us-west-2:210987654321:function:billing");
            assertThat(function.timeout()).isEqualTo(Duration.ofSeconds(3));
            assertThat(function.memorySize()).isEqualTo(128);
            assertThat(function.handler()).isEqualTo("app.from_option");
        }

        @Test
        void takes_an_empty_environment_variable_for_unset() {
            FunctionConfiguration function = serve(
                            Map.of("AWS_LAMBDA_FUNCTION_NAME", "", "AWS_LAMBDA_FUNCTION_TIMEOUT", "", "AWS_REGION", ""),
                            "./bootstrap")
                    .function();

            assertThat(function.name()).isEqualTo("test_function");
            assertThat(function.timeout()).isEqualTo(Duration.ofMinutes(5));
            assertThat(function.region()).isEqualTo("us-east-1");
        }

        @Test
        void collects_its_own_variables_as_they_were_given() {
            FunctionConfiguration function = serve(
                            Map.of(), "--env", "TABLE=orders", "--env=EMPTY=", "--env", "QUERY=\"a=b\"&c=${d}", "run")
                    .function();

            assertThat(function.environmentVariables())
                    .containsExactly(
                            Map.entry("TABLE", "orders"), Map.entry("EMPTY", ""), Map.entry("QUERY", "\"a=b\"&c=${d}"));
        }
    }

    @Nested
    class The_command {

        static Stream<Arguments> commands() {
            return Stream.of(
                    Arguments.of(List.of("./bootstrap"), List.of("./bootstrap"), ""),
                    Arguments.of(List.of("--", "./bootstrap"), List.of("./bootstrap"), ""),
                    Arguments.of(
                            List.of("--timeout", "3", "python3", "-m", "awslambdaric", "app.handler"),
                            List.of("python3", "-m", "awslambdaric", "app.handler"),
                            "app.handler"),
                    Arguments.of(
                            List.of("--timeout=3", "--", "python3", "app.handler"),
                            List.of("python3", "app.handler"),
                            "app.handler"),
                    // What comes after the first argument belongs to the command, even if it looks like ours.
                    Arguments.of(
                            List.of("run", "--timeout", "9", "--debug", "--help"),
                            List.of("run", "--timeout", "9", "--debug", "--help"),
                            "--help"),
                    Arguments.of(List.of("run", "--", "x"), List.of("run", "--", "x"), "x"),
                    Arguments.of(List.of("--", "--odd-name", "x"), List.of("--odd-name", "x"), "x"),
                    Arguments.of(
                            List.of("run", "@file", "\"quoted\""), List.of("run", "@file", "\"quoted\""), "\"quoted\""),
                    Arguments.of(List.of(), List.of(), ""));
        }

        @ParameterizedTest
        @MethodSource("commands")
        void is_everything_from_the_first_argument_on(List<String> arguments, List<String> command, String handler) {
            ServeCommand serve = serve(Map.of(), arguments.toArray(String[]::new));

            assertThat(serve.command()).isEqualTo(command);
            assertThat(serve.function().handler()).isEqualTo(handler);
            assertThat(serve.function().timeout()).isIn(Duration.ofSeconds(3), Duration.ofMinutes(5));
        }
    }

    @Nested
    class A_mistake {

        @TempDir
        Path folder;

        static Stream<Arguments> mistakes() {
            return Stream.of(
                    mistake(
                            "--timeout: \"soon\" cannot be: use a whole number from 1 to 2147483647",
                            "--timeout",
                            "soon"),
                    mistake("--freeze: \"hard\" is no way to freeze: use signal or none", "--freeze", "hard"),
                    mistake("--timeout: \"0\" cannot be: use a whole number from 1 to 2147483647", "--timeout=0"),
                    mistake("--timeout: \"1.5\" cannot be: use a whole number from 1 to 2147483647", "--timeout=1.5"),
                    mistake("--memory: \"64\" cannot be: use a whole number from 128 to 10240", "--memory", "64"),
                    mistake(
                            "--function-name: function name \"a b\" is not one AWS accepts: use up to 140 letters,"
                                    + " digits, - and _",
                            "--function-name=a b"),
                    mistake(
                            "--region: region \"EU\" is not one AWS accepts: use a name such as us-east-1",
                            "--region=EU"),
                    mistake(
                            "--account-id: account id \"1\" is not one AWS accepts: use twelve digits",
                            "--account-id=1"),
                    mistake("--env needs NAME=VALUE: there is no = in what it was given", "--env", "hunter2"),
                    mistake("--env needs NAME=VALUE: there is no name before the =", "--env", "=hunter2"),
                    mistake(
                            "--log-level: \"loud\" is no log level: use panic, fatal, error, warning, warn, info, debug"
                                    + " or trace",
                            "--log-level=loud"),
                    mistake(
                            "--invoke-address: \"8080\" is no address to listen on: use HOST:PORT, such as"
                                    + " 127.0.0.1:9001, [::1]:9001 or 0.0.0.0:9001",
                            "--runtime-interface-emulator-address=8080"),
                    mistake(
                            "--function-url-address: \"8081\" is no address to listen on: use HOST:PORT, such as"
                                    + " 127.0.0.1:9001, [::1]:9001 or 0.0.0.0:9001",
                            "--function-url-address=8081"),
                    mistake(
                            "--function-url-invoke-mode: \"buffered\" is no invoke mode: use BUFFERED or RESPONSE_STREAM",
                            "--function-url-address=127.0.0.1:0",
                            "--function-url-invoke-mode=buffered"),
                    mistake(
                            "--function-url-invoke-mode says how a function URL answers, and there is none: use"
                                    + " --function-url-address",
                            "--function-url-invoke-mode=RESPONSE_STREAM"),
                    mistake("--extensions: \"/no/such/folder\" does not exist", "--extensions=/no/such/folder"),
                    mistake("there is no option --tiemout", "--tiemout=3"),
                    mistake(
                            "option '--timeout' (SECONDS) should be specified only once",
                            "--timeout=3",
                            "--timeout=4"));
        }

        private static Arguments mistake(String complaint, String... options) {
            return Arguments.of(complaint, List.of(options));
        }

        @ParameterizedTest
        @MethodSource("mistakes")
        void is_told_in_one_line_and_ends_with_code_2(String complaint, List<String> options) {
            Stream<String> arguments = Stream.of(Stream.of("serve"), options.stream(), Stream.of("run"))
                    .flatMap(part -> part);

            assertComplaint(Map.of(), arguments.toArray(String[]::new), complaint);
        }

        @Test
        void may_be_in_an_environment_variable() {
            assertComplaint(
                    Map.of("AWS_LAMBDA_FUNCTION_TIMEOUT", "5s"),
                    new String[] {"serve", "run"},
                    "AWS_LAMBDA_FUNCTION_TIMEOUT: \"5s\" cannot be: use a whole number from 1 to 2147483647");
        }

        @Test
        void may_be_a_word_that_is_none_of_those_that_there_are() {
            assertComplaint(
                    Map.of("AWS_LAMBDA_LOG_FORMAT", "XML"),
                    new String[] {"serve", "run"},
                    "AWS_LAMBDA_LOG_FORMAT: \"XML\" is not one of [TEXT, JSON]");
        }

        @Test
        void may_be_a_file_in_place_of_the_folder_of_extensions() throws Exception {
            // A folder without permission to read it would do as well, but root may read it all the same.
            Path file = Files.createFile(folder.resolve("extensions"));

            assertComplaint(
                    Map.of(),
                    new String[] {"serve", "--extensions", file.toString(), "run"},
                    "--extensions: \"" + file + "\" is no folder");
        }

        @Test
        void may_be_to_name_no_runtime_where_no_bootstrap_is() {
            assertComplaint(
                    Map.of(),
                    new String[] {"serve"},
                    "there is no runtime to launch: no command was given, and there is none of /var/task/bootstrap,"
                            + " /opt/bootstrap, /var/runtime/bootstrap");
        }

        private void assertComplaint(Map<String, String> environment, String[] arguments, String complaint) {
            int code = commandLine(environment).execute(arguments);

            assertThat(err.toString(StandardCharsets.UTF_8))
                    .isEqualTo("lambda-simulator serve: " + complaint + "; --help tells more\n");
            assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
            assertThat(code).isEqualTo(2);
        }
    }

    @Nested
    class Without_a_command_to_run {

        @Test
        void the_help_is_printed() {
            assertThat(commandLine(Map.of()).execute()).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8)).contains("Commands:", "serve ", "demo ", "help ");
        }

        @ParameterizedTest
        @ValueSource(strings = {"serve", "demo"})
        void each_command_has_help_that_fits_a_terminal(String command) {
            assertThat(commandLine(Map.of()).execute(command, "--help")).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8).lines())
                    .hasSizeBetween(10, 75)
                    .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100))
                    .contains("Exit codes:");
            assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        }

        @Test
        void the_version_is_printed() {
            assertThat(commandLine(Map.of()).execute("--version")).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("lambda-simulator ");
        }

        @Test
        void an_unknown_command_is_a_mistake() {
            assertThat(commandLine(Map.of()).execute("server")).isEqualTo(2);
            assertThat(err.toString(StandardCharsets.UTF_8))
                    .isEqualTo(
                            "lambda-simulator: \"server\" is no command: use serve, demo or warm-up; --help tells more\n");
        }

        @Test
        void demo_takes_no_arguments() {
            assertThat(commandLine(Map.of()).execute("demo", "more")).isEqualTo(2);
            assertThat(err.toString(StandardCharsets.UTF_8))
                    .isEqualTo("lambda-simulator demo: \"more\" is one argument too many; --help tells more\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"panic", "FATAL", "Error", "warning", "warn", "info", "debug", "trace"})
    void every_log_level_of_the_emulator_is_one(String name) {
        assertThat(OwnLogLevel.of(new Setting("LOG_LEVEL", name)).name()).isEqualToIgnoringCase(name);
    }
}

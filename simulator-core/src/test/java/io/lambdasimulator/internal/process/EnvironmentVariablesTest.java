package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.lambdasimulator.environment.FunctionConfiguration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentVariablesTest {

    private static final String API = "127.0.0.1:9001";
    private static final String LOG_STREAM = "2025/11/24/[$LATEST]0123456789abcdef0123456789abcdef";

    private static final Map<String, String> HOST =
            Map.of("PATH", "/host/bin", "HOME", "/home/me", "AWS_PROFILE", "mine", "AWS_SESSION_TOKEN", "real");

    // The sets in full, so that a variable too many shows as clearly as one too few.
    private static final Map<String, String> OF_EXTENSION = variables("""
            AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
            AWS_DEFAULT_REGION=us-east-1
            AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128
            AWS_LAMBDA_FUNCTION_NAME=test-function
            AWS_LAMBDA_FUNCTION_VERSION=$LATEST
            AWS_LAMBDA_INITIALIZATION_TYPE=on-demand
            AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001
            AWS_REGION=us-east-1
            AWS_SECRET_ACCESS_KEY=not-a-secret-simulated-by-lambda-simulator
            AWS_SESSION_TOKEN=not-a-token-simulated-by-lambda-simulator
            LANG=en_US.UTF-8
            PATH=/host/bin
            TZ=:UTC
            """);

    private static final Map<String, String> OF_RUNTIME = with(OF_EXTENSION, """
            AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/test-function
            AWS_LAMBDA_LOG_STREAM_NAME=2025/11/24/[$LATEST]0123456789abcdef0123456789abcdef
            LAMBDA_RUNTIME_DIR=/var/runtime
            LAMBDA_TASK_ROOT=/var/task
            """);

    private static Map<String, String> variables(String lines) {
        Map<String, String> variables = new TreeMap<>();
        lines.lines()
                .forEach(line ->
                        variables.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        return variables;
    }

    private static Map<String, String> with(Map<String, String> variables, String lines) {
        Map<String, String> extended = new TreeMap<>(variables);
        extended.putAll(variables(lines));
        return extended;
    }

    private static EnvironmentVariables isolated(FunctionConfiguration function) {
        return EnvironmentVariables.isolated(function, API, LOG_STREAM, HOST);
    }

    private static FunctionConfiguration function(String name, String value) {
        return FunctionConfiguration.builder().environmentVariable(name, value).build();
    }

    @Nested
    class Isolated {

        @Test
        void the_runtime_has_exactly_these() {
            assertThat(isolated(FunctionConfiguration.defaults()).forRuntime()).isEqualTo(OF_RUNTIME);
        }

        @Test
        void an_extension_has_exactly_these() {
            assertThat(isolated(FunctionConfiguration.defaults()).forExtension())
                    .isEqualTo(OF_EXTENSION);
        }

        @Test
        void the_functions_configuration_shows() {
            FunctionConfiguration function = FunctionConfiguration.builder()
                    .name("orders")
                    .version("7")
                    .memorySize(512)
                    .region("eu-central-1")
                    .handler("app.handler")
                    .environmentVariable("TABLE", "orders")
                    .build();
            String changed = """
                    AWS_DEFAULT_REGION=eu-central-1
                    AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512
                    AWS_LAMBDA_FUNCTION_NAME=orders
                    AWS_LAMBDA_FUNCTION_VERSION=7
                    AWS_REGION=eu-central-1
                    TABLE=orders
                    """;

            assertThat(isolated(function).forRuntime())
                    .isEqualTo(with(
                            OF_RUNTIME,
                            changed + "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/orders\n_HANDLER=app.handler\n"));
            assertThat(isolated(function).forExtension()).isEqualTo(with(OF_EXTENSION, changed));
        }

        @Test
        void a_host_without_a_path_gives_none() {
            assertThat(EnvironmentVariables.isolated(FunctionConfiguration.defaults(), API, LOG_STREAM, Map.of())
                            .forRuntime())
                    .doesNotContainKey("PATH");
        }
    }

    /** What becomes of a variable that the function sets to {@code custom}. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            # name,                             runtime,               extension
            ANYTHING,                           custom,                custom
            PATH,                               custom,                custom
            LANG,                               custom,                custom
            TZ,                                 custom,                custom
            LD_LIBRARY_PATH,                    custom,                custom
            AWS_LAMBDA_EXEC_WRAPPER,            custom,                custom
            AWS_LAMBDA_LOG_LEVEL,               custom,                custom
            AWS_XRAY_CONTEXT_MISSING,           custom,                -
            AWS_XRAY_DAEMON_ADDRESS,            custom,                -
            _AWS_XRAY_DAEMON_ADDRESS,           custom,                -
            _AWS_XRAY_DAEMON_PORT,              custom,                -
            _LAMBDA_TELEMETRY_LOG_FD,           custom,                -
            AWS_REGION,                         us-east-1,             us-east-1
            AWS_DEFAULT_REGION,                 us-east-1,             us-east-1
            AWS_LAMBDA_FUNCTION_NAME,           test-function,         test-function
            AWS_LAMBDA_FUNCTION_MEMORY_SIZE,    128,                   128
            AWS_LAMBDA_FUNCTION_VERSION,        $LATEST,               $LATEST
            AWS_LAMBDA_INITIALIZATION_TYPE,     on-demand,             on-demand
            AWS_LAMBDA_RUNTIME_API,             127.0.0.1:9001,        127.0.0.1:9001
            AWS_ACCESS_KEY_ID,                  AKIAIOSFODNN7EXAMPLE,  AKIAIOSFODNN7EXAMPLE
            AWS_ACCESS_KEY,                     -,                     -
            AWS_CONTAINER_CREDENTIALS_FULL_URI, -,                     -
            AWS_CONTAINER_AUTHORIZATION_TOKEN,  -,                     -
            AWS_EXECUTION_ENV,                  -,                     -
            AWS_LAMBDA_LOG_GROUP_NAME,          /aws/lambda/test-function, -
            LAMBDA_TASK_ROOT,                   /var/task,             -
            LAMBDA_RUNTIME_DIR,                 /var/runtime,          -
            AWS_LAMBDA_MAX_CONCURRENCY,         -,                     -
            AWS_LAMBDA_METADATA_API,            -,                     -
            AWS_LAMBDA_METADATA_TOKEN,          -,                     -
            _HANDLER,                           -,                     -
            _X_AMZN_TRACE_ID,                   -,                     -
            _LAMBDA_SB_ID,                      -,                     -
            _LAMBDA_LOG_FD,                     -,                     -
            _LAMBDA_SHARED_MEM_FD,              -,                     -
            _LAMBDA_CONTROL_SOCKET,             -,                     -
            _LAMBDA_DIRECT_INVOKE_SOCKET,       -,                     -
            _LAMBDA_RUNTIME_LOAD_TIME,          -,                     -
            _LAMBDA_CONSOLE_SOCKET,             -,                     -
            _LAMBDA_TELEMETRY_API_PASSPHRASE,   -,                     -
            _ANYTHING,                          -,                     -
            _,                                  -,                     -
            """)
    void customer_variables(String name, @Nullable String runtime, @Nullable String extension) {
        EnvironmentVariables environment = isolated(function(name, "custom"));

        assertThat(environment.forRuntime().get(name)).isEqualTo(runtime);
        assertThat(environment.forExtension().get(name)).isEqualTo(extension);
    }

    @Nested
    class OfHost {

        private final Map<String, String> host = variables("""
                AWS_ACCESS_KEY_ID=AKIDHOST
                AWS_DEFAULT_REGION=host-region
                AWS_EXECUTION_ENV=AWS_Lambda_python3.13
                AWS_LAMBDA_FUNCTION_NAME=host-name
                AWS_LAMBDA_RUNTIME_API=host:1
                AWS_REGION=host-region
                AWS_SECRET_ACCESS_KEY=host-secret
                HOME=/home/me
                LAMBDA_TASK_ROOT=/host/task
                PATH=/host/bin
                SHLVL=1
                _=/usr/bin/java
                _HANDLER=host.handler
                """);

        private EnvironmentVariables ofHost(Map<String, String> variables) {
            return EnvironmentVariables.ofHost(FunctionConfiguration.defaults(), API, LOG_STREAM, variables);
        }

        @Test
        void the_runtime_has_exactly_these() {
            assertThat(ofHost(host).forRuntime()).isEqualTo(variables("""
                    AWS_ACCESS_KEY_ID=AKIDHOST
                    AWS_DEFAULT_REGION=us-east-1
                    AWS_EXECUTION_ENV=AWS_Lambda_python3.13
                    AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128
                    AWS_LAMBDA_FUNCTION_NAME=test-function
                    AWS_LAMBDA_FUNCTION_VERSION=$LATEST
                    AWS_LAMBDA_INITIALIZATION_TYPE=on-demand
                    AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/test-function
                    AWS_LAMBDA_LOG_STREAM_NAME=2025/11/24/[$LATEST]0123456789abcdef0123456789abcdef
                    AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001
                    AWS_REGION=us-east-1
                    AWS_SECRET_ACCESS_KEY=host-secret
                    AWS_SESSION_TOKEN=
                    HOME=/home/me
                    LAMBDA_RUNTIME_DIR=/var/runtime
                    LAMBDA_TASK_ROOT=/host/task
                    PATH=/host/bin
                    SHLVL=1
                    TZ=:UTC
                    """));
        }

        @Test
        void an_extension_has_exactly_these() {
            assertThat(ofHost(host).forExtension()).isEqualTo(variables("""
                    AWS_ACCESS_KEY_ID=AKIDHOST
                    AWS_DEFAULT_REGION=us-east-1
                    AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128
                    AWS_LAMBDA_FUNCTION_NAME=test-function
                    AWS_LAMBDA_FUNCTION_VERSION=$LATEST
                    AWS_LAMBDA_INITIALIZATION_TYPE=on-demand
                    AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001
                    AWS_REGION=us-east-1
                    AWS_SECRET_ACCESS_KEY=host-secret
                    AWS_SESSION_TOKEN=
                    HOME=/home/me
                    PATH=/host/bin
                    SHLVL=1
                    TZ=:UTC
                    """));
        }

        @Test
        void a_host_without_credentials_gets_simulated_ones() {
            assertThat(ofHost(Map.of()).forRuntime())
                    .containsEntry("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
                    .doesNotContainKeys("PATH", "LANG");
        }

        @Test
        void the_functions_own_variables_win() {
            EnvironmentVariables environment =
                    EnvironmentVariables.ofHost(function("HOME", "/own"), API, LOG_STREAM, host);

            assertThat(environment.forRuntime()).containsEntry("HOME", "/own");
        }
    }

    @Nested
    class ServiceValues {

        private Map<String, String> runtimeWith(Map<String, String> values) {
            return isolated(FunctionConfiguration.defaults())
                    .withServiceValues(values)
                    .forRuntime();
        }

        @Test
        void are_replaced_and_added() {
            assertThat(runtimeWith(Map.of(
                            "AWS_EXECUTION_ENV", "AWS_Lambda_java21",
                            "AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")))
                    .isEqualTo(with(OF_RUNTIME, """
                            AWS_EXECUTION_ENV=AWS_Lambda_java21
                            AWS_LAMBDA_INITIALIZATION_TYPE=snap-start
                            """));
        }

        @Test
        void extensions_do_not_get_those_of_the_runtime() {
            Map<String, String> values =
                    Map.of("AWS_EXECUTION_ENV", "x", "AWS_LAMBDA_MAX_CONCURRENCY", "4", "_HANDLER", "h");

            assertThat(isolated(FunctionConfiguration.defaults())
                            .withServiceValues(values)
                            .forExtension())
                    .isEqualTo(OF_EXTENSION);
        }

        @Test
        void simulated_and_real_credentials_do_not_mix() {
            assertThat(runtimeWith(Map.of("AWS_ACCESS_KEY_ID", "key", "AWS_SECRET_ACCESS_KEY", "secret")))
                    .isEqualTo(with(OF_RUNTIME, """
                            AWS_ACCESS_KEY_ID=key
                            AWS_SECRET_ACCESS_KEY=secret
                            AWS_SESSION_TOKEN=
                            """));
        }

        @Test
        void container_credentials_take_the_place_of_keys() {
            Map<String, String> container = new HashMap<>();
            container.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9001/2021-04-23/credentials");
            container.put("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token");

            assertThat(runtimeWith(container))
                    .containsAllEntriesOf(container)
                    .doesNotContainKeys("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");
        }

        @ParameterizedTest
        @ValueSource(strings = {"ANYTHING", "PATH", "TZ", "AWS_LAMBDA_RUNTIME_API"})
        void of_other_names_are_refused(String name) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> runtimeWith(Map.of(name, "x")))
                    .withMessage(name + " is not a value of the service that can be replaced");
        }
    }
}

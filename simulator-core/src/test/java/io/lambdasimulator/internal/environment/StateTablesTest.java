package io.lambdasimulator.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.RuntimeState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables as AWS's core has them, cell by cell; y is allowed. */
class StateTablesTest {

    @ParameterizedTest
    @CsvSource(useHeadersInDisplayName = true, textBlock = """
            STATE,                     NEXT, RESPONSE, ERROR, INIT_ERROR
            STARTED,                   y,    n,        n,     y
            INIT_ERROR,                n,    n,        n,     n
            READY,                     y,    n,        n,     n
            RUNNING,                   y,    y,        y,     n
            INVOCATION_RESPONSE,       n,    n,        n,     n
            INVOCATION_ERROR_RESPONSE, n,    n,        n,     n
            RESPONSE_SENT,             y,    n,        n,     n
            """)
    void the_runtimes_calls(RuntimeState state, String next, String response, String error, String initError) {
        assertThat(allowed(() -> RuntimeCall.NEXT.check(state))).isEqualTo(next);
        assertThat(allowed(() -> RuntimeCall.RESPONSE.check(state))).isEqualTo(response);
        assertThat(allowed(() -> RuntimeCall.ERROR.check(state))).isEqualTo(error);
        assertThat(allowed(() -> RuntimeCall.INIT_ERROR.check(state))).isEqualTo(initError);
    }

    @ParameterizedTest
    @CsvSource(useHeadersInDisplayName = true, textBlock = """
            STATE,           REGISTER, NEXT, INIT_ERROR, EXIT_ERROR
            STARTED,         y,        n,    n,          n
            REGISTERED,      n,        y,    y,          y
            READY,           n,        n,    n,          y
            RUNNING,         n,        y,    n,          y
            INIT_ERROR,      n,        n,    y,          n
            EXIT_ERROR,      n,        n,    n,          y
            SHUTDOWN_FAILED, n,        n,    n,          n
            EXITED,          n,        n,    n,          n
            LAUNCH_ERROR,    n,        n,    n,          n
            """)
    void an_extensions_calls(ExtensionState state, String register, String next, String initError, String exitError) {
        assertThat(allowed(() -> ExtensionCall.REGISTER.check(state, "x"))).isEqualTo(register);
        assertThat(allowed(() -> ExtensionCall.NEXT.check(state, "x"))).isEqualTo(next);
        assertThat(allowed(() -> ExtensionCall.INIT_ERROR.check(state, "x"))).isEqualTo(initError);
        assertThat(allowed(() -> ExtensionCall.EXIT_ERROR.check(state, "x"))).isEqualTo(exitError);
    }

    private interface Check {
        void run() throws CallRefused;
    }

    private static String allowed(Check check) {
        try {
            check.run();
            return "y";
        } catch (CallRefused e) {
            return "n";
        }
    }
}

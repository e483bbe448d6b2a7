package io.lambdasimulator.examples;

import static io.lambdasimulator.examples.support.SimulatorExtension.LIMIT;
import static io.lambdasimulator.examples.support.SimulatorExtension.awaitExit;
import static io.lambdasimulator.examples.support.SimulatorExtension.awaitOutput;
import static io.lambdasimulator.examples.support.SimulatorExtension.output;
import static io.lambdasimulator.examples.support.SimulatorExtension.patient;
import static io.lambdasimulator.examples.support.SimulatorExtension.patientFunction;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.examples.support.ScriptLanguage;
import io.lambdasimulator.examples.support.SimulatorExtension;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A runtime and an extension in one language, as processes: what a function's and an extension's author may rely on. */
abstract class ScriptTests {

    /** What the Extensions API documents, what the simulator adds, and one variable of the function's own. */
    private static final Set<String> NAMES_FOR_EXTENSION = Set.of(
            "AWS_ACCESS_KEY_ID",
            "AWS_DEFAULT_REGION",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "LANG",
            "PATH",
            "TABLE_NAME",
            "TZ");

    private static final Set<String> NAMES_FOR_RUNTIME_ALONE = Set.of(
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "LAMBDA_RUNTIME_DIR",
            "LAMBDA_TASK_ROOT",
            "_HANDLER");

    @RegisterExtension
    final SimulatorExtension simulator = new SimulatorExtension();

    private final ScriptLanguage language;

    ScriptTests(ScriptLanguage language) {
        this.language = language;
    }

    private LambdaSimulator.Builder runtimeAndExtension() {
        return patient().runtime(language.runtime()).extension(language.extensionName(), language.extension());
    }

    @Test
    void the_extension_receives_each_invocation_cold_and_warm() {
        LambdaSimulator lambda = simulator.start(runtimeAndExtension());

        Invocation cold = lambda.submit(InvocationRequest.of("\"Grüße\""));
        Invocation warm = lambda.submit(InvocationRequest.of("42"));

        assertThat(cold.awaitAnswer(LIMIT).payloadText()).isEqualTo("\"Grüße\"");
        assertThat(warm.awaitAnswer(LIMIT).payloadText()).isEqualTo("42");
        assertThat(cold.awaitCompletion(LIMIT).initDuration()).isPresent();
        assertThat(warm.awaitCompletion(LIMIT).initDuration()).isEmpty();
        for (Invocation invocation : List.of(cold, warm)) {
            assertThat(invocation
                            .awaitReadiness(language.extensionName(), LIMIT)
                            .isReady())
                    .isTrue();
            assertThat(awaitOutput(lambda, language.extensionParticipant(), invocation.requestId()))
                    .startsWith("{\"eventType\":\"INVOKE\",\"deadlineMs\":");
        }
    }

    @Test
    void an_error_of_the_function_reaches_the_caller_as_it_was_sent_and_the_next_invocation_works() {
        LambdaSimulator lambda = simulator.start(runtimeAndExtension());

        InvocationResult failed = lambda.invoke("{\"do\": \"fail\", \"because\": \"no stock: Müsli\"}");

        assertThat(failed.functionError()).contains("Unhandled");
        assertThat(failed.payloadText())
                .contains("no stock: Müsli")
                .isEqualTo(awaitOutput(lambda, Participant.RUNTIME, "no stock"));
        assertThat(lambda.invoke("[1]").payloadText()).isEqualTo("[1]");
    }

    @Test
    void the_runtime_is_terminated_and_the_extension_ends_by_itself_when_the_environment_closes() {
        LambdaSimulator lambda = simulator.start(runtimeAndExtension()).awaitInit(LIMIT);

        lambda.close();

        assertThat(awaitExit(lambda, Participant.RUNTIME)).isEqualTo(new ProcessExit.Signal(15));
        assertThat(awaitExit(lambda, language.extensionParticipant())).isEqualTo(new ProcessExit.Code(0));
        assertThat(output(lambda, language.extensionParticipant()))
                .last()
                .asString()
                .startsWith("{\"eventType\":\"SHUTDOWN\",\"deadlineMs\":")
                .endsWith(",\"shutdownReason\":\"spindown\"}");
    }

    @Test
    void runtime_and_extension_see_the_environment_variables_of_AWS_and_nothing_of_the_host_but_its_path() {
        LambdaSimulator lambda = simulator.start(runtimeAndExtension()
                .function(patientFunction()
                        .handler("orders.handle")
                        .environmentVariable("TABLE_NAME", "orders")
                        .build()));

        String runtime = lambda.invoke("{\"do\": \"list environment\"}").payloadText();
        String extension = awaitOutput(lambda, language.extensionParticipant(), "environment");

        Set<String> all = new TreeSet<>(NAMES_FOR_EXTENSION);
        all.addAll(NAMES_FOR_RUNTIME_ALONE);
        assertThat(names(runtime.replace("\"", ""))).containsExactlyInAnyOrderElementsOf(all);
        assertThat(names(extension.replace("environment ", "")))
                .containsExactlyInAnyOrderElementsOf(NAMES_FOR_EXTENSION);
    }

    /** Without LC_CTYPE, which Python sets by itself where the host lacks the locale (PEP 538). */
    private static List<String> names(String words) {
        return List.of(words.split(" ")).stream()
                .filter(name -> !name.equals("LC_CTYPE"))
                .toList();
    }

    @Test
    void a_runtime_that_exits_during_an_invocation_is_an_exit_error() {
        LambdaSimulator lambda = simulator.start(runtimeAndExtension());

        Invocation invocation = lambda.submit(InvocationRequest.of("{\"do\": \"crash\"}"));

        assertThat(invocation.awaitAnswer(LIMIT).functionError()).contains("Unhandled");
        assertThat(invocation.awaitAnswer(LIMIT).payloadText())
                .isEqualTo("{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: "
                        + invocation.requestId() + " Error: Runtime exited with error: exit status 3\"}");
        assertThat(invocation.awaitCompletion(LIMIT).status()).isEqualTo(InvocationStatus.ERROR);
        assertThat(awaitOutput(lambda, language.extensionParticipant(), "SHUTDOWN"))
                .endsWith(",\"shutdownReason\":\"failure\"}");
        assertThat(lambda.invoke("\"again\"").payloadText()).isEqualTo("\"again\"");
    }

    @Test
    void an_invocation_that_takes_longer_than_the_function_timeout_is_timed_out() {
        LambdaSimulator lambda = simulator.start(runtimeAndExtension()
                .function(patientFunction().timeout(Duration.ofSeconds(1)).build()));

        Invocation invocation = lambda.submit(InvocationRequest.of("{\"do\": \"hang\"}"));

        assertThat(invocation.awaitAnswer(LIMIT).payloadText())
                .isEqualTo("{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: " + invocation.requestId()
                        + " Error: Task timed out after 1.00 seconds\"}");
        assertThat(invocation.awaitCompletion(LIMIT).status()).isEqualTo(InvocationStatus.TIMEOUT);
        assertThat(invocation.awaitCompletion(LIMIT).duration()).isEqualTo(Duration.ofSeconds(1));
        assertThat(awaitExit(lambda, Participant.RUNTIME)).isEqualTo(new ProcessExit.Signal(15));
        assertThat(awaitOutput(lambda, language.extensionParticipant(), "SHUTDOWN"))
                .endsWith(",\"shutdownReason\":\"timeout\"}");
        assertThat(lambda.invoke("\"again\"").payloadText()).isEqualTo("\"again\"");
    }

    @Test
    void an_init_error_reaches_the_caller_as_the_runtime_sent_it() {
        LambdaSimulator lambda = simulator.start(runtimeAndExtension()
                .function(patientFunction()
                        .environmentVariable("FAIL_INIT", "no table: Größen")
                        .build()));

        InvocationResult result = lambda.invoke("{}");

        assertThat(result.functionError()).contains("Unhandled");
        assertThat(result.payloadText())
                .contains("no table: Größen")
                .isEqualTo(awaitOutput(lambda, Participant.RUNTIME, "no table"));
        assertThat(awaitExit(lambda, Participant.RUNTIME)).isEqualTo(new ProcessExit.Code(1));
        lambda.awaitPhase(EnvironmentPhase.FAILED, LIMIT);
        assertThatThrownBy(() -> lambda.awaitInit(LIMIT)).hasMessageStartingWith("init failed with Runtime.");
    }

    @Test
    void an_extension_that_exits_during_an_invocation_is_a_crash() {
        LambdaSimulator lambda = simulator.start(patient()
                .runtime(language.runtime())
                .extension(language.extensionName(), language.extension().environment("CRASH_ON", "INVOKE")));

        // The runtime hangs, so the extension is the first to end.
        Invocation invocation = lambda.submit(InvocationRequest.of("{\"do\": \"hang\"}"));

        assertThat(invocation.awaitAnswer(LIMIT).payloadText())
                .isEqualTo("{\"errorMessage\":\"RequestId: " + invocation.requestId()
                        + " Error: exit status 4\",\"errorType\":\"Extension.Crash\"}");
        assertThat(invocation.awaitCompletion(LIMIT).status()).isEqualTo(InvocationStatus.ERROR);
        assertThat(awaitExit(lambda, Participant.RUNTIME)).isEqualTo(new ProcessExit.Signal(15));
    }
}

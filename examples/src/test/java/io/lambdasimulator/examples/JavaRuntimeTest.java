package io.lambdasimulator.examples;

import static io.lambdasimulator.examples.support.SimulatorExtension.LIMIT;
import static io.lambdasimulator.examples.support.SimulatorExtension.awaitExit;
import static io.lambdasimulator.examples.support.SimulatorExtension.output;
import static io.lambdasimulator.examples.support.SimulatorExtension.patient;
import static io.lambdasimulator.examples.support.SimulatorExtension.patientFunction;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.examples.support.JavaRuntime;
import io.lambdasimulator.examples.support.SimulatorExtension;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.telemetry.TelemetryRecord.FunctionLog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A Java function under AWS's own runtime interface client, in a process as on AWS.
 *
 * <p>Run it: {@code mvn test -pl examples -am -Dtest=JavaRuntimeTest -Dsurefire.failIfNoSpecifiedTests=false}.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "AWS's runtime interface client has native code for Linux only")
class JavaRuntimeTest {

    @TempDir
    static Path folder;

    private static JavaRuntime runtime;

    @RegisterExtension
    final SimulatorExtension simulator = new SimulatorExtension();

    @BeforeAll
    static void unpackNativeLibrary() throws IOException {
        runtime = new JavaRuntime(folder);
    }

    @Test
    void a_java_function_answers_cold_and_warm_invocations() {
        LambdaSimulator lambda = simulator.start(patient().runtime(runtime.command(JavaFunction.class)));

        Invocation cold = lambda.submit(InvocationRequest.of("{\"id\":42}"));
        Invocation warm = lambda.submit(InvocationRequest.of("{\"city\":\"Zürich\"}"));

        assertThat(cold.awaitAnswer(LIMIT).payloadText()).isEqualTo("{\"id\":42}");
        assertThat(warm.awaitAnswer(LIMIT).payloadText()).isEqualTo("{\"city\":\"Zürich\"}");
        assertThat(warm.awaitAnswer(LIMIT).contentType()).contains("application/json");
        assertThat(cold.awaitCompletion(LIMIT).initDuration()).isPresent();
        assertThat(warm.awaitCompletion(LIMIT).initDuration()).isEmpty();
        assertThat(output(lambda, Participant.RUNTIME)).isEmpty();
    }

    @Test
    void an_exception_from_deep_inside_the_function_reaches_the_caller_and_the_next_invocation_works() {
        LambdaSimulator lambda = simulator.start(patient().runtime(runtime.command(JavaFunction.class)));

        Invocation failing = lambda.submit(InvocationRequest.of("{\"failAtDepth\":400}"));
        InvocationResult failed = failing.awaitAnswer(LIMIT);

        assertThat(failed.functionError()).contains("Unhandled");
        assertThat(failed.payloadText())
                .startsWith("{\"errorMessage\":\"asked to fail\",\"errorType\":\"java.lang.IllegalArgumentException\","
                        + "\"stackTrace\":[\"io.lambdasimulator.examples.JavaFunction.fail(JavaFunction.java:");
        assertThat(failed.payloadText().split("JavaFunction\\.fail\\(", -1)).hasSize(400 + 1);
        // The client puts the stack into a header, too, and does not get over any status but this.
        Event.CallAnswered posted = lambda.eventLog()
                .await(Event.CallAnswered.class, call -> call.path().endsWith(failing.requestId() + "/error"), LIMIT);
        assertThat(posted.status()).isEqualTo(202);
        assertThat(lambda.invoke("{\"id\":43}").payloadText()).isEqualTo("{\"id\":43}");
    }

    @Test
    void what_the_client_logs_is_one_record_for_each_message_with_a_framed_log() {
        Command command = runtime.command(JavaFunction.class, "--add-opens", "java.base/java.io=ALL-UNNAMED");
        LambdaSimulator lambda = simulator.start(patient().runtime(command).framedLog());

        lambda.invoke("{\"failAtDepth\":2}");
        lambda.telemetry().awaitEvent(FunctionLog.class, log -> true);
        lambda.close();

        String line = "\n\tat io.lambdasimulator.examples.JavaFunction.";
        assertThat(lambda.telemetry().events(FunctionLog.class))
                .singleElement()
                .extracting(FunctionLog::line)
                .asString()
                .startsWith("asked to fail: java.lang.IllegalArgumentException\n")
                .contains(line + "fail(", line + "handleRequest(");
    }

    @Test
    void an_exception_of_the_constructor_reaches_the_caller_as_the_client_sent_it() throws Exception {
        Command command = runtime.command(JavaFunction.class);
        LambdaSimulator lambda = simulator.start(patient()
                .runtime(command)
                .function(patientFunction()
                        .environmentVariable("FAIL_INIT", "no table")
                        .build()));

        InvocationResult result = lambda.invoke("{}");

        assertThat(result.functionError()).contains("Unhandled");
        assertThat(result.payloadText())
                .startsWith("{\"errorMessage\":\"no table\",\"errorType\":\"java.lang.IllegalStateException\"");
        assertThat(result.payload()).isEqualTo(initErrorBody(command.environment("FAIL_INIT", "no table")));
        assertThat(awaitExit(lambda, Participant.RUNTIME)).isEqualTo(new ProcessExit.Code(1));
        lambda.awaitPhase(EnvironmentPhase.FAILED, LIMIT);
        assertThatThrownBy(() -> lambda.awaitInit(LIMIT)).hasMessageStartingWith("init failed with ");
    }

    /** What the client sends, recorded by a server that does nothing else. */
    private static byte[] initErrorBody(Command command) throws Exception {
        CompletableFuture<byte[]> body = new CompletableFuture<>();
        HttpServer recorder = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        recorder.createContext("/2018-06-01/runtime/init/error", exchange -> {
            body.complete(exchange.getRequestBody().readAllBytes());
            exchange.sendResponseHeaders(202, -1);
            exchange.close();
        });
        recorder.start();
        ProcessBuilder builder = new ProcessBuilder(command.arguments())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(command.environment());
        builder.environment()
                .put(
                        "AWS_LAMBDA_RUNTIME_API",
                        "127.0.0.1:" + recorder.getAddress().getPort());
        Process process = builder.start();
        try {
            byte[] recorded = body.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            return recorded;
        } finally {
            process.destroyForcibly();
            recorder.stop(0);
        }
    }
}

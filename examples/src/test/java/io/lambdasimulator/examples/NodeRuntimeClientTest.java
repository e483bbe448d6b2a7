package io.lambdasimulator.examples;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;
import static io.lambdasimulator.examples.support.SimulatorExtension.LIMIT;
import static io.lambdasimulator.examples.support.SimulatorExtension.awaitExit;
import static io.lambdasimulator.examples.support.SimulatorExtension.patient;
import static io.lambdasimulator.examples.support.SimulatorExtension.patientFunction;
import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.examples.support.NpmPackages;
import io.lambdasimulator.examples.support.ScriptLanguage;
import io.lambdasimulator.examples.support.SimulatorExtension;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A Node.js function under AWS's own runtime interface client, in a process as on AWS.
 *
 * <p>Run it: {@code mvn test -Paws-lambda-ric -pl examples -am -Dtest=NodeRuntimeClientTest -Dsurefire.failIfNoSpecifiedTests=false}.
 * The first time this builds the client with cmake and g++, which takes one or two minutes.
 */
@Tag("aws-lambda-ric")
@EnabledOnOs(value = OS.LINUX, disabledReason = "AWS's runtime interface client has native code for Linux only")
class NodeRuntimeClientTest {

    @RegisterExtension
    final SimulatorExtension simulator = new SimulatorExtension();

    private LambdaSimulator start(String handler) {
        NpmPackages packages = NpmPackages.of("aws-lambda-ric");
        packages.file("aws-lambda-ric/dist/rapid-client.node");
        return simulator.start(patient()
                .function(patientFunction().handler(handler).build())
                .runtime(Command.of(
                                ScriptLanguage.NODE.interpreter(),
                                packages.file("aws-lambda-ric/bin/index.mjs").toString(),
                                handler)
                        .directory(Path.of("nodejs/aws-lambda-ric").toAbsolutePath())));
    }

    @Test
    void a_function_answers_cold_and_warm_invocations() {
        LambdaSimulator lambda = start("app.handler");

        for (String event : new String[] {"{\"city\":\"Zürich\"}", "[1]"}) {
            Invocation invocation = lambda.submit(InvocationRequest.of(event));

            assertThat(invocation)
                    .answersWithin(LIMIT)
                    .hasJsonPayload("{\"event\":" + event + ",\"requestId\":\"" + invocation.requestId()
                            + "\",\"function\":\"arn:aws:lambda:us-east-1:123456789012:function:test-function\"}");
        }
        assertThat(lambda).hasNoProtocolViolations();
    }

    @Test
    void an_exception_of_the_function_reaches_the_caller_and_the_next_invocation_works() {
        LambdaSimulator lambda = start("app.handler");

        InvocationResult failed = lambda.invoke("{\"fail\": \"no stock: Müsli\"}");

        assertThat(failed).hasError("RangeError", "no stock: Müsli");
        assertThat(failed.payloadText()).contains("\"trace\":[\"RangeError: no stock: Müsli\",");
        assertThat(lambda.invoke("{}")).isSuccess();
    }

    @Test
    void an_exception_that_nobody_catches_ends_the_client_and_the_next_invocation_works() {
        LambdaSimulator lambda = start("app.handler");

        assertThat(lambda.invoke("{\"failLater\": \"too late\"}")).hasError("RangeError", "too late");
        assertThat(awaitExit(lambda, Participant.RUNTIME)).isEqualTo(new ProcessExit.Code(129));
        assertThat(lambda.invoke("{}")).isSuccess();
    }

    @Test
    void a_handler_that_is_not_there_is_an_init_error() {
        LambdaSimulator lambda = start("app.missing");

        assertThat(lambda.invoke("{}")).hasError("Runtime.HandlerNotFound", "app.missing is undefined or not exported");
        assertThat(awaitExit(lambda, Participant.RUNTIME)).isEqualTo(new ProcessExit.Code(129));
    }

    @Test
    void a_streamed_response_arrives() throws IOException {
        LambdaSimulator lambda = start("app.stream");

        Invocation invocation = lambda.submitStreaming(InvocationRequest.of("{\"pieces\": [\"one \", \"two\"]}"));

        assertThat(text(invocation)).isEqualTo("one two");
        assertThat(invocation).answersWithin(LIMIT).isSuccess();
        assertThat(invocation.awaitAnswer(LIMIT).contentType()).contains("text/plain");
        assertThat(lambda).hasNoProtocolViolations();
    }

    @Test
    void an_exception_in_the_middle_of_a_stream_comes_in_its_trailers() throws IOException {
        LambdaSimulator lambda = start("app.stream");

        Invocation invocation = lambda.submitStreaming(
                InvocationRequest.of("{\"pieces\": [\"so far\"], \"fail\": \"ran dry: Müsli\"}"));

        assertThat(text(invocation)).isEqualTo("so far");
        assertThat(invocation).answersWithin(LIMIT).hasError("TypeError", "ran dry: Müsli");
        assertThat(lambda.invoke("{\"pieces\": [\"again\"]}")).hasPayload("again");
    }

    private static String text(Invocation invocation) throws IOException {
        return new String(invocation.responseStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}

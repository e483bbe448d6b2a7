package io.lambdasimulator.examples;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;
import static io.lambdasimulator.examples.support.SimulatorExtension.LIMIT;
import static io.lambdasimulator.examples.support.SimulatorExtension.patient;
import static io.lambdasimulator.examples.support.SimulatorExtension.patientFunction;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.examples.support.DatadogExtension;
import io.lambdasimulator.examples.support.JavaRuntime;
import io.lambdasimulator.examples.support.SimulatorExtension;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Datadog's tracer in a Java function under AWS's runtime interface client, as on AWS: it finds the function, joins the trace of the
 * event and sends its spans before the environment freezes.
 *
 * <p>Run it: {@code mvn test -pl examples -am -Dtest=DatadogTracerTest -Dsurefire.failIfNoSpecifiedTests=false}. The build fetches the
 * tracer.
 */
@Timeout(180) // A tracer makes a JVM start slowly, and a busy machine does the rest.
@EnabledOnOs(value = OS.LINUX, disabledReason = "AWS's runtime interface client has native code for Linux only")
class DatadogTracerTest {

    private static final Duration START = Duration.ofMinutes(2);

    @RegisterExtension
    final SimulatorExtension simulator = new SimulatorExtension();

    private DatadogExtension datadog;

    private LambdaSimulator lambda;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        datadog = new DatadogExtension();
        String tracer =
                Path.of("target/agents/dd-java-agent.jar").toAbsolutePath().toString();
        Command runtime = new JavaRuntime(folder)
                .command(
                        JavaFunction.class,
                        Stream.concat(Stream.of("-javaagent:" + tracer), Stream.of(datadog.jvmOptions()))
                                .toArray(String[]::new));
        lambda = simulator.start(patient()
                .initTimeout(START)
                .runtime(runtime)
                .extension(DatadogExtension.NAME, datadog)
                .function(patientFunction()
                        .handler(JavaFunction.class.getName() + "::handleRequest")
                        .environmentVariable("DD_SERVICE", "orders")
                        .environmentVariable("DD_ENV", "test")
                        .environmentVariable("DD_TRACE_AGENT_URL", datadog.agentUrl())
                        // Traces and nothing else.
                        .environmentVariable("DD_JMXFETCH_ENABLED", "false")
                        .environmentVariable("DD_INSTRUMENTATION_TELEMETRY_ENABLED", "false")
                        .environmentVariable("DD_REMOTE_CONFIGURATION_ENABLED", "false")
                        .build()));
        lambda.awaitInit(START);
    }

    @AfterEach
    void closeDatadog() {
        lambda.close();
        datadog.close();
    }

    /** An event as API Gateway sends it, of a caller that is traced itself. */
    private static String event(String traceId, String more) {
        return "{\"headers\":{\"x-datadog-trace-id\":\"" + traceId + "\",\"x-datadog-sampling-priority\":\"1\"}" + more
                + "}";
    }

    @Test
    void each_invocation_is_a_span_in_the_trace_of_its_event() throws Exception {
        for (String traceId : List.of("4242424242424242421", "4242424242424242422")) {
            String event = event(traceId, ",\"city\":\"Zürich\"");

            Invocation invocation = lambda.submit(InvocationRequest.of(event));

            assertThat(invocation).answersWithin(LIMIT).hasJsonPayload(event);
            assertThat(invocation).extensionIsReadyWithin(DatadogExtension.NAME, LIMIT);
            DatadogExtension.Span span = datadog.span(invocation.requestId());
            assertThat(span.service()).isEqualTo("orders");
            assertThat(span.resource()).isEqualTo("dd-tracer-serverless-span");
            assertThat(span.type()).isEqualTo("serverless");
            assertThat(span.traceId()).isEqualTo(traceId);
            assertThat(span.isError()).isFalse();
            assertThat(span.tags()).contains(entry("env", "test"), entry("request_id", invocation.requestId()));
            assertThat(datadog.start(invocation.requestId()).body()).isEqualTo(event);
            DatadogExtension.Call end = datadog.end(invocation.requestId());
            assertThat(end.body()).isEqualTo(event);
            assertThat(end.headers().getFirst("x-datadog-trace-id")).isEqualTo(traceId);
            assertThat(end.headers().getFirst("x-datadog-span-id")).isEqualTo(span.spanId());
            assertThat(end.headers()).doesNotContainKey("x-datadog-invocation-error");
        }
        lambda.shutdown(ShutdownReason.SPINDOWN);
        assertThat(lambda).hasNoProtocolViolations();
    }

    @Test
    void an_exception_of_the_function_is_an_error_in_its_span() throws Exception {
        Invocation invocation = lambda.submit(InvocationRequest.of(event("4242424242424242423", ",\"failAtDepth\":2")));

        assertThat(invocation).answersWithin(LIMIT).hasError("java.lang.IllegalArgumentException", "asked to fail");
        assertThat(invocation).extensionIsReadyWithin(DatadogExtension.NAME, LIMIT);
        DatadogExtension.Span span = datadog.span(invocation.requestId());
        assertThat(span.traceId()).isEqualTo("4242424242424242423");
        assertThat(span.isError()).isTrue();
        assertThat(span.tags())
                .contains(
                        entry("error.type", "java.lang.IllegalArgumentException"),
                        entry("error.message", "asked to fail"));
        assertThat(datadog.end(invocation.requestId()).headers().getFirst("x-datadog-invocation-error"))
                .isEqualTo("true");
    }
}

package io.lambdasimulator.examples;

import static io.lambdasimulator.examples.support.SimulatorExtension.LIMIT;
import static io.lambdasimulator.examples.support.SimulatorExtension.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.examples.support.SimulatorExtension;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.telemetry.TelemetrySubscription.Delivery;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An extension that lives from telemetry, as a process: it waits for {@code platform.runtimeDone} before it polls again, so the
 * report of an invocation reaches it with the next one, or before its {@code SHUTDOWN}.
 *
 * <p>Run it: {@code mvn test -pl examples -am -Dtest=TelemetryExtensionTest -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class TelemetryExtensionTest {

    private static final String NAME = "telemetry_extension.py";

    @RegisterExtension
    final SimulatorExtension simulator = new SimulatorExtension();

    @ParameterizedTest
    @ValueSource(strings = {"http", "tcp"})
    void receives_the_life_of_each_invocation(String protocol) {
        LambdaSimulator lambda = simulator.start(patient()
                .runtime((event, context) -> {
                    context.log("worked on " + new String(event, StandardCharsets.UTF_8));
                    return event;
                })
                .extension(
                        NAME,
                        Command.of(
                                "python3",
                                Path.of("python", NAME).toAbsolutePath().toString(),
                                protocol)));

        String first =
                lambda.submit(InvocationRequest.of("1")).awaitCompletion(LIMIT).requestId();
        String second =
                lambda.submit(InvocationRequest.of("2")).awaitCompletion(LIMIT).requestId();
        lambda.shutdown(ShutdownReason.SPINDOWN);

        List<String> dispatched = lambda.process(Participant.extension(NAME)).output(Event.OutputStream.STDOUT);
        assertThat(dispatched)
                .extracting(line -> line.split(" ", 3)[1])
                .containsExactly(
                        "platform.initStart",
                        "platform.telemetrySubscription",
                        "platform.initRuntimeDone",
                        "platform.extension",
                        "platform.initReport",
                        "platform.start",
                        "function",
                        "platform.runtimeDone",
                        "platform.report",
                        "platform.start",
                        "function",
                        "platform.runtimeDone",
                        "platform.report");
        assertThat(dispatched.get(8)).contains(first, "\"initDurationMs\"");
        assertThat(dispatched.get(12)).contains(second).doesNotContain("\"initDurationMs\"");
        Delivery delivery = lambda.telemetry().subscription(NAME).delivery();
        assertThat(delivery.accepted()).isEqualTo(13);
        assertThat(delivery.dropped()).isZero();
    }
}

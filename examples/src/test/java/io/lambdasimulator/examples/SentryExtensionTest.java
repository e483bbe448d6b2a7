package io.lambdasimulator.examples;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;
import static io.lambdasimulator.examples.support.SimulatorExtension.LIMIT;
import static io.lambdasimulator.examples.support.SimulatorExtension.awaitOutput;
import static io.lambdasimulator.examples.support.SimulatorExtension.patient;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.ShutdownReport;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.examples.support.NpmPackages;
import io.lambdasimulator.examples.support.ScriptLanguage;
import io.lambdasimulator.examples.support.SimulatorExtension;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.participant.FunctionHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Sentry's extension as npm has it, in a process as on AWS. It passes on what Sentry's SDK in the function hands to it, and takes no
 * notice of {@code SHUTDOWN}.
 *
 * <p>Run it: {@code mvn test -pl examples -am -Dtest=SentryExtensionTest -Dsurefire.failIfNoSpecifiedTests=false}. The build installs
 * the extension with npm.
 */
@Tag("node")
class SentryExtensionTest {

    private static final String NAME = "sentry-extension";

    private static final Participant EXTENSION = Participant.extension(NAME);

    @RegisterExtension
    final SimulatorExtension simulator = new SimulatorExtension();

    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

    private HttpServer sentry;

    @BeforeEach
    void startSentry() throws IOException {
        sentry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        sentry.createContext("/", exchange -> {
            received.add(exchange.getRequestURI() + "\n"
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        sentry.start();
    }

    @AfterEach
    void stopSentry() {
        sentry.stop(0);
    }

    private String dsn() {
        return "http://key@127.0.0.1:" + sentry.getAddress().getPort() + "/42";
    }

    private LambdaSimulator start(FunctionHandler function) {
        Path extension =
                NpmPackages.of("sentry-extension").file("@sentry/aws-serverless/build/lambda-extension/index.mjs");
        return simulator.start(patient()
                .runtime(function)
                .extension(
                        NAME,
                        Command.of(
                                        ScriptLanguage.NODE.interpreter(),
                                        "--require",
                                        Path.of("nodejs/sentry-extension/any-port.cjs")
                                                .toAbsolutePath()
                                                .toString(),
                                        extension.toString())
                                .environment("SENTRY_DSN", dsn())));
    }

    @Test
    void registers_and_takes_part_in_every_invocation() {
        LambdaSimulator lambda = start((event, context) -> event);

        Invocation cold = lambda.submit(InvocationRequest.of("{\"id\": 42}"));
        Invocation warm = lambda.submit(InvocationRequest.of("[1]"));

        assertThat(cold).answersWithin(LIMIT).hasPayload("{\"id\": 42}");
        assertThat(warm).answersWithin(LIMIT).hasPayload("[1]");
        assertThat(cold).extensionIsReadyWithin(NAME, LIMIT);
        assertThat(warm).extensionIsReadyWithin(NAME, LIMIT);
        assertThat(lambda)
                .hasNoProtocolViolations()
                .extension(NAME)
                .isExternal()
                .isRegisteredFor(ExtensionEventType.INVOKE, ExtensionEventType.SHUTDOWN)
                .hasState(ExtensionState.READY)
                .hasNoError();
    }

    /** It says that it has an envelope before it passes it on. If a freeze comes in between, it does so with the next invocation. */
    @Test
    void passes_on_what_the_function_hands_to_it() throws Exception {
        String envelope = "{\"dsn\":\"" + dsn() + "\"}\n{\"type\":\"event\"}\n{\"message\":\"no stock: Müsli\"}";
        CompletableFuture<URI> tunnel = new CompletableFuture<>();
        LambdaSimulator lambda = start((event, context) -> {
            if (new String(event, StandardCharsets.UTF_8).equals("\"await\"")) {
                return received.poll(LIMIT.toSeconds(), TimeUnit.SECONDS).getBytes(StandardCharsets.UTF_8);
            }
            HttpRequest request = HttpRequest.newBuilder(tunnel.get())
                    .POST(HttpRequest.BodyPublishers.ofString(envelope))
                    .build();
            int status = HttpClient.newHttpClient()
                    .send(request, BodyHandlers.discarding())
                    .statusCode();
            return Integer.toString(status).getBytes(StandardCharsets.UTF_8);
        });
        String line = awaitOutput(lambda, EXTENSION, "tunnel at port ");
        tunnel.complete(URI.create("http://127.0.0.1:" + line.substring(line.lastIndexOf(' ') + 1) + "/envelope"));

        assertThat(lambda.invoke("\"send\"")).hasPayload("200");
        assertThat(lambda.invoke("\"await\""))
                .hasPayload("/api/42/envelope/?sentry_version=7&sentry_key=key\n" + envelope);
    }

    @Test
    void does_not_end_when_it_is_told_to_and_is_killed_at_the_deadline() {
        LambdaSimulator lambda = start((event, context) -> event);
        lambda.invoke("{}");

        ShutdownReport report = lambda.shutdown(ShutdownReason.SPINDOWN);

        Instant deadline =
                lambda.eventLog().events(Event.ShutdownStarted.class).get(0).deadline();
        ShutdownReport.End end = report.of(EXTENSION).orElseThrow();
        assertThat(end.receivedShutdown()).isTrue();
        assertThat(end.killedAt())
                .hasValueSatisfying(killedAt -> assertThat(killedAt).isAfterOrEqualTo(deadline));
        assertThat(end.exit()).contains(new ProcessExit.Signal(9));
        assertThat(lambda).extension(NAME).hasState(ExtensionState.SHUTDOWN_FAILED);
        assertThat(lambda).extensionProcess(NAME).wasEndedBySignal(9);
        assertThat(lambda.eventLog().events(Event.SignalSent.class))
                .filteredOn(signal -> signal.participant().equals(EXTENSION))
                .isEqualTo(List.of(new Event.SignalSent(EXTENSION, "SIGKILL", "its time is over")));
    }
}

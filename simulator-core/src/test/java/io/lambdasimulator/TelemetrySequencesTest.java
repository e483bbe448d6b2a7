package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.json.JsonValues;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.participant.FunctionHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a subscriber receives, from the first record to the last: each test's whole stream is in a file of its own, with
 * times, durations and ids replaced. Where AWS's own records were captured, ours have their fields in their order.
 */
class TelemetrySequencesTest {

    private static final String PLATFORM = "\"platform\"";
    private static final FunctionHandler ECHO = (event, context) -> event;
    private static final Pattern VOLATILE = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z"
            + "|(?<=urationMs\":)[\\d.]+"
            + "|(?<=maxMemoryUsedMB\":)\\d+"
            + "|(?<=\\[\\$LATEST])[0-9a-f]{32}"
            + "|\\d{4}/\\d\\d/\\d\\d(?=/)"
            + "|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final TelemetryConsumer consumer = new TelemetryConsumer("2025-01-29", PLATFORM);

    @TempDir
    Path state;

    @AfterEach
    void close() {
        consumer.close();
    }

    private LambdaSimulator.Builder environment() {
        return LambdaSimulator.builder().extension("watcher", consumer.extension("watcher", event -> {}));
    }

    private Command puppet(String... variables) {
        Command command = Command.of("python3", resource("/puppets/runtime.py").toString())
                .environment("STATE", state.toString());
        for (int i = 0; i < variables.length; i += 2) {
            command = command.environment(variables[i], variables[i + 1]);
        }
        return command;
    }

    static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(TelemetrySequencesTest.class.getResource(name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void cold_start_and_warm_invocation() {
        TelemetryConsumer everything = new TelemetryConsumer("2025-01-29", "\"platform\",\"function\",\"extension\"");
        try (everything;
                LambdaSimulator lambda = LambdaSimulator.builder()
                        .runtime((event, context) -> {
                            context.log("handling " + new String(event, StandardCharsets.UTF_8));
                            return event;
                        })
                        .extension("watcher", context -> {
                            context.log("watching");
                            return everything.extension("watcher", event -> {}).create(context);
                        })
                        .start()) {
            lambda.invoke("\"first\"");
            lambda.invoke("\"second\"");
            lambda.shutdown(ShutdownReason.SPINDOWN);
        }
        assertStream("cold-start", everything);
        assertFieldsOf("captures", everything);
    }

    @Test
    void sampled_trace_and_tenant() {
        try (LambdaSimulator lambda = environment().runtime(ECHO).start()) {
            lambda.invoke(InvocationRequest.builder()
                    .payload("1")
                    .traceId("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
                    .tenantId("blue")
                    .build());
            lambda.shutdown(ShutdownReason.SPINDOWN);
        }
        assertStream("traced", consumer);
    }

    @Test
    void handled_error() {
        try (LambdaSimulator lambda = environment()
                .runtime((event, context) -> {
                    throw new IllegalArgumentException("not this one");
                })
                .start()) {
            assertThat(lambda.invoke("1").errorType()).isPresent();
            lambda.shutdown(ShutdownReason.SPINDOWN);
        }
        assertStream("handled-error", consumer);
        assertFieldsOf("captures-handled-error", consumer);
    }

    @Test
    void timeout_whose_report_reaches_the_next_generation() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        List<Integer> beforeShutdown = new ArrayList<>();
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofSeconds(1))
                        .build())
                .runtime((event, context) -> {
                    if (new String(event, StandardCharsets.UTF_8).contains("hang")) {
                        never.await();
                    }
                    return event;
                })
                .extension("watcher", consumer.extension("watcher", event -> {
                    if (event.contains("\"SHUTDOWN\"")) {
                        beforeShutdown.add(consumer.events.size());
                    }
                }))
                .start()) {
            lambda.submit(InvocationRequest.of("\"warm\"")).awaitCompletion(Wire.PATIENCE);
            assertThat(lambda.invoke("\"hang\"").errorType()).contains("Sandbox.Timedout");
            assertThat(lambda.invoke("\"go on\"").payloadText()).isEqualTo("\"go on\"");
            lambda.shutdown(ShutdownReason.SPINDOWN);
        }
        assertStream("timeout", consumer);
        assertFieldsOf("captures-timeout", consumer);
        assertThat(consumer.replies).containsExactly("\"OK\"", "\"OK\"");
        assertThat(consumer.events.subList(0, beforeShutdown.get(0)))
                .as("the first generation has seen runtimeDone, and not the report")
                .last()
                .asString()
                .contains("\"platform.runtimeDone\"", "\"timeout\"");
    }

    @Test
    void runtime_crash() {
        try (LambdaSimulator lambda = environment().runtime(puppet()).start()) {
            assertThat(lambda.invoke("\"do exit 1\"").errorType()).contains("Runtime.ExitError");
            assertThat(lambda.invoke("\"again\"").payloadText()).isEqualTo("\"again\"");
            lambda.shutdown(ShutdownReason.SPINDOWN);
        }
        assertStream("runtime-crash", consumer);
    }

    @Test
    void extension_crash() {
        AtomicInteger generation = new AtomicInteger();
        CountDownLatch never = new CountDownLatch(1);
        try (LambdaSimulator lambda = environment()
                .runtime((event, context) -> {
                    if (generation.get() == 1) {
                        never.await();
                    }
                    return event;
                })
                .extension("fragile", context -> () -> {
                    boolean breaks = generation.incrementAndGet() == 1;
                    ExtensionClient client = new ExtensionClient(context.runtimeApi(), "fragile", "INVOKE", "SHUTDOWN");
                    String event = "";
                    while (!event.contains("\"SHUTDOWN\"")) {
                        event = client.pollInBackground().join();
                        if (breaks) {
                            throw new IllegalStateException("broken");
                        }
                    }
                })
                .start()) {
            lambda.submit(InvocationRequest.of("1")).awaitCompletion(Wire.PATIENCE);
            lambda.invoke("2");
            lambda.shutdown(ShutdownReason.SPINDOWN);
        }
        assertStream("extension-crash", consumer);
    }

    @Test
    void init_that_fails_and_the_one_within_the_invocation() {
        try (LambdaSimulator lambda = environment()
                .runtime(puppet("START", "init-error Runtime.Untidy; exit 1"))
                .start()) {
            assertThat(lambda.invoke("\"fine\"").payloadText()).isEqualTo("\"fine\"");
            lambda.shutdown(ShutdownReason.SPINDOWN);
        }
        assertStream("suppressed-init", consumer);
    }

    @Test
    void init_that_takes_too_long() {
        try (LambdaSimulator lambda = environment()
                .initTimeout(Duration.ofSeconds(1))
                .runtime(puppet("START", "hang"))
                .start()) {
            assertThat(lambda.invoke("\"fine\"").payloadText()).isEqualTo("\"fine\"");
            lambda.shutdown(ShutdownReason.SPINDOWN);
        }
        assertStream("init-timeout", consumer);
        assertFieldsOf("captures-init-timeout", consumer);
    }

    @Test
    void reset_because_the_runtime_ended_while_idle() throws InterruptedException {
        try (LambdaSimulator lambda = environment().runtime(puppet()).start()) {
            lambda.invoke("\"first\"");
            lambda.awaitFrozen(Wire.PATIENCE);
            ProcessHandle runtime = ProcessHandle.of(
                            lambda.process(Participant.RUNTIME).pid().orElseThrow())
                    .orElseThrow();
            runtime.destroyForcibly();
            runtime.onExit().orTimeout(20, TimeUnit.SECONDS).join();
            lambda.eventLog().await(Event.ParticipantExited.class, exited -> true, Wire.PATIENCE);
            assertThat(lambda.invoke("\"second\"").errorType()).contains("Runtime.ExitError");
            assertThat(lambda.invoke("\"third\"").payloadText()).isEqualTo("\"third\"");
            lambda.shutdown(ShutdownReason.SPINDOWN);
        }
        assertStream("reset", consumer);
    }

    // ---- comparing

    private static void assertStream(String file, TelemetryConsumer consumer) {
        assertThat(String.join("\n", normalised(consumer.events)) + "\n")
                .as("the stream; that of a good run is in " + file + ".jsonl")
                .isEqualTo(text("/telemetry/" + file + ".jsonl"));
    }

    private static List<String> normalised(List<String> events) {
        Map<String, String> ids = new LinkedHashMap<>();
        return events.stream()
                .map(event -> VOLATILE.matcher(event).replaceAll(found -> replacement(found, ids)))
                .toList();
    }

    private static String replacement(MatchResult found, Map<String, String> ids) {
        String value = found.group();
        if (value.length() == 36 && value.charAt(8) == '-') {
            return ids.computeIfAbsent(value, id -> "<id " + (ids.size() + 1) + ">");
        }
        if (value.endsWith("Z")) {
            assertThat(value).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
            return "<time>";
        }
        return value.contains("/") ? "<date>" : value.length() == 32 ? "<instance>" : number(value);
    }

    private static String number(String value) {
        assertThat(value).matches("\\d+(\\.\\d{1,3})?");
        return value.contains(".") ? "0.0" : "0";
    }

    private static String text(String resource) {
        try (InputStream in = TelemetrySequencesTest.class.getResourceAsStream(resource)) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For each captured record there is one of ours with the same members in the same order. */
    private static void assertFieldsOf(String captures, TelemetryConsumer consumer) {
        List<String> ours = consumer.events.stream()
                .map(TelemetrySequencesTest::fields)
                .map(fields -> fields.replaceAll(", spans=\\[\\{name=extensionOverhead, [^\\]]*]", ""))
                .toList();
        List<String> captured =
                text("/telemetry/" + captures + ".jsonl").lines().toList();
        assertThat(captured).isNotEmpty();
        for (String line : captured) {
            assertThat(ours).as("a record with the fields of " + line).contains(fields(line));
        }
    }

    private static String fields(String event) {
        return shape("", JsonValues.parse(event));
    }

    /** Names of members in their order; of values only what is a word of the API. */
    private static String shape(String name, Object value) {
        if (value instanceof Map<?, ?> members) {
            return members.entrySet().stream()
                    .map(member -> member.getKey() + "=" + shape(String.valueOf(member.getKey()), member.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value instanceof List<?> elements) {
            return elements.stream().map(element -> shape("", element)).toList().toString();
        }
        return List.of("type", "name", "status", "phase", "initializationType").contains(name)
                ? String.valueOf(value)
                : value.getClass().getSimpleName();
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code event/next}, {@code init/error} and {@code exit/error} of the Extensions API (spec: on-demand §1.9, §1.10). */
class ExtensionEventsTest {

    private static final String IDENTIFIER = "Lambda-Extension-Identifier: ";
    private static final String TYPE = "Lambda-Extension-Function-Error-Type: ";
    private static final String UUID = "[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}";
    private static final String UNKNOWN = "00000000-0000-4000-8000-0000000000Ab";

    private LambdaSimulator lambda;
    private BareRuntime runtime;

    @BeforeEach
    void start() {
        lambda = LambdaSimulator.builder().start();
        runtime = new BareRuntime(lambda);
    }

    @AfterEach
    void close() {
        runtime.close();
        lambda.close();
    }

    private BareExtension register(String name, String... events) {
        return BareExtension.register(lambda, name, events);
    }

    private static List<String> headerNames(Reply reply) {
        return reply.headerLines().stream()
                .map(line -> line.substring(0, line.indexOf(':')))
                .toList();
    }

    @Nested
    class An_invoke_event {

        @Test
        void is_exactly_this() {
            try (BareExtension extension = register("e", "INVOKE")) {
                extension.poll();
                runtime.poll();
                lambda.submit(InvocationRequest.builder()
                        .requestId("8476a536-e9f4-11e8-9739-2dfe598c3fcd")
                        .invokedFunctionArn("arn:aws:lambda:us-east-1:123456789012:function:f:<live>")
                        .traceId("Root=1-2-3;Parent=4;Sampled=1;Lineage=a:1|b:2")
                        .build());

                Reply event = extension.reply();

                String deadline =
                        runtime.reply().header("Lambda-Runtime-Deadline-Ms").orElseThrow();
                event.assertJson(
                        200,
                        "{\"eventType\":\"INVOKE\",\"deadlineMs\":" + deadline
                                + ",\"requestId\":\"8476a536-e9f4-11e8-9739-2dfe598c3fcd\","
                                + "\"invokedFunctionArn\":\"arn:aws:lambda:us-east-1:123456789012:function:f:\\u003clive\\u003e\","
                                + "\"tracing\":{\"type\":\"X-Amzn-Trace-Id\","
                                + "\"value\":\"Root=1-2-3;Parent=4;Sampled=1;Lineage=a:1|b:2\"}}");
                assertThat(headerNames(event))
                        .containsExactlyInAnyOrder(
                                "Content-Type", "Lambda-Extension-Event-Identifier", "Content-Length", "Date");
                assertThat(event.header("Lambda-Extension-Event-Identifier"))
                        .get()
                        .asString()
                        .matches(UUID);
            }
        }

        @Test
        void without_a_trace_has_no_tracing() {
            try (BareExtension extension = register("e", "INVOKE")) {
                extension.poll();
                runtime.poll();
                lambda.submit(
                        InvocationRequest.builder().requestId("r").traceId("").build());

                assertThat(extension.reply().text())
                        .matches("\\{\"eventType\":\"INVOKE\",\"deadlineMs\":[0-9]+,\"requestId\":\"r\","
                                + "\"invokedFunctionArn\":\""
                                + FunctionConfiguration.defaults().arn() + "\"}");
            }
        }

        @Test
        void has_an_identifier_of_its_own_in_each_delivery() {
            try (BareExtension one = register("one", "INVOKE").poll();
                    BareExtension two = register("two", "INVOKE").poll()) {
                runtime.poll();
                Invocation first = lambda.submit(InvocationRequest.of("1"));
                List<Reply> events = List.of(one.reply(), two.reply());
                runtime.reply();
                runtime.respond(first.requestId(), "").assertAccepted();
                one.poll();
                two.poll();
                runtime.poll();
                lambda.submit(InvocationRequest.of("2"));

                assertThat(Stream.concat(events.stream(), Stream.of(one.reply(), two.reply()))
                                .map(event -> event.header("Lambda-Extension-Event-Identifier")
                                        .orElseThrow()))
                        .doesNotHaveDuplicates()
                        .hasSize(4);
            }
        }

        @Test
        @SuppressWarnings("try") // a client that is there and does nothing
        void goes_to_subscribers_only_and_nobody_else_is_waited_for() {
            try (BareExtension subscriber = register("subscriber", "INVOKE").poll();
                    BareExtension other = register("other", "SHUTDOWN");
                    BareExtension none = register("none")) {
                other.poll();
                none.poll();
                runtime.poll();
                Invocation invocation = lambda.submit(InvocationRequest.of("1"));
                runtime.echo();
                subscriber.reply();
                subscriber.poll();

                assertThat(invocation.awaitCompletion(Wire.PATIENCE).readiness())
                        .extracting(ExtensionReadiness::extension)
                        .containsExactly("subscriber");
                assertThat(lambda.eventLog().events(Event.EventDelivered.class))
                        .extracting(delivered -> delivered.participant().name())
                        .containsExactly("subscriber", "runtime");
            }
        }
    }

    @Nested
    class A_shutdown_event {

        @Test
        void is_exactly_this() {
            try (BareExtension extension = register("e", "INVOKE", "SHUTDOWN").poll()) {
                runtime.poll();
                lambda.awaitInit(Wire.PATIENCE);
                lambda.close();

                Reply event = extension.reply();

                long deadline = lambda.eventLog().events(Event.ShutdownStarted.class).stream()
                        .findFirst()
                        .orElseThrow()
                        .deadline()
                        .toEpochMilli();
                event.assertIs(
                        200,
                        "text/plain; charset=utf-8",
                        "{\"eventType\":\"SHUTDOWN\",\"deadlineMs\":" + deadline + ",\"shutdownReason\":\"spindown\"}");
                assertThat(headerNames(event)).containsExactlyInAnyOrder("Content-Type", "Content-Length", "Date");
            }
        }

        @Test
        void reaches_a_busy_extension_with_its_next_poll() throws InterruptedException {
            try (BareExtension extension = register("e", "INVOKE", "SHUTDOWN").poll()) {
                runtime.poll();
                Invocation invocation = lambda.submit(InvocationRequest.of("1"));
                assertThat(extension.reply().text()).contains(invocation.requestId());
                Thread closing = new Thread(lambda::close);
                closing.start();
                lambda.eventLog().await(Event.ShutdownStarted.class, started -> true, Wire.PATIENCE);

                assertThat(extension.next().text()).startsWith("{\"eventType\":\"SHUTDOWN\"");
                closing.join(Wire.PATIENCE.toMillis());
            }
        }

        @Test
        void does_not_go_to_extensions_that_did_not_register_for_it() {
            try (BareExtension extension = register("e", "INVOKE").poll()) {
                runtime.poll();
                lambda.awaitInit(Wire.PATIENCE);

                lambda.close();

                extension.wire().assertEnds();
            }
        }
    }

    static Stream<Arguments> calls() {
        return Stream.of(
                arguments("GET", BareExtension.NEXT),
                arguments("POST", BareExtension.INIT_ERROR),
                arguments("POST", BareExtension.EXIT_ERROR));
    }

    @Nested
    class The_identifier {

        static Stream<Arguments> calls() {
            return ExtensionEventsTest.calls();
        }

        private Reply call(String method, String target, String... headers) {
            return Wire.call(lambda.runtimeApi(), method, target, "", headers);
        }

        @ParameterizedTest
        @MethodSource("calls")
        void is_required(String method, String target) {
            for (String[] headers : new String[][] {{}, {TYPE + "T"}, {IDENTIFIER}}) {
                call(method, target, headers)
                        .assertRefused(
                                403,
                                "Extension.MissingExtensionIdentifier",
                                "Missing Lambda-Extension-Identifier header");
            }
        }

        @ParameterizedTest
        @MethodSource("calls")
        void has_to_be_a_uuid(String method, String target) {
            for (String identifier : List.of(
                    "no-uuid",
                    "e",
                    UNKNOWN.substring(1),
                    UNKNOWN + "0",
                    UNKNOWN.replace('0', 'g'),
                    UNKNOWN.replace('-', '_'),
                    "urn:uuid:" + UNKNOWN + "}",
                    "uuid:" + UNKNOWN)) {
                call(method, target, IDENTIFIER + identifier)
                        .assertRefused(
                                403, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {BareExtension.INIT_ERROR, BareExtension.EXIT_ERROR})
        void of_nobody_is_refused_after_the_error_type_is_found(String target) {
            call("POST", target, IDENTIFIER + UNKNOWN)
                    .assertRefused(403, "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found");
            call("POST", target, IDENTIFIER + UNKNOWN, TYPE)
                    .assertRefused(403, "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found");
            call("POST", target, IDENTIFIER + UNKNOWN, TYPE + "T")
                    .assertRefused(403, "Extension.UnknownExtensionIdentifier", "Unknown Lambda-Extension-Identifier");
        }

        @ParameterizedTest
        @ValueSource(strings = {"%s", "{%s}", "urn:uuid:%s", "URN:UUID:%s"})
        void of_nobody_is_told_to_next_in_its_plain_form(String spelling) {
            call("GET", BareExtension.NEXT, IDENTIFIER + spelling.formatted(UNKNOWN))
                    .assertRefused(
                            403,
                            "Extension.UnknownExtensionIdentifier",
                            "Unknown extension " + UNKNOWN.toLowerCase(Locale.ROOT));
        }

        @ParameterizedTest
        @ValueSource(strings = {"%s", "{%s}", "urn:uuid:%s"})
        void may_be_spelled_as_the_services_parser_takes_it(String spelling) {
            try (BareExtension extension = register("e", "INVOKE");
                    Wire wire = new Wire(lambda.runtimeApi())) {
                String identifier = spelling.formatted(extension.identifier().toUpperCase(Locale.ROOT));
                new Moments(lambda)
                        .bringsExtensionTo(
                                ExtensionState.READY,
                                "e",
                                () -> wire.head(
                                        "GET", BareExtension.NEXT, "lambda-extension-IDENTIFIER:" + identifier));
            }
        }

        @Test
        void may_be_spelled_without_dashes() {
            try (BareExtension extension = register("e", "INVOKE");
                    Wire wire = new Wire(lambda.runtimeApi())) {
                String identifier = extension.identifier().replace("-", "");
                new Moments(lambda)
                        .bringsExtensionTo(
                                ExtensionState.READY,
                                "e",
                                () -> wire.head("GET", BareExtension.NEXT, IDENTIFIER + identifier));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {BareExtension.INIT_ERROR, BareExtension.EXIT_ERROR})
    void an_error_is_accepted_whatever_its_type_and_body(String target) {
        try (BareExtension extension = register("e", "INVOKE")) {
            Wire.call(
                            lambda.runtimeApi(),
                            "POST",
                            target,
                            "not even JSON",
                            IDENTIFIER + extension.identifier(),
                            TYPE + "whatever <it> is")
                    .assertAccepted();

            assertThat(lambda.extensions())
                    .singleElement()
                    .extracting(ExtensionInfo::errorType)
                    .isEqualTo(Optional.of("whatever <it> is"));
        }
    }

    @Test
    void an_error_of_an_extension_without_a_process_counts_as_its_exit() {
        Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
        try (BareExtension extension = register("e", "INVOKE")) {
            extension.initError("Extension.MyInit").assertAccepted();

            extension
                    .next()
                    .assertRefused(
                            403, "Extension.UnknownExtensionIdentifier", "Unknown extension " + extension.identifier());
        }
        // That was the init of the environment; the one within the invocation decides.
        try (BareExtension extension = register("e", "INVOKE")) {
            extension.initError("Extension.MyInit").assertAccepted();

            assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText())
                    .isEqualTo("{\"errorMessage\":\"RequestId: " + invocation.requestId()
                            + " Error: exit status 1\",\"errorType\":\"Extension.InitError\"}");
        }
    }
}

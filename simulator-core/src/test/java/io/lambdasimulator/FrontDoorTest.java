package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /2015-03-31/functions/NAME/invocations} (spec: production-captures §1 and §6). */
class FrontDoorTest {

    private static final int REQUEST_LIMIT = 6_291_456;
    private static final int RESPONSE_LIMIT = 6_291_556;
    private static final String UUID = "[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}";
    private static final String PATH = path("test-function");

    private LambdaSimulator lambda;
    private BareRuntime runtime;
    private final List<Wire> callers = new ArrayList<>();

    @BeforeEach
    void start() {
        start(LambdaSimulator.builder());
    }

    private void start(LambdaSimulator.Builder builder) {
        lambda = builder.frontDoor().start();
        runtime = new BareRuntime(lambda);
    }

    private void restart(LambdaSimulator.Builder builder) {
        close();
        start(builder);
    }

    @AfterEach
    void close() {
        callers.forEach(Wire::close);
        runtime.close();
        lambda.close();
    }

    private static String path(String function) {
        return "/2015-03-31/functions/" + function + "/invocations";
    }

    private Wire caller() {
        Wire caller = new Wire(lambda.frontDoor().orElseThrow().getAuthority());
        callers.add(caller);
        return caller;
    }

    /** A caller whose request is in. */
    private Wire called(String event, String... headers) {
        Wire caller = caller();
        new Moments(lambda)
                .causes(
                        Event.InvocationQueued.class,
                        queued -> true,
                        () -> caller.request("POST", PATH, event, headers));
        return caller;
    }

    /** Lets the runtime take an invocation and answer it. */
    private Reply answered(String response, String... headers) {
        Reply event = runtime.next();
        runtime.respond(BareRuntime.requestIdOf(event), response, headers).assertAccepted();
        return event;
    }

    /** The headers of the service, as spelled and in order. */
    private static List<String> amazonHeaders(Reply reply) {
        return reply.headerLines().stream()
                .filter(line -> line.regionMatches(true, 0, "x-amz", 0, 5))
                .toList();
    }

    private static void assertRejected(Reply reply, int status, String errorType, String body) {
        reply.assertJson(status, body);
        assertThat(reply.header("x-amzn-ErrorType")).contains(errorType);
        assertThat(reply.header("x-amzn-RequestId")).get().asString().matches(UUID);
        assertThat(reply.header("X-Amz-Function-Error")).isEmpty();
        assertThat(reply.header("X-Amz-Executed-Version")).isEmpty();
    }

    @Test
    void an_answer_has_the_services_headers_and_the_runtimes_bytes() {
        Wire caller = called("{\"a\": 1 }", "Content-Type: text/odd");

        Reply event = answered("bytes \n as they are", "Content-Type: text/plain");

        assertThat(event.text()).isEqualTo("{\"a\": 1 }");
        assertThat(event.header("Content-Type")).contains("application/json");
        Reply reply = caller.reply();
        reply.assertIs(200, "text/plain", "bytes \n as they are");
        assertThat(amazonHeaders(reply))
                .containsExactly(
                        "x-amzn-RequestId: " + BareRuntime.requestIdOf(event),
                        "x-amzn-Remapped-Content-Length: 0",
                        "X-Amz-Executed-Version: $LATEST",
                        "X-Amzn-Trace-Id: "
                                + event.header("Lambda-Runtime-Trace-Id").orElseThrow());
    }

    @Test
    void an_answer_without_content_type_is_json() {
        Wire caller = called("{}");
        answered("");

        caller.reply().assertIs(200, "application/json", "");
    }

    @Test
    void a_function_error_is_unhandled_and_passes_through() {
        Wire caller = called("{}");
        String requestId = BareRuntime.requestIdOf(runtime.next());
        String error = "{\"errorMessage\": \"boom\",  \"errorType\": \"ValueError\"}";
        runtime.fail(requestId, error, "Content-Type: application/json").assertAccepted();

        Reply reply = caller.reply();

        reply.assertIs(200, "application/json", error);
        assertThat(amazonHeaders(reply))
                .startsWith(
                        "x-amzn-RequestId: " + requestId,
                        "X-Amz-Function-Error: Unhandled",
                        "x-amzn-Remapped-Content-Length: 0",
                        "X-Amz-Executed-Version: $LATEST")
                .hasSize(5);
    }

    @Test
    void an_init_error_is_the_answer_of_whoever_waits_for_init() {
        Wire caller = called("{}");
        runtime.initError("{\"errorType\":\"Runtime.ImportModuleError\"}").assertAccepted();

        Reply reply = caller.reply();

        reply.assertIs(200, "application/json", "{\"errorType\":\"Runtime.ImportModuleError\"}");
        assertThat(reply.header("X-Amz-Function-Error")).contains("Unhandled");
    }

    @Nested
    class The_function {

        @Test
        void is_known_by_its_name_and_as_function() {
            restart(LambdaSimulator.builder()
                    .function(FunctionConfiguration.builder()
                            .name("orders")
                            .version("7")
                            .build()));
            for (String name : List.of("orders", "function")) {
                Wire caller = caller().request("POST", path(name), "{}");
                answered("\"fine\"");
                Reply reply = caller.reply();
                reply.assertIs(200, "application/json", "\"fine\"");
                assertThat(reply.header("X-Amz-Executed-Version")).contains("7");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"other", "TEST-FUNCTION", "test-function2", "test%2Dfunction"})
        void of_another_name_is_not_found(String name) {
            assertRejected(
                    caller().request("POST", path(name), "{}").reply(),
                    404,
                    "ResourceNotFoundException",
                    "{\"Type\":\"User\",\"Message\":\"Function not found:"
                            + " arn:aws:lambda:us-east-1:123456789012:function:" + name + ":$LATEST\"}");
        }
    }

    @Test
    void other_paths_and_methods_are_refused_as_by_the_apis() {
        Wire caller = caller();
        for (String path : List.of("/", PATH + "/", "/2015-03-31/functions", "/2018-06-01/ping")) {
            caller.request("POST", path, "{}")
                    .reply()
                    .assertIs(404, "text/plain; charset=utf-8", "404 page not found\n");
        }
        Reply reply = caller.request("GET", PATH, "").reply();
        assertThat(reply.status()).isEqualTo(405);
        assertThat(reply.header("Allow")).contains("POST");
        assertThat(reply.body()).isEmpty();
    }

    @Nested
    class The_payload {

        @Test
        void that_is_empty_becomes_an_empty_object() {
            Wire caller = called("");

            assertThat(answered("").text()).isEqualTo("{}");
            assertThat(caller.reply().status()).isEqualTo(200);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"null", "1e400", "\"text\"", "[]", " {\"a\":[{}]}\n", "{\"a\":1,\"a\":2}", "\"\\u0000\""})
        void that_is_json_arrives_as_it_is(String payload) {
            called(payload);

            assertThat(runtime.next().text()).isEqualTo(payload);
        }

        static Stream<Arguments> noJson() {
            return Stream.of("{", "}", "{}{}", "{} x", "text", "{'a':1}", "[1,]", "NaN", "01", "\"\n\"", " ", "{\"a\"}")
                    .map(text -> arguments(text, text.getBytes(StandardCharsets.UTF_8)));
        }

        @ParameterizedTest
        @MethodSource("noJson")
        void that_is_no_json_is_refused(String text, byte[] payload) {
            Reply reply = caller().request("POST", PATH, payload).reply();

            assertRejected(reply, 400, "InvalidRequestContentException", reply.text());
            assertThat(reply.text())
                    .startsWith("{\"Type\":\"User\",\"message\":\"Could not parse request body into json:"
                            + " Could not parse payload into json: ");
            assertThat(lambda.eventLog().events(Event.InvocationQueued.class)).isEmpty();
        }

        @Test
        void that_is_no_utf8_is_refused() {
            byte[] payload = {'"', (byte) 0x87, '"'};

            Reply reply = caller().request("POST", PATH, payload).reply();

            assertRejected(reply, 400, "InvalidRequestContentException", reply.text());
        }

        @Test
        void that_ends_early_is_refused() {
            Wire caller = caller().head("POST", PATH, "Content-Length: 10").send("{}");
            caller.halfClose();

            assertRejected(
                    caller.reply(),
                    400,
                    "InvalidRequestContentException",
                    "{\"Type\":\"User\",\"message\":\"the request body ended before it was complete\"}");
        }

        private byte[] json(int length) {
            byte[] json = new byte[length];
            Arrays.fill(json, (byte) 'x');
            json[0] = '"';
            json[length - 1] = '"';
            return json;
        }

        @Test
        void may_be_6_mebibytes() {
            byte[] payload = json(REQUEST_LIMIT);
            Wire caller = caller().head("POST", PATH, "Content-Length: " + REQUEST_LIMIT, "Expect: 100-continue");
            assertThat(caller.reply().status()).isEqualTo(100);
            caller.send(payload);

            Reply event = runtime.next();
            runtime.wire()
                    .request("POST", BareRuntime.response(BareRuntime.requestIdOf(event)), json(RESPONSE_LIMIT))
                    .reply()
                    .assertAccepted();

            assertThat(event.body()).isEqualTo(payload);
            assertThat(caller.reply().body()).isEqualTo(json(RESPONSE_LIMIT));
        }

        @Test
        void of_one_byte_more_is_refused_and_nothing_runs() {
            Reply reply =
                    caller().request("POST", PATH, json(REQUEST_LIMIT + 1)).reply();

            assertRejected(
                    reply,
                    413,
                    "RequestEntityTooLargeException",
                    "{\"Type\":\"User\",\"Message\":"
                            + "\"Request must be smaller than 6291456 bytes for the InvokeFunction operation\"}");
            assertThat(lambda.eventLog().events(Event.InvocationQueued.class)).isEmpty();
        }

        @Test
        void of_the_answer_may_be_too_large_which_is_a_function_error() {
            Wire caller = called("{}");
            String requestId = BareRuntime.requestIdOf(runtime.next());
            runtime.wire()
                    .request("POST", BareRuntime.response(requestId), json(RESPONSE_LIMIT + 1))
                    .reply();

            Reply reply = caller.reply();

            reply.assertIs(
                    200,
                    "application/json",
                    "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size (6291556 bytes).\","
                            + "\"errorType\":\"Function.ResponseSizeTooLarge\"}");
            assertThat(reply.header("X-Amz-Function-Error")).contains("Unhandled");
        }
    }

    @Nested
    class What_the_caller_sends_along {

        private static String base64(String text) {
            return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        }

        @Test
        void reaches_the_runtime() {
            Wire caller = called(
                    "{}",
                    "x-amz-client-context: " + base64("{\"custom\":{\"key\":\"value\"}}"),
                    "X-AMZN-TRACE-ID: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
                    "X-Amz-Tenant-Id: blue");

            Reply event = answered("");

            assertThat(event.header("Lambda-Runtime-Client-Context")).contains("{\"custom\":{\"key\":\"value\"}}");
            assertThat(event.header("Lambda-Runtime-Trace-Id"))
                    .contains("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
            assertThat(event.header("Lambda-Runtime-Aws-Tenant-Id")).contains("blue");
            assertThat(event.header("Lambda-Runtime-Cognito-Identity")).isEmpty();
            assertThat(caller.reply().header("X-Amzn-Trace-Id"))
                    .contains("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
        }

        @Test
        void counts_as_not_sent_when_it_is_empty() {
            called("{}", "X-Amz-Client-Context:", "X-Amzn-Trace-Id:", "X-Amz-Tenant-Id:");

            Reply event = runtime.next();

            assertThat(event.header("Lambda-Runtime-Client-Context")).isEmpty();
            assertThat(event.header("Lambda-Runtime-Trace-Id")).get().asString().startsWith("Root=1-");
            assertThat(event.header("Lambda-Runtime-Aws-Tenant-Id")).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(strings = {"{\"custom\":{}}", "no base64!", "e30=e30="})
        void is_refused_when_the_client_context_is_no_base64(String context) {
            Reply reply = caller().request("POST", PATH, "{}", "X-Amz-Client-Context: " + context)
                    .reply();

            assertRejected(reply, 400, "InvalidRequestContentException", reply.text());
            assertThat(lambda.eventLog().events(Event.InvocationQueued.class)).isEmpty();
        }
    }

    @Nested
    class Callers {

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void that_leave_do_not_stop_the_invocation(boolean byReset) {
            Wire caller = called("{}");
            String requestId = BareRuntime.requestIdOf(runtime.next());
            if (byReset) {
                caller.reset();
            } else {
                caller.close();
            }
            Wire next = called("\"next\"");

            runtime.respond(requestId, "\"for nobody\"").assertAccepted();
            answered("\"for somebody\"");

            next.reply().assertIs(200, "application/json", "\"for somebody\"");
            assertThat(lambda.invocations())
                    .singleElement()
                    .extracting(InvocationReport::status)
                    .isEqualTo(InvocationStatus.SUCCESS);
        }

        @Test
        void that_come_at_once_are_served_one_after_the_other_in_their_order() {
            List<Wire> inOrder = Stream.of("1", "2", "3", "4", "5")
                    .map(FrontDoorTest.this::called)
                    .toList();

            for (int i = 0; i < inOrder.size(); i++) {
                Reply event = runtime.next();
                assertThat(event.text()).isEqualTo(Integer.toString(i + 1));
                runtime.respond(BareRuntime.requestIdOf(event), event.text()).assertAccepted();
                inOrder.get(i).reply().assertIs(200, "application/json", Integer.toString(i + 1));
            }
        }

        @Test
        void are_turned_away_from_a_busy_environment_if_so_configured() {
            restart(LambdaSimulator.builder().whenBusy(WhenBusy.REJECT));
            Wire first = called("{}");

            assertRejected(
                    caller().request("POST", PATH, "{}").reply(),
                    429,
                    "TooManyRequestsException",
                    "{\"Type\":\"User\",\"Message\":\"Rate Exceeded.\"}");

            answered("\"fine\"");
            first.reply().assertIs(200, "application/json", "\"fine\"");
        }

        @Test
        void may_keep_their_connection() {
            Wire caller = caller();
            for (int i = 0; i < 3; i++) {
                caller.request("POST", PATH, Integer.toString(i));
                assertThat(answered("\"fine\"").text()).isEqualTo(Integer.toString(i));
                caller.reply().assertIs(200, "application/json", "\"fine\"");
                assertThat(caller.request("POST", PATH, "no json").reply().status())
                        .isEqualTo(400);
            }
        }

        @RepeatedTest(10)
        void who_still_wait_when_the_environment_closes_get_an_error() {
            Wire running = called("1");
            Wire queued = called("2");
            String requestId = BareRuntime.requestIdOf(runtime.next());

            lambda.close();

            Reply reply = running.reply();
            reply.assertIs(
                    200,
                    "application/json",
                    "{\"errorType\":\"Sandbox.Failure\",\"errorMessage\":\"RequestId: " + requestId
                            + " Error: the execution environment was shut down (spindown)\"}");
            assertThat(reply.header("X-Amz-Function-Error")).contains("Unhandled");
            assertRejected(
                    queued.reply(),
                    503,
                    "ServiceUnavailableException",
                    "{\"Type\":\"User\",\"Message\":\"the execution environment was shut down (spindown)"
                            + " before it was this invocation's turn\"}");
        }

        @Test
        void who_come_while_the_environment_closes_get_an_error() throws InterruptedException {
            Wire late = caller();
            try (BareExtension extension = BareExtension.register(lambda, "e", "SHUTDOWN")) {
                Thread closing = new Thread(lambda::close);
                closing.start();
                lambda.eventLog().await(Event.ShutdownStarted.class, started -> true, Wire.PATIENCE);

                Reply reply = late.request("POST", PATH, "{}").reply();

                assertRejected(
                        reply,
                        503,
                        "ServiceUnavailableException",
                        "{\"Type\":\"User\",\"Message\":\"the execution environment is shut down\"}");
                assertThat(extension.next().text()).contains("SHUTDOWN");
                closing.join(Wire.PATIENCE.toMillis());
            }
        }
    }
}

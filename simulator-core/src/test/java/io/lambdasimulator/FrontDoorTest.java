package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.LogFormat;
import io.lambdasimulator.environment.LogLevel;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.Command;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
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
        // The init of the environment, then the one within the invocation.
        runtime.initError("{\"errorType\":\"Runtime.ImportModuleError\"}").assertAccepted();
        runtime.initError("{\"errorType\":\"Runtime.ImportModuleError\"}").assertAccepted();

        Reply reply = caller.reply();

        reply.assertIs(200, "application/json", "{\"errorType\":\"Runtime.ImportModuleError\"}");
        assertThat(reply.header("X-Amz-Function-Error")).contains("Unhandled");
    }

    @Nested
    class The_function {

        private static final String ARN = "arn:aws:lambda:eu-west-1:210987654321:function:orders";

        @BeforeEach
        void orders() {
            restart(LambdaSimulator.builder()
                    .function(FunctionConfiguration.builder()
                            .name("orders")
                            .version("7")
                            .region("eu-west-1")
                            .accountId("210987654321")
                            .build()));
        }

        @ParameterizedTest
        @CsvSource(textBlock = """
                        function                                                      , ''
                        orders                                                        , ''
                        %6Frders                                                      , ''
                        orders:live                                                   , :live
                        orders:7                                                      , :7
                        function:live                                                 , :live
                        210987654321:function:orders                                  , ''
                        210987654321:function:orders:live                             , :live
                        arn:aws:lambda:eu-west-1:210987654321:function:orders         , ''
                        arn%3Aaws%3Alambda%3Aeu-west-1%3A210987654321%3Afunction%3Aorders%3Alive, :live
                        """)
        void is_known_by_its_name_and_arn(String name, String qualifier) {
            Wire caller = caller().request("POST", path(name), "{}");

            assertThat(answered("\"fine\"").header("Lambda-Runtime-Invoked-Function-Arn"))
                    .contains(ARN + qualifier);

            Reply reply = caller.reply();
            reply.assertIs(200, "application/json", "\"fine\"");
            assertThat(reply.header("X-Amz-Executed-Version")).contains("7");
        }

        @ParameterizedTest
        @CsvSource({"orders,live,:live", "orders,7,:7", "orders:live,live,:live", "orders,%6Cive,:live", "orders,'',''"
        })
        void may_be_qualified_by_a_parameter(String name, String parameter, String qualifier) {
            Wire caller = caller().request("POST", path(name) + "?x=y&Qualifier=" + parameter, "{}");

            assertThat(answered("\"fine\"").header("Lambda-Runtime-Invoked-Function-Arn"))
                    .contains(ARN + qualifier);
            assertThat(caller.reply().status()).isEqualTo(200);
        }

        @ParameterizedTest
        @ValueSource(strings = {"a%0d%0ab", "%C3%A9", "a%20b", "%zz", "a:b"})
        void cannot_be_qualified_by_what_is_no_qualifier(String qualifier) {
            Reply reply = caller().request("POST", path("orders") + "?Qualifier=" + qualifier, "{}")
                    .reply();

            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.header("x-amzn-ErrorType")).contains("ValidationException");
            assertThat(reply.text()).contains("at 'qualifier' failed to satisfy constraint");
            assertThat(lambda.eventLog().events(Event.InvocationQueued.class)).isEmpty();
        }

        @Test
        void cannot_be_qualified_in_two_ways() {
            assertRejected(
                    caller().request("POST", path("orders:live") + "?Qualifier=test", "{}")
                            .reply(),
                    400,
                    "InvalidParameterValueException",
                    "{\"Type\":\"User\",\"Message\":\"The derived qualifier from the function name"
                            + " does not match the specified qualifier.\"}");
        }

        @ParameterizedTest
        @CsvSource(textBlock = """
                        other                                         , eu-west-1:210987654321:function:other:$LATEST
                        ORDERS                                        , eu-west-1:210987654321:function:ORDERS:$LATEST
                        orders2                                       , eu-west-1:210987654321:function:orders2:$LATEST
                        %zz                                           , eu-west-1:210987654321:function:%zz:$LATEST
                        a%20b                                         , eu-west-1:210987654321:function:a b:$LATEST
                        orders:8                                      , eu-west-1:210987654321:function:orders:8
                        orders?Qualifier=8                            , eu-west-1:210987654321:function:orders:8
                        orders:$LATEST                                , eu-west-1:210987654321:function:orders:$LATEST
                        210987654322:function:orders                  , eu-west-1:210987654322:function:orders:$LATEST
                        arn:aws:lambda:us-east-1:210987654321:function:orders, us-east-1:210987654321:function:orders:$LATEST
                        """)
        void of_another_name_or_version_is_not_found(String name, String arn) {
            String path = path(name);
            if (name.contains("?")) {
                path = path(name.substring(0, name.indexOf('?'))) + name.substring(name.indexOf('?'));
            }

            assertRejected(
                    caller().request("POST", path, "{}").reply(),
                    404,
                    "ResourceNotFoundException",
                    "{\"Type\":\"User\",\"Message\":\"Function not found: arn:aws:lambda:" + arn + "\"}");
        }
    }

    @Nested
    class An_invocation_type {

        private static final String EVENT = "X-Amz-Invocation-Type: Event";

        @Test
        void of_RequestResponse_is_the_usual_one() {
            Wire caller = called("{}", "X-Amz-Invocation-Type: RequestResponse");
            answered("\"fine\"");

            caller.reply().assertIs(200, "application/json", "\"fine\"");
        }

        @Test
        void of_Event_is_accepted_at_once_and_runs() {
            Reply accepted =
                    called("{\"a\":1}", EVENT, "X-Amz-Client-Context: e30=").reply();

            assertThat(accepted.status()).isEqualTo(202);
            assertThat(accepted.body()).isEmpty();
            Reply event = answered("\"for nobody\"");
            assertThat(event.text()).isEqualTo("{\"a\":1}");
            assertThat(event.header("Lambda-Runtime-Client-Context")).isEmpty();
            assertThat(amazonHeaders(accepted))
                    .containsExactly(
                            "x-amzn-RequestId: " + BareRuntime.requestIdOf(event),
                            "x-amzn-Remapped-Content-Length: 0",
                            "X-Amzn-Trace-Id: "
                                    + event.header("Lambda-Runtime-Trace-Id").orElseThrow());
        }

        @Test
        void of_Event_waits_where_a_synchronous_one_is_turned_away() {
            restart(LambdaSimulator.builder().whenBusy(WhenBusy.REJECT));
            Wire first = called("1");

            assertThat(called("2", EVENT).reply().status()).isEqualTo(202);
            answered("\"fine\"");

            first.reply().assertIs(200, "application/json", "\"fine\"");
            assertThat(answered("").text()).isEqualTo("2");
        }

        @Test
        void of_Event_has_a_limit_of_1_mebibyte() {
            byte[] payload = new byte[1_048_577];
            Arrays.fill(payload, (byte) ' ');
            payload[0] = '1';

            assertRejected(
                    caller().request("POST", PATH, payload, EVENT).reply(),
                    413,
                    "RequestEntityTooLargeException",
                    "{\"Type\":\"User\",\"Message\":\"1048577 byte payload is too large for the Event"
                            + " invocation type (limit 1048576 bytes)\"}");
            byte[] most = Arrays.copyOf(payload, 1_048_576);
            assertThat(caller().request("POST", PATH, most, EVENT).reply().status())
                    .isEqualTo(202);
            assertThat(runtime.next().body()).isEqualTo(most);
        }

        @Test
        void of_DryRun_checks_the_request_and_runs_nothing() {
            Wire caller = caller();
            String dryRun = "X-Amz-Invocation-Type: DryRun";

            Reply reply = caller.request("POST", PATH, "{}", dryRun).reply();

            assertThat(reply.status()).isEqualTo(204);
            assertThat(reply.body()).isEmpty();
            assertThat(reply.header("X-Amz-Executed-Version")).isEmpty();
            assertThat(caller.request("POST", path("other"), "{}", dryRun)
                            .reply()
                            .status())
                    .isEqualTo(404);
            assertThat(caller.request("POST", PATH, "{", dryRun).reply().status())
                    .isEqualTo(400);
            assertThat(lambda.eventLog().events(Event.InvocationQueued.class)).isEmpty();
        }

        @ParameterizedTest
        @CsvSource({
            "X-Amz-Invocation-Type,invocationType,'Event, RequestResponse, DryRun'",
            "X-Amz-Log-Type,logType,'None, Tail'"
        })
        void or_log_type_that_does_not_exist_is_refused(String header, String name, String allowed) {
            assertRejected(
                    caller().request("POST", PATH, "{}", header + ": Other").reply(),
                    400,
                    "ValidationException",
                    "{\"message\":\"1 validation error detected: Value 'Other' at '" + name
                            + "' failed to satisfy constraint: Member must satisfy enum value set: [" + allowed
                            + "]\"}");
        }
    }

    @Nested
    class The_end_of_the_log {

        private static final String TAIL = "X-Amz-Log-Type: Tail";

        private String tailOf(Reply reply) {
            return new String(
                    Base64.getDecoder().decode(reply.header("X-Amz-Log-Result").orElseThrow()), StandardCharsets.UTF_8);
        }

        private LambdaSimulator talkative(int length) {
            return LambdaSimulator.builder()
                    .frontDoor()
                    .runtime(Command.of(
                            System.getProperty("java.home") + "/bin/java",
                            "-cp",
                            System.getProperty("java.class.path"),
                            TalkativeRuntime.class.getName(),
                            Integer.toString(length)))
                    .start();
        }

        @Test
        void goes_from_START_to_REPORT_with_what_was_written_between() {
            try (LambdaSimulator talking = talkative(0);
                    Wire caller = new Wire(talking.frontDoor().orElseThrow().getAuthority())) {
                for (int i = 0; i < 20; i++) {
                    Reply reply = caller.request("POST", PATH, "{}", TAIL).reply();

                    String requestId = reply.header("x-amzn-RequestId").orElseThrow();
                    List<String> lines = tailOf(reply).lines().toList();
                    assertThat(lines).hasSize(6).startsWith("START RequestId: " + requestId + " Version: $LATEST");
                    assertThat(lines.subList(1, 4)).containsExactlyInAnyOrder("one", "two", "three");
                    assertThat(lines.get(4)).isEqualTo("END RequestId: " + requestId);
                    assertThat(lines.get(5))
                            .matches("REPORT RequestId: " + requestId
                                    + "\tDuration: [0-9.]+ ms\tBilled Duration: \\d+ ms"
                                    + "\tMemory Size: 128 MB\tMax Memory Used: \\d+ MB\t"
                                    + (i == 0 ? "Init Duration: [0-9.]+ ms\t" : ""));
                    assertThat(tailOf(reply)).endsWith("\t\n");
                }
            }
        }

        @Test
        void is_cut_to_4_kilobytes() {
            try (LambdaSimulator talking = talkative(100_000);
                    Wire caller = new Wire(talking.frontDoor().orElseThrow().getAuthority())) {
                Reply reply = caller.request("POST", PATH, "{}", TAIL).reply();

                assertThat(tailOf(reply))
                        .hasSize(4096)
                        .startsWith("xxxx")
                        .containsPattern("\nEND RequestId: .*\nREPORT ");
            }
        }

        @Test
        void has_the_status_of_an_invocation_that_failed() {
            Wire caller = called("{}", TAIL);
            runtime.next();
            lambda.close();

            assertThat(tailOf(caller.reply())).endsWith("\tStatus: failure\tError Type: Sandbox.Failure\n");
        }

        @Test
        void as_JSON_holds_the_records_of_its_own_invocation_and_of_the_init_before_it() {
            try (LambdaSimulator talking = LambdaSimulator.builder()
                            .function(FunctionConfiguration.builder()
                                    .logFormat(LogFormat.JSON)
                                    .systemLogLevel(LogLevel.DEBUG)
                                    .build())
                            .frontDoor()
                            .runtime((event, context) -> {
                                if (new String(event, StandardCharsets.UTF_8).equals("\"die\"")) {
                                    throw new Error("dead"); // which ends the runtime, as no exception does
                                }
                                return event;
                            })
                            .start();
                    Wire caller = new Wire(talking.frontDoor().orElseThrow().getAuthority())) {
                List<String> warm = List.of("platform.start", "platform.runtimeDone", "platform.report");
                List<String> cold = new ArrayList<>(
                        List.of("platform.initStart", "platform.initRuntimeDone", "platform.initReport"));
                cold.addAll(warm);

                assertThat(typesIn(caller, "1")).isEqualTo(cold);
                assertThat(typesIn(caller, "2")).isEqualTo(warm);
                assertThat(typesIn(caller, "\"die\"")).isEqualTo(warm);
                assertThat(typesIn(caller, "4")).isEqualTo(cold);
                assertThat(typesIn(caller, "5")).isEqualTo(warm);
            }
        }

        /** Of the records in the tail, which must be of one invocation. */
        private List<String> typesIn(Wire caller, String payload) {
            Reply reply = caller.request("POST", PATH, payload, TAIL).reply();
            String tail = tailOf(reply);
            assertThat(Pattern.compile("\"requestId\":\"([^\"]+)\"")
                            .matcher(tail)
                            .results())
                    .extracting(id -> id.group(1))
                    .containsOnly(reply.header("x-amzn-RequestId").orElseThrow());
            return Pattern.compile("\"type\":\"([^\"]+)\"")
                    .matcher(tail)
                    .results()
                    .map(type -> type.group(1))
                    .toList();
        }

        @Test
        void is_not_sent_unless_asked_for() {
            Wire caller = called("{}", "X-Amz-Log-Type: None");
            answered("");

            assertThat(caller.reply().header("X-Amz-Log-Result")).isEmpty();
        }

        @Test
        void makes_the_caller_wait_for_the_extensions() {
            try (BareExtension extension = BareExtension.register(lambda, "e", "INVOKE")) {
                Wire caller = called("{}", TAIL);
                extension.poll();
                answered("\"fine\"");
                lambda.eventLog().await(Event.InvocationAnswered.class, any -> true, Wire.PATIENCE);
                assertThat(lambda.invocations()).isEmpty();
                new Moments(lambda).causes(Event.InvocationCompleted.class, any -> true, () -> {
                    extension.reply();
                    runtime.poll();
                    extension.poll();
                });

                assertThat(tailOf(caller.reply())).contains("REPORT RequestId: ");
            }
        }
    }

    /** Requests as the AWS CLI 1.46.3 with botocore 1.43.62 sent them to a socket: header lines, their order, the path's escapes. */
    @Nested
    class The_AWS_CLI {

        private static final String USER_AGENT = "User-Agent: aws-cli/1.46.3 md/Botocore#1.43.62 ua/2.1 os/linux#6.18"
                + " md/arch#x86_64 lang/python#3.11.7 md/pyimpl#CPython m/N,b,Z,g,D cfg/retry-mode#legacy botocore/1.43.62";

        private String authorization(String signedHeaders) {
            return "Authorization: AWS4-HMAC-SHA256 Credential=test/20261125/us-east-1/lambda/aws4_request,"
                    + " SignedHeaders=" + signedHeaders + ", Signature=" + "0".repeat(64);
        }

        @Test
        void invokes_a_function_and_its_signature_is_not_checked() {
            Wire caller = caller().request(
                            "POST",
                            PATH,
                            "{\"a\":1}",
                            "Accept-Encoding: identity",
                            USER_AGENT,
                            "X-Amz-Date: 20261125T225907Z",
                            authorization("host;x-amz-date"),
                            "amz-sdk-invocation-id: 50362c7a-554a-4e76-9553-2efc0da88781",
                            "amz-sdk-request: attempt=1");

            assertThat(answered("\"fine\"").text()).isEqualTo("{\"a\":1}");
            caller.reply().assertIs(200, "application/json", "\"fine\"");
        }

        @Test
        void invokes_a_function_with_all_its_options() {
            Wire caller = caller().request(
                            "POST",
                            path("arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Atest-function")
                                    + "?Qualifier=live",
                            "",
                            "Accept-Encoding: identity",
                            "X-Amz-Invocation-Type: RequestResponse",
                            "X-Amz-Log-Type: Tail",
                            "X-Amz-Client-Context: e30=",
                            "X-Amz-Tenant-Id: blue",
                            USER_AGENT,
                            "X-Amz-Date: 20261125T225910Z",
                            authorization("host;x-amz-client-context;x-amz-date;x-amz-invocation-type;x-amz-log-type;"
                                    + "x-amz-tenant-id"),
                            "amz-sdk-invocation-id: 2e954e0e-7f3c-4b06-a90a-b140add6a965",
                            "amz-sdk-request: attempt=1");

            Reply event = answered("\"fine\"");
            runtime.poll();

            assertThat(event.text()).isEqualTo("{}");
            assertThat(event.header("Lambda-Runtime-Client-Context")).contains("{}");
            assertThat(event.header("Lambda-Runtime-Aws-Tenant-Id")).contains("blue");
            assertThat(event.header("Lambda-Runtime-Invoked-Function-Arn"))
                    .contains("arn:aws:lambda:us-east-1:123456789012:function:test-function:live");
            assertThat(caller.reply().header("X-Amz-Log-Result")).isPresent();
        }
    }

    @Nested
    class A_browser {

        @Test
        void is_let_in_from_any_origin() {
            Reply reply = caller().request(
                            "OPTIONS",
                            PATH,
                            "",
                            "Origin: http://localhost:3000",
                            "Access-Control-Request-Method: POST",
                            "Access-Control-Request-Headers: content-type,x-amz-invocation-type")
                    .reply();

            assertThat(reply.status()).isEqualTo(204);
            assertThat(reply.header("Access-Control-Allow-Origin")).contains("*");
            assertThat(reply.header("Access-Control-Allow-Methods")).contains("POST, OPTIONS");
            assertThat(reply.header("Access-Control-Allow-Headers")).contains("content-type,x-amz-invocation-type");
        }

        @Test
        void may_read_answers_and_errors_with_their_headers() {
            Wire caller = called("{}", "Origin: http://localhost:3000");
            answered("");

            for (Reply reply : List.of(
                    caller.reply(),
                    caller().request("POST", PATH, "{", "Origin: null").reply())) {
                assertThat(reply.header("Access-Control-Allow-Origin")).contains("*");
                assertThat(reply.header("Access-Control-Expose-Headers"))
                        .get()
                        .asString()
                        .contains("x-amzn-RequestId");
            }
        }

        @Test
        void alone_is_told_so() {
            Wire caller = called("{}");
            answered("");

            assertThat(caller.reply().header("Access-Control-Allow-Origin")).isEmpty();
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
        assertThat(reply.header("Allow")).contains("POST, OPTIONS");
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
                    "{\"Type\":\"User\",\"message\":\"the request body ended before it was complete, or its chunks are malformed\"}");
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
            assertThat(event.header("Lambda-Runtime-Aws-Tenant-Id")).contains("blue");
            assertThat(event.header("Lambda-Runtime-Cognito-Identity")).isEmpty();
            assertThat(event.header("Lambda-Runtime-Trace-Id"))
                    .get()
                    .asString()
                    .matches("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=[0-9a-f]{16};Sampled=1;"
                            + "Lineage=1:[0-9a-f]{8}:0");
            assertThat(caller.reply().header("X-Amzn-Trace-Id")).isEqualTo(event.header("Lambda-Runtime-Trace-Id"));
        }

        static Stream<Arguments> traces() {
            String root = "Root=1-5759e988-bd862e3fe1be46a994272793";
            String lineage = ";Lineage=1:[0-9a-f]{8}:0";
            return Stream.of(
                    arguments(
                            "Parent=53995c3f42cd8ad8;" + root + " ; Sampled=1",
                            root + ";Parent=53995c3f42cd8ad8;Sampled=1" + lineage),
                    arguments(
                            "Self=1-67891234-12456789abcdef012345678;" + root,
                            root + ";Parent=[0-9a-f]{16};Sampled=0" + lineage
                                    + ";Self=1-67891234-12456789abcdef012345678"),
                    arguments("nonsense", "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0" + lineage),
                    arguments(
                            "Root=1-2-3;Sampled=1",
                            "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0" + lineage));
        }

        @ParameterizedTest
        @MethodSource("traces")
        void of_a_trace_is_kept_and_what_is_missing_added(String sent, String seen) {
            called("{}", "X-Amzn-Trace-Id: " + sent);

            assertThat(runtime.next().header("Lambda-Runtime-Trace-Id"))
                    .get()
                    .asString()
                    .matches(seen);
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
        @ValueSource(strings = {"{\"custom\":{}}", "no base64!", "e30=e30=", "string", "W10=", "e30sIA==", "/w=="})
        void is_refused_when_the_client_context_is_no_json_object_in_base64(String context) {
            Reply reply = caller().request("POST", PATH, "{}", "X-Amz-Client-Context: " + context)
                    .reply();

            assertRejected(
                    reply,
                    400,
                    "InvalidRequestContentException",
                    "{\"Type\":\"User\",\"message\":\"Client context must be a valid Base64-encoded JSON object.\"}");
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
                    "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\",\"Type\":\"User\","
                            + "\"message\":\"Rate Exceeded.\"}");

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

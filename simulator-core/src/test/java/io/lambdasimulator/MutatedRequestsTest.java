package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.hostile.Footprint;
import io.lambdasimulator.hostile.HostileClient;
import io.lambdasimulator.hostile.Mutant;
import io.lambdasimulator.hostile.Mutations;
import io.lambdasimulator.hostile.ValidRequest;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whatever is sent, to whichever route and in whichever state: it is answered or closed, the environment serves a normal invocation
 * afterwards, and nothing is left. {@code -Dhostile.mutants=5000} sends more, {@code -Dhostile.seed=7} others.
 */
class MutatedRequestsTest {

    private static final long SEED = Long.getLong("hostile.seed", 2026L);
    private static final int MUTANTS = Integer.getInteger("hostile.mutants", 500);

    private static final Logger LOG = LoggerFactory.getLogger(MutatedRequestsTest.class);

    /** What may be asked, as it is right in a situation. */
    private enum Call {
        NEXT(situation -> ValidRequest.of("GET", BareRuntime.NEXT, "")),
        RESPONSE(situation -> ValidRequest.of(
                "POST",
                BareRuntime.response(situation.requestId()),
                "{\"answer\":[1,\"two\",{\"three\":null}]}",
                "Content-Type: application/json")),
        STREAMED_RESPONSE(situation -> ValidRequest.of(
                "POST",
                BareRuntime.response(situation.requestId()),
                "{\"statusCode\":200}\0\0\0\0\0\0\0\0body",
                "Lambda-Runtime-Function-Response-Mode: streaming",
                "Content-Type: application/vnd.awslambda.http-integration-response",
                "Trailer: Lambda-Runtime-Function-Error-Type")),
        ERROR(situation -> ValidRequest.of(
                "POST",
                BareRuntime.error(situation.requestId()),
                "{\"errorMessage\":\"m\",\"errorType\":\"Function.Error\",\"stackTrace\":[\"a\"]}",
                "Lambda-Runtime-Function-Error-Type: Function.Error",
                "Content-Type: application/json")),
        INIT_ERROR(situation -> ValidRequest.of(
                "POST",
                BareRuntime.INIT_ERROR,
                "{\"errorMessage\":\"m\",\"errorType\":\"Runtime.Init\",\"stackTrace\":[]}",
                "Lambda-Runtime-Function-Error-Type: Runtime.Init")),
        RESTORE_NEXT(situation -> ValidRequest.of("GET", "/2018-06-01/runtime/restore/next", "")),
        RESTORE_ERROR(situation -> ValidRequest.of(
                "POST",
                "/2018-06-01/runtime/restore/error",
                "{\"errorMessage\":\"m\"}",
                "Lambda-Runtime-Function-Error-Type: Runtime.Restore")),
        REGISTER(situation -> ValidRequest.of(
                "POST",
                BareExtension.REGISTER,
                "{\"events\":[\"INVOKE\"]}",
                "Lambda-Extension-Name: second",
                "Lambda-Extension-Accept-Feature: accountId")),
        EVENT_NEXT(situation -> ValidRequest.of(
                "GET", BareExtension.NEXT, "", "Lambda-Extension-Identifier: " + situation.identifier())),
        EXTENSION_INIT_ERROR(situation -> ValidRequest.of(
                "POST",
                BareExtension.INIT_ERROR,
                "{}",
                "Lambda-Extension-Identifier: " + situation.identifier(),
                "Lambda-Extension-Function-Error-Type: Extension.Broken")),
        EXIT_ERROR(situation -> ValidRequest.of(
                "POST",
                BareExtension.EXIT_ERROR,
                "{}",
                "Lambda-Extension-Identifier: " + situation.identifier(),
                "Lambda-Extension-Function-Error-Type: Extension.Broken")),
        TELEMETRY(situation -> ValidRequest.of(
                "PUT",
                "/2022-07-01/telemetry",
                "{\"schemaVersion\":\"2022-12-13\",\"types\":[\"platform\",\"function\"],\"buffering\":{\"maxItems\":1000,"
                        + "\"maxBytes\":262144,\"timeoutMs\":100},\"destination\":{\"protocol\":\"HTTP\","
                        + "\"URI\":\"http://sandbox.localdomain:9\"}}",
                "Lambda-Extension-Identifier: " + situation.identifier(),
                "Content-Type: application/json")),
        LOGS(situation -> ValidRequest.of(
                "PUT",
                "/2020-08-15/logs",
                "{\"schemaVersion\":\"2021-03-18\",\"types\":[\"platform\",\"function\"],\"buffering\":{\"maxItems\":1000,"
                        + "\"maxBytes\":262144,\"timeoutMs\":100},\"destination\":{\"protocol\":\"HTTP\","
                        + "\"URI\":\"http://sandbox.localdomain:9\"}}",
                "Lambda-Extension-Identifier: " + situation.identifier(),
                "Content-Type: application/json")),
        INVOKE(situation -> invocation("/2015-03-31/functions/function/invocations", "RequestResponse")),
        INVOKE_EVENT(situation -> invocation("/2015-03-31/functions/function/invocations", "Event")),
        INVOKE_DRY_RUN(situation -> invocation("/2015-03-31/functions/function/invocations?Qualifier=live", "DryRun")),
        INVOKE_STREAMING(situation ->
                invocation("/2021-11-15/functions/function/response-streaming-invocations", "RequestResponse")),
        FUNCTION_URL(situation -> ValidRequest.of(
                "POST",
                "/a/path?b=c&d=%20",
                "{\"body\":true}",
                "Content-Type: application/json",
                "Cookie: a=b; c=d",
                "X-Custom: x"));

        @SuppressWarnings("ImmutableEnumChecker") // none of these functions has a state
        private final Function<Situation, ValidRequest> request;

        Call(Function<Situation, ValidRequest> request) {
            this.request = request;
        }

        private static ValidRequest invocation(String target, String type) {
            return ValidRequest.of(
                    "POST",
                    target,
                    "{\"key\":\"value\",\"list\":[1,2.5,null,true]}",
                    "X-Amz-Invocation-Type: " + type,
                    "X-Amz-Log-Type: None",
                    "X-Amz-Client-Context: eyJjdXN0b20iOnsiYSI6ImIifX0=",
                    "X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
                    "Content-Type: application/json");
        }

        String address(Situation situation) {
            return switch (this) {
                case INVOKE, INVOKE_EVENT, INVOKE_DRY_RUN, INVOKE_STREAMING ->
                    situation.lambda().frontDoor().orElseThrow().getAuthority();
                case FUNCTION_URL ->
                    situation.lambda().functionUrl().orElseThrow().getAuthority();
                default -> situation.lambda().runtimeApi();
            };
        }

        /** What Jetty says of versions, and a function URL of responses that are none. */
        Integer[] serverErrors() {
            return this == FUNCTION_URL ? new Integer[] {502, 505} : new Integer[] {505};
        }

        /** Whether no other port of this machine could be meant. */
        boolean isHarmless(Mutant mutant) {
            return (this != TELEMETRY && this != LOGS) || mutant.contains("localdomain:9\"");
        }
    }

    private static Footprint untouched;

    /** Loads what stays loaded, and looks what that is. */
    @BeforeAll
    static void warmUp() throws Exception {
        for (String name : new String[] {"serving", "frozen", "extension-subscribed"}) {
            try (Situation situation = Situation.of(name)) {
                situation.establish();
                situation.assertGoesOn();
            }
        }
        untouched = Footprint.now();
    }

    @ParameterizedTest
    @CsvSource({
        "before-init, NEXT",
        "before-init, RESPONSE",
        "before-init, INIT_ERROR",
        "before-init, REGISTER",
        "idle, NEXT",
        "idle, RESPONSE",
        "idle, ERROR",
        "idle, INIT_ERROR",
        "idle, RESTORE_NEXT",
        "idle, RESTORE_ERROR",
        "parked, NEXT",
        "frozen, NEXT",
        "frozen, RESPONSE",
        "frozen, ERROR",
        "in-flight, NEXT",
        "in-flight, RESPONSE",
        "in-flight, STREAMED_RESPONSE",
        "in-flight, ERROR",
        "in-flight, INIT_ERROR",
        "streaming, NEXT",
        "streaming, RESPONSE",
        "streaming, ERROR",
        "failed, NEXT",
        "failed, ERROR",
        "failed, INIT_ERROR",
        "failed, REGISTER",
        "shutting-down, NEXT",
        "shutting-down, RESPONSE",
        "shutting-down, REGISTER",
        "shutting-down, EVENT_NEXT",
        "shutting-down, EXIT_ERROR",
        "during-init, REGISTER",
        "extension-registered, EVENT_NEXT",
        "extension-registered, EXTENSION_INIT_ERROR",
        "extension-registered, EXIT_ERROR",
        "extension-registered, TELEMETRY",
        "extension-registered, LOGS",
        "extension-subscribed, TELEMETRY",
        "extension-ready, EVENT_NEXT",
        "extension-ready, EXTENSION_INIT_ERROR",
        "extension-ready, TELEMETRY",
        "extension-running, EVENT_NEXT",
        "serving, INVOKE",
        "serving, INVOKE_EVENT",
        "serving, INVOKE_DRY_RUN",
        "serving, INVOKE_STREAMING",
        "serving, FUNCTION_URL",
        "busy, INVOKE",
        "waiting-for-init, INVOKE",
        "timing-out, INVOKE",
    })
    void are_answered_or_closed_and_leave_nothing(String state, Call call) throws Exception {
        attack(state, call);
        untouched.awaitItAgain();
    }

    /** In states where a call does much the same as in another one, for which the build does not take its time. */
    @Tag("stress")
    @ParameterizedTest
    @CsvSource({
        "parked, RESPONSE",
        "parked, INIT_ERROR",
        "frozen, INIT_ERROR",
        "frozen, REGISTER",
        "before-init, EVENT_NEXT",
        "before-init, TELEMETRY",
        "streaming, STREAMED_RESPONSE",
        "failed, RESPONSE",
        "shutting-down, ERROR",
        "shutting-down, INIT_ERROR",
        "shutting-down, TELEMETRY",
        "extension-subscribed, LOGS",
        "extension-ready, EXIT_ERROR",
        "extension-ready, REGISTER",
        "extension-ready, LOGS",
        "extension-running, EXTENSION_INIT_ERROR",
        "extension-running, EXIT_ERROR",
        "serving, NEXT",
        "busy, INVOKE_EVENT",
        "busy, INVOKE_STREAMING",
        "busy, FUNCTION_URL",
        "waiting-for-init, INVOKE_STREAMING",
        "waiting-for-init, FUNCTION_URL",
        "timing-out, INVOKE_STREAMING",
        "timing-out, FUNCTION_URL",
    })
    void are_answered_or_closed_and_leave_nothing_in_further_states(String state, Call call) throws Exception {
        attack(state, call);
        untouched.awaitItAgain();
    }

    private static void attack(String state, Call call) throws Exception {
        try (Situation situation = Situation.of(state);
                HostileClient client = new HostileClient(call.serverErrors())) {
            situation.establish();
            long sockets = Footprint.openSockets();
            for (int index = 0; index < MUTANTS; index++) {
                situation.establish();
                Mutant mutant = Mutations.mutant(SEED, state + " " + call, index, call.request.apply(situation));
                if (call.isHarmless(mutant)) {
                    client.attack(call.address(situation), mutant, situation::isWaiting);
                }
            }
            LOG.debug("{} {}: {}, in {} environments", state, call, client.summary(), situation.environments());
            assertThat(client.answered()).as(client.summary()).isGreaterThan(MUTANTS / 4);
            if (!state.equals("waiting-for-init")) {
                Footprint.awaitNoMoreSocketsThan(sockets);
            }
            situation.establish();
            situation.assertGoesOn();
        }
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.participant.Command;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /2020-01-01/extension/register} (spec: on-demand §1.8). */
class ExtensionRegistrationTest {

    private static final String NAME = "Lambda-Extension-Name: ";
    private static final String FACTS =
            "{\"functionName\":\"test-function\",\"functionVersion\":\"$LATEST\",\"handler\":\"\"}\n";

    private LambdaSimulator lambda;

    @BeforeEach
    void start() {
        lambda = LambdaSimulator.builder().start();
    }

    @AfterEach
    void close() {
        // Shutdown would wait for those who registered for it; a failed environment waits for nobody.
        Wire.call(lambda.runtimeApi(), "POST", BareRuntime.INIT_ERROR, "");
        lambda.close();
    }

    /** Something is launched, so that extensions that nobody announced are internal. */
    private void restartWithInternalExtensions(String... launched) {
        lambda.close();
        LambdaSimulator.Builder builder = LambdaSimulator.builder().runtime(Command.of("sleep", "600"));
        Stream.of(launched).forEach(name -> builder.extension(name, Command.of("sleep", "600")));
        lambda = builder.start();
    }

    private Reply register(String name, String body, String... more) {
        String[] headers =
                Stream.concat(Stream.of(NAME + name), Stream.of(more)).toArray(String[]::new);
        return Wire.call(lambda.runtimeApi(), "POST", BareExtension.REGISTER, body, headers);
    }

    private Reply register(String name) {
        return register(name, "{\"events\":[\"INVOKE\"]}");
    }

    private void registerMany(String prefix, int count) {
        IntStream.range(0, count)
                .forEach(i -> assertThat(register(prefix + i).status()).isEqualTo(200));
    }

    private List<String> names() {
        return lambda.extensions().stream().map(ExtensionInfo::name).toList();
    }

    @Test
    void is_answered_with_an_identifier_and_the_function() {
        Reply reply = register("my.extension-1", "{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}");

        reply.assertJson(200, FACTS);
        assertThat(reply.header("Lambda-Extension-Identifier"))
                .get()
                .asString()
                .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
        assertThat(lambda.extensions())
                .containsExactly(new ExtensionInfo(
                        "my.extension-1",
                        true,
                        ExtensionState.REGISTERED,
                        EnumSet.allOf(ExtensionEventType.class),
                        reply.header("Lambda-Extension-Identifier"),
                        Optional.empty()));
    }

    @Test
    void tells_name_version_and_handler_of_the_function() {
        lambda.close();
        lambda = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .name("orders")
                        .version("7")
                        .handler("Orders::<init>")
                        .build())
                .start();

        register("e")
                .assertJson(
                        200,
                        "{\"functionName\":\"orders\",\"functionVersion\":\"7\",\"handler\":\"Orders::\\u003cinit\\u003e\"}\n");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "accountId, true",
                "` other , accountId `, true",
                "`accountId,accountId`, true",
                "AccountId, false",
                "accountid, false",
                "accountId;q=1, false",
                "``, false",
            })
    void tells_the_account_to_whoever_accepts_it(String features, boolean told) {
        register("e", "{}", "Lambda-Extension-Accept-Feature: " + features)
                .assertJson(200, told ? FACTS.replace("{", "{\"accountId\":\"123456789012\",") : FACTS);
    }

    static Stream<Arguments> lenientBodies() {
        Set<ExtensionEventType> none = Set.of();
        Set<ExtensionEventType> invoke = Set.of(ExtensionEventType.INVOKE);
        Set<ExtensionEventType> both = Set.of(ExtensionEventType.INVOKE, ExtensionEventType.SHUTDOWN);
        return Stream.of(
                arguments("{\"events\":[\"SHUTDOWN\",\"INVOKE\"]}", both),
                arguments("{\"events\":[\"INVOKE\",\"INVOKE\",\"SHUTDOWN\",\"INVOKE\"]}", both),
                arguments("{\"EVENTS\":[\"INVOKE\"]}", invoke),
                arguments("{\"events\":[\"SHUTDOWN\"],\"Events\":[\"INVOKE\"]}", invoke),
                arguments(" \r\n\t{ \"events\" : [ \"INVOKE\" ] } \n", invoke),
                arguments("{\"other\":{\"events\":[1]},\"events\":[\"INVOKE\"],\"more\":null}", invoke),
                arguments("{\"configurationKeys\":[],\"events\":[\"INVOKE\"]}", invoke),
                arguments("{\"configurationKeys\":null,\"events\":[\"INVOKE\"]}", invoke),
                arguments("{\"events\":[\"\\u0049NVOKE\"]}", invoke),
                arguments("{\"events\":[]}", none),
                arguments("{\"events\":null}", none),
                arguments("{}", none),
                arguments("null", none));
    }

    @ParameterizedTest
    @MethodSource("lenientBodies")
    void is_read_leniently(String body, Set<ExtensionEventType> events) {
        register("e", body).assertJson(200, FACTS);

        assertThat(lambda.extensions())
                .singleElement()
                .extracting(ExtensionInfo::events)
                .isEqualTo(events);
    }

    static Stream<Arguments> refusedBodies() {
        String format = "InvalidRequestFormat";
        String type = "Extension.InvalidEventType";
        String keys = "configurationKeys are deprecated; use environment variables instead";
        return Stream.of(
                arguments("", format, "unexpected end of JSON input"),
                arguments(" \n", format, "unexpected end of JSON input"),
                arguments("{\"configurationKeys\":[\"a\"]}", format, keys),
                arguments("{\"events\":[\"NONE\"],\"ConfigurationKeys\":[\"a\"]}", format, keys),
                arguments("{\"events\":[\"invoke\"]}", type, "invoke: ErrorInvalidEventType"),
                arguments("{\"events\":[\"INVOKE\",\"Shutdown\",\"NONE\"]}", type, "Shutdown: ErrorInvalidEventType"),
                arguments("{\"events\":[\" INVOKE\"]}", type, " INVOKE: ErrorInvalidEventType"),
                arguments("{\"events\":[null]}", type, ": ErrorInvalidEventType"),
                arguments("{\"events\":[\"<b>&\"]}", type, "\\u003cb\\u003e\\u0026: ErrorInvalidEventType"),
                arguments("{\"events\":[\"\\\"\"]}", type, "\\\": ErrorInvalidEventType"));
    }

    @ParameterizedTest
    @MethodSource("refusedBodies")
    void is_refused_for_its_body_and_leaves_no_trace(String body, String errorType, String message) {
        register("e", body).assertRefused(403, errorType, message);

        assertThat(lambda.extensions()).isEmpty();
        assertThat(register("e").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{\"events\":",
                "no json",
                "{\"events\":[\"INVOKE\"]} {}",
                "[\"INVOKE\"]",
                "\"INVOKE\"",
                "1",
                "{\"events\":\"INVOKE\"}",
                "{\"events\":{}}",
                "{\"events\":[1]}",
                "{\"events\":[[\"INVOKE\"]]}",
                "{\"configurationKeys\":\"a\"}",
                "{\"configurationKeys\":[1]}",
                "{'events':['INVOKE']}"
            })
    void is_refused_for_what_is_no_json_of_its_form(String body) {
        Reply reply = register("e", body);

        assertThat(reply.text())
                .startsWith("{\"errorMessage\":\"")
                .endsWith("\",\"errorType\":\"InvalidRequestFormat\"}\n")
                .doesNotContain("fasterxml", "\\n at [Source");
        assertThat(reply.status()).isEqualTo(403);
        assertThat(lambda.extensions()).isEmpty();
    }

    @Nested
    class The_checks_come_in_the_order {

        private static final String TOO_LARGE = "Content-Length: 6291557";

        private void assertNameRefused(Reply reply) {
            reply.assertRefused(403, "Extension.InvalidExtensionName", "Empty extension name");
        }

        @Test
        void name_before_body() {
            assertNameRefused(register("", "no json"));
            assertNameRefused(Wire.call(lambda.runtimeApi(), "POST", BareExtension.REGISTER, "no json"));
        }

        @Test
        void name_before_a_body_that_is_cut_off_or_too_large() {
            try (Wire wire = new Wire(lambda.runtimeApi())) {
                wire.head("POST", BareExtension.REGISTER, TOO_LARGE).send(new byte[6_291_557]);
                assertNameRefused(wire.reply());
                wire.head("POST", BareExtension.REGISTER, TOO_LARGE).send("{}").halfClose();
                assertNameRefused(wire.reply());
            }
        }

        @Test
        void body_before_events_before_state() {
            assertThat(register("e").status()).isEqualTo(200);

            register("e", "").assertRefused(403, "InvalidRequestFormat", "unexpected end of JSON input");
            register("e", "{\"events\":[\"NONE\"]}")
                    .assertRefused(403, "Extension.InvalidEventType", "NONE: ErrorInvalidEventType");
            register("e")
                    .assertRefused(
                            403,
                            "Extension.InvalidExtensionState",
                            "State transition from Registered to Registered failed for extension e."
                                    + " Error: State transition is not allowed");
        }

        @Test
        @SuppressWarnings("try") // a client that is there and does nothing
        void events_before_closed_before_limit_before_name_for_an_internal_extension() {
            restartWithInternalExtensions();
            registerMany("i", 10);

            register("i0").assertRefused(403, "Extension.TooManyExtensions", "Extension limit (10) reached");

            try (BareRuntime runtime = new BareRuntime(lambda)) {
                runtime.park();
                register("i0")
                        .assertRefused(403, "Extension.RegistrationClosed", "Extension registration closed already");
                register("i0", "{\"events\":[\"SHUTDOWN\"]}")
                        .assertRefused(
                                403,
                                "Extension.InvalidEventType",
                                "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension");
            }
        }
    }

    @Test
    void that_is_cut_off_is_refused() {
        try (Wire wire = new Wire(lambda.runtimeApi())) {
            wire.head("POST", BareExtension.REGISTER, NAME + "e", "Content-Length: 10")
                    .send("{}")
                    .halfClose();
            Reply reply = wire.reply();

            assertThat(reply.status()).isEqualTo(403);
            assertThat(reply.text()).contains("\"errorType\":\"InvalidRequestFormat\"");
        }
        assertThat(lambda.extensions()).isEmpty();
    }

    @Nested
    class An_undeclared_extension {

        @Test
        void is_external_when_every_client_connects_by_itself() {
            register("e", "{\"events\":[\"SHUTDOWN\"]}").assertJson(200, FACTS);

            assertThat(lambda.extensions()).singleElement().matches(ExtensionInfo::external);
        }

        @Test
        void is_external_beside_declared_ones() {
            lambda.close();
            lambda = LambdaSimulator.builder().declareExtension("declared").start();
            register("e", "{\"events\":[\"SHUTDOWN\"]}").assertJson(200, FACTS);

            assertThat(lambda.extensions()).allMatch(ExtensionInfo::external);
        }

        @Test
        void is_internal_as_soon_as_anything_is_launched_or_hosted() {
            restartWithInternalExtensions("launched");

            register("e", "{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}")
                    .assertRefused(
                            403,
                            "Extension.InvalidEventType",
                            "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension");
            register("e").assertJson(200, FACTS);
            register("launched", "{\"events\":[\"SHUTDOWN\"]}").assertJson(200, FACTS);
            assertThat(lambda.extensions())
                    .extracting(ExtensionInfo::name, ExtensionInfo::external)
                    .containsExactly(tuple("launched", true), tuple("e", false));
        }

        @Test
        void is_internal_beside_one_extension_in_the_jvm() {
            lambda.close();
            CountDownLatch never = new CountDownLatch(1);
            lambda = LambdaSimulator.builder()
                    .extension("hosted", api -> never::await)
                    .start();
            register("e").assertJson(200, FACTS);

            assertThat(lambda.extensions())
                    .filteredOn(extension -> extension.name().equals("e"))
                    .singleElement()
                    .matches(extension -> !extension.external());
        }

        @Test
        @SuppressWarnings("try") // a client that is there and does nothing
        void comes_too_late_once_the_runtime_has_asked_for_an_invocation() {
            assertThat(register("early").status()).isEqualTo(200);
            try (BareRuntime runtime = new BareRuntime(lambda)) {
                runtime.park();
                register("late")
                        .assertRefused(403, "Extension.RegistrationClosed", "Extension registration closed already");
            }
            assertThat(names()).containsExactly("early");
        }
    }

    @Nested
    class No_more_than_ten_extensions {

        @Test
        void that_connect_by_themselves_can_register() {
            registerMany("e", 10);

            register("e10").assertRefused(403, "Extension.TooManyExtensions", "Extension limit (10) reached");
            assertThat(lambda.extensions()).hasSize(10);
        }

        @Test
        void can_register_external_and_internal_together() {
            restartWithInternalExtensions("external");
            registerMany("i", 9);

            register("i9").assertRefused(403, "Extension.TooManyExtensions", "Extension limit (10) reached");
            assertThat(register("external").status()).isEqualTo(200);
            assertThat(lambda.extensions()).hasSize(10);
        }
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.participant.Command;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What a user is told when something is not as it should be. */
class ExplanationsTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String INVOKE = "/2015-03-31/functions/function/invocations";

    @Test
    void a_crash_names_the_extension() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .extension("broken", Command.of("sh", "-c", "exit 4"))
                .runtime((event, context) -> event)
                .start()) {
            assertThatThrownBy(() -> lambda.awaitInit(LIMIT))
                    .hasMessage("init failed with Extension.Crash: exit status 4 (extension broken)");
        }
    }

    @Test
    void an_extension_that_was_never_launched_is_not_reported() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .extension("absent", Command.of("/does/not/exist"))
                .extension("never-launched", Command.of("sleep", "1000"))
                .runtime((event, context) -> event)
                .start()) {
            assertThatThrownBy(() -> lambda.awaitInit(LIMIT)).hasMessageContaining("Extension.LaunchError");

            assertThat(lambda.eventLog().events(Event.ExtensionReported.class))
                    .extracting(Event.ExtensionReported::name)
                    .containsExactly("absent");
        }
    }

    @Test
    void an_extension_under_another_name_is_named_while_the_expected_one_is_awaited() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .declareExtension("expected")
                .runtime((event, context) -> event)
                .start()) {
            var unused = new ExtensionClient(lambda.runtimeApi(), "other", "INVOKE");

            assertThat(lambda.describeWaiting())
                    .contains("the registration of extension expected (registered under another name, and so as"
                            + " internal: other)");
        }
    }

    @Test
    void a_call_that_no_route_takes_is_on_record() {
        try (LambdaSimulator lambda = LambdaSimulator.builder().start()) {
            Wire.call(lambda.runtimeApi(), "POST", "/2020-01-01/extension/registr", "{}");

            assertThat(lambda.timeline()).contains("POST /2020-01-01/extension/registr was answered with 404");
        }
    }

    @Test
    void a_client_context_over_several_lines_reaches_the_function() {
        AtomicReference<String> seen = new AtomicReference<>();
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .frontDoor()
                .runtime((event, context) -> {
                    seen.set(context.clientContext().orElse("none"));
                    return event;
                })
                .start()) {
            String json = "{\n\"plain\": \"text\"}\n";
            String encoded = Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));

            assertThat(invoke(lambda, "X-Amz-Client-Context: " + encoded).status())
                    .isEqualTo(200);
            assertThat(seen.get()).isEqualTo("{ \"plain\": \"text\"}");
        }
    }

    private static Reply invoke(LambdaSimulator lambda, String headerLine) {
        return Wire.call(lambda.frontDoor().orElseThrow().getAuthority(), "POST", INVOKE, "{}", headerLine);
    }
}

package io.lambdasimulator.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Run it: {@code mvn test -pl examples -am -Dtest=FirstTest -Dsurefire.failIfNoSpecifiedTests=false}. */
@Tag("python3")
class FirstTest {

    @Test
    void my_extension_sees_every_invocation() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) -> event)
                .extension("extension.py", Command.of("python3", "python/extension.py"))
                .start()
                .awaitInit(Duration.ofSeconds(10))) {

            Invocation invocation = lambda.submit(InvocationRequest.of("{\"id\": 42}"));

            assertEquals(
                    "{\"id\": 42}",
                    invocation.awaitAnswer(Duration.ofSeconds(10)).payloadText());
            assertTrue(invocation
                    .awaitReadiness("extension.py", Duration.ofSeconds(10))
                    .isReady());
        }
    }
}

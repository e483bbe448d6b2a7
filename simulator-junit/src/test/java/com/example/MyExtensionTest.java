package com.example;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.junit.LambdaSimulatorExtension;
import io.lambdasimulator.participant.Command;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MyExtensionTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    @RegisterExtension
    static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(LambdaSimulator.builder()
            .runtime((event, context) -> event)
            .extension("my-extension", Command.of("sh", "src/test/sh/my-extension.sh")));

    @Test
    void my_extension_sees_every_invocation(LambdaSimulator lambda) {
        Invocation invocation = lambda.submit(InvocationRequest.of("{\"id\": 42}"));

        assertThat(invocation).answersWithin(LIMIT).hasJsonPayload("{\"id\":42}");
        assertThat(invocation).extensionIsReadyWithin("my-extension", LIMIT);
    }

    @Test
    void my_extension_ends_when_the_environment_shuts_down(LambdaSimulator lambda) {
        lambda.awaitInit(LIMIT).close();

        assertThat(lambda).extensionProcess("my-extension").hasExitCode(0);
        assertThat(lambda).hasNoProtocolViolations();
    }
}

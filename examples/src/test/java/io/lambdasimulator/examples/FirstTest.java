package io.lambdasimulator.examples;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.junit.LambdaSimulatorExtension;
import io.lambdasimulator.participant.Command;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Run it: {@code mvn test -pl examples -am -Dtest=FirstTest -Dsurefire.failIfNoSpecifiedTests=false}. */
@Tag("python3")
class FirstTest {

    static final Duration LIMIT = Duration.ofSeconds(30);

    @RegisterExtension
    static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(LambdaSimulator.builder()
            .runtime((event, context) -> event)
            .extension("extension.py", Command.of("python3", "python/extension.py")));

    @Test
    void my_extension_sees_every_invocation(LambdaSimulator lambda) {
        Invocation invocation = lambda.submit(InvocationRequest.of("{\"id\": 42}"));

        assertThat(invocation).answersWithin(LIMIT).hasJsonPayload("{\"id\": 42}");
        assertThat(invocation).extensionIsReadyWithin("extension.py", LIMIT);
    }

    @Test
    void my_extension_ends_when_it_is_told_to(LambdaSimulator lambda) {
        lambda.awaitInit(LIMIT).close();

        assertThat(lambda).extensionProcess("extension.py").hasExitCode(0);
    }
}

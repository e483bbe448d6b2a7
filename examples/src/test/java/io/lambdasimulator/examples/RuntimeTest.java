package io.lambdasimulator.examples;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.junit.LambdaSimulatorExtension;
import io.lambdasimulator.participant.Command;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Run it: {@code mvn test -pl examples -am -Dtest=RuntimeTest -Dsurefire.failIfNoSpecifiedTests=false}. */
@Tag("python3")
class RuntimeTest {

    @RegisterExtension
    static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(LambdaSimulator.builder()
                    .function(FunctionConfiguration.builder()
                            .handler("app.handler")
                            .timeout(Duration.ofSeconds(30))
                            .build())
                    .runtime(Command.of("python3", "python/runtime.py")))
            .failOnProtocolViolation();

    @Test
    void my_runtime_gets_over_an_error_of_the_function(LambdaSimulator lambda) {
        assertThat(lambda.invoke("{\"id\": 42}")).isSuccess().hasJsonPayload("{\"id\": 42}");
        assertThat(lambda.invoke("{\"do\": \"fail\"}")).hasErrorType("Runtime.ValueError");
        assertThat(lambda.invoke("[1]")).isSuccess();
    }

    @Test
    void my_runtime_starts_anew_after_a_crash(LambdaSimulator lambda) {
        assertThat(lambda.invoke("{\"do\": \"crash\"}")).hasErrorType("Runtime.ExitError");
        assertThat(lambda.invoke("[1]")).isSuccess();
    }
}

package com.example;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.junit.LambdaSimulatorExtension;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each test has an execution environment of its own, in nested classes too. */
class FreshEnvironmentTest {

    private static final Set<LambdaSimulator> SEEN = ConcurrentHashMap.newKeySet();

    @RegisterExtension
    static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(LambdaSimulator.builder()
                    .function(FunctionConfiguration.builder()
                            .timeout(Duration.ofMinutes(1))
                            .build())
                    .runtime((event, context) -> event))
            .failOnProtocolViolation();

    @RepeatedTest(3)
    void is_cold(LambdaSimulator lambda) {
        assertThat(lambda.invoke("{\"id\":42}")).isSuccess().hasJsonPayload("{ \"id\": 42 }");
        assertThat(lambda.timeline()).containsOnlyOnce("init: success");
        assertThat(SEEN.add(lambda)).isTrue();
    }

    @Nested
    class Inside {

        @Test
        void is_cold_as_well(LambdaSimulator lambda) {
            is_cold(lambda);
        }
    }
}

package com.example;

import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.junit.EnvironmentLifecycle;
import io.lambdasimulator.junit.LambdaSimulatorExtension;
import io.lambdasimulator.junit.LambdaTest;
import io.lambdasimulator.junit.Simulator;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two functions in one test, told apart by their names. */
class SeveralEnvironmentsTest {

    @RegisterExtension
    static final LambdaSimulatorExtension ORDERS = answering("order").named("orders");

    @RegisterExtension
    static final LambdaSimulatorExtension PAYMENTS =
            answering("payment").named("payments").environment(EnvironmentLifecycle.PER_CLASS);

    private static LambdaSimulator shared;

    private static LambdaSimulatorExtension answering(String answer) {
        return LambdaSimulatorExtension.of(LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMinutes(1))
                        .build())
                .runtime((event, context) -> answer.getBytes(StandardCharsets.UTF_8)));
    }

    @BeforeAll
    static void start(@Simulator("payments") LambdaSimulator payments) {
        shared = payments.awaitInit(Duration.ofSeconds(20));
    }

    @Test
    void each_is_asked_by_its_name(
            @Simulator("orders") LambdaSimulator orders, @Simulator("payments") LambdaSimulator payments) {
        assertThat(orders.invoke("{}")).hasPayload("order");
        assertThat(payments.invoke("{}")).hasPayload("payment");
        assertThat(payments).isSameAs(shared);
        assertThat(orders).isNotSameAs(shared);
    }

    @Nested
    @LambdaTest
    class With_an_annotation {

        @Test
        void a_function_answers_with_its_event(LambdaSimulator lambda) {
            assertThat(lambda).entersPhaseWithin(EnvironmentPhase.READY, Duration.ofSeconds(20));
            assertThat(lambda.invoke("[1]")).hasPayload("[1]");
        }
    }
}

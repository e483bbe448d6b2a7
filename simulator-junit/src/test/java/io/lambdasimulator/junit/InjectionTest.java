package io.lambdasimulator.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FunctionConfiguration;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Which simulator a parameter takes. */
class InjectionTest {

    @TempDir
    Path output;

    private static LambdaSimulatorExtension answering(String answer) {
        return LambdaSimulatorExtension.of(LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMinutes(1))
                        .build())
                .initTimeout(Duration.ofMinutes(1))
                .runtime((event, context) -> answer.getBytes(StandardCharsets.UTF_8)));
    }

    private static void assertAnswers(LambdaSimulator lambda, String answer) {
        assertThat(lambda.invoke("{}").payloadText()).isEqualTo(answer);
    }

    static class Two {
        @RegisterExtension
        static final LambdaSimulatorExtension ORDERS = answering("orders").named("orders");

        @RegisterExtension
        final LambdaSimulatorExtension payments = answering("payments").named("payments");

        @Test
        void each_by_its_name(
                @Simulator("orders") LambdaSimulator orders, @Simulator("payments") LambdaSimulator payments) {
            assertAnswers(orders, "orders");
            assertAnswers(payments, "payments");
            assertThat(orders.runtimeApi()).isNotEqualTo(payments.runtimeApi());
        }

        @Test
        void without_a_name(LambdaSimulator lambda) {}

        @Test
        void by_another_name(@Simulator("refunds") LambdaSimulator lambda) {}

        @Nested
        class Inner {
            @Test
            void from_within(
                    @Simulator("payments") LambdaSimulator payments, @Simulator("orders") LambdaSimulator orders) {
                assertAnswers(orders, "orders");
                assertAnswers(payments, "payments");
            }
        }

        @Nested
        class InnerWithItsOwn {
            @RegisterExtension
            static final LambdaSimulatorExtension REFUNDS = answering("refunds").named("refunds");

            @Test
            void from_within_by_name(
                    @Simulator("refunds") LambdaSimulator refunds, @Simulator("orders") LambdaSimulator orders) {
                assertAnswers(orders, "orders");
                assertAnswers(refunds, "refunds");
            }
        }
    }

    @Test
    void several_are_told_apart_by_their_names() {
        TestRun run = TestRun.of(Two.class, output);

        run.assertSucceeded("each_by_its_name", "from_within", "from_within_by_name");
        assertThat(run.failure("without_a_name"))
                .isInstanceOf(ParameterResolutionException.class)
                .hasMessage("parameter 1 of Two.without_a_name: 2 simulators are here; give each a name by"
                        + " LambdaSimulatorExtension.named(…) and say which one you mean by @Simulator(\"…\"): there are"
                        + " \"payments\", \"orders\"");
        assertThat(run.failure("by_another_name"))
                .isInstanceOf(ParameterResolutionException.class)
                .hasMessage("parameter 1 of Two.by_another_name: no simulator is named \"refunds\" here; there are"
                        + " \"payments\", \"orders\"");
    }

    static class Outer {
        @RegisterExtension
        static final LambdaSimulatorExtension LAMBDA = answering("outer");

        @Test
        void outer(LambdaSimulator lambda) {
            assertAnswers(lambda, "outer");
        }

        @Nested
        class Inner {
            @RegisterExtension
            static final LambdaSimulatorExtension LAMBDA = answering("inner");

            @Test
            void inner(LambdaSimulator lambda) {
                assertAnswers(lambda, "inner");
            }
        }
    }

    @Test
    void a_nested_class_with_its_own_takes_that_one() {
        TestRun.of(Outer.class, output).assertAllSucceeded(2);
    }

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    static class InAConstructor {
        @RegisterExtension
        static final LambdaSimulatorExtension ORDERS =
                answering("orders").named("orders").environment(EnvironmentLifecycle.PER_CLASS);

        @RegisterExtension
        static final LambdaSimulatorExtension PAYMENTS =
                answering("payments").named("payments").environment(EnvironmentLifecycle.PER_CLASS);

        private final LambdaSimulator payments;

        InAConstructor(@Simulator("payments") LambdaSimulator payments) {
            this.payments = payments;
        }

        @Test
        void same(@Simulator("payments") LambdaSimulator lambda) {
            assertThat(lambda).isSameAs(payments);
            assertAnswers(lambda, "payments");
        }
    }

    @Test
    void a_constructor_is_served_even_before_the_class_has_begun() {
        TestRun.of(InAConstructor.class, output).assertAllSucceeded(1);
    }

    static class TooEarly {
        @RegisterExtension
        static final LambdaSimulatorExtension LAMBDA = answering("");

        @BeforeAll
        static void before(LambdaSimulator lambda) {}

        @Test
        void test() {}
    }

    @Test
    void before_all_tests_there_is_no_environment_of_a_test() {
        assertThat(TestRun.of(TooEarly.class, output).failure("InjectionTest$TooEarly"))
                .hasMessage(
                        "parameter 1 of TooEarly.before: there is no execution environment yet, since each test has a"
                                + " fresh one. Take it in a test or a @BeforeEach method, or let it live PER_CLASS");
    }
}

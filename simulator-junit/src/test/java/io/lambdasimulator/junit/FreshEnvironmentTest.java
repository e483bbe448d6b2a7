package io.lambdasimulator.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.participant.FunctionHandler;
import io.lambdasimulator.participant.InvocationContext;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which environment a test gets, and how long it lives. */
class FreshEnvironmentTest {

    /** The environments that the classes below have seen, by the test that saw them. */
    private static final Map<String, LambdaSimulator> SEEN = new ConcurrentHashMap<>();

    private static final Duration LIMIT = Duration.ofSeconds(50);

    @TempDir
    Path output;

    @BeforeEach
    void nothing_is_seen_yet() {
        SEEN.clear();
    }

    private static void see(String test, LambdaSimulator lambda) {
        assertThat(lambda.invoke("{}").isSuccess()).isTrue();
        assertThat(SEEN.put(test, lambda)).isNull();
    }

    /** Patient, for machines that are busy. */
    private static LambdaSimulator.Builder echo() {
        return LambdaSimulator.builder()
                .function(FunctionConfiguration.builder().timeout(LIMIT).build())
                .initTimeout(LIMIT)
                .runtime((event, context) -> event);
    }

    private void assertEachWasFreshAndIsClosed(int environments) {
        assertThat(Set.copyOf(SEEN.values())).hasSize(environments);
        assertThat(SEEN.values()).extracting(LambdaSimulator::phase).containsOnly(EnvironmentPhase.CLOSED);
    }

    static class StaticField {
        @RegisterExtension
        static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(echo());

        @Test
        void one(LambdaSimulator lambda) {
            see("one", lambda);
        }

        @Test
        void two(LambdaSimulator lambda) {
            see("two", lambda);
        }

        @RepeatedTest(2)
        void repeated(LambdaSimulator lambda) {
            see("repeated" + SEEN.size(), lambda);
        }

        @ParameterizedTest
        @ValueSource(strings = {"a", "b"})
        void parameterized(String value, LambdaSimulator lambda) {
            see(value, lambda);
        }

        @Nested
        class Inner {
            @Test
            void three(LambdaSimulator lambda) {
                see("three", lambda);
            }
        }
    }

    @Test
    void a_static_field_gives_each_test_an_environment_of_its_own() {
        TestRun.of(StaticField.class, output).assertAllSucceeded(7);

        assertEachWasFreshAndIsClosed(7);
    }

    static class InstanceField {
        @RegisterExtension
        final LambdaSimulatorExtension lambda = LambdaSimulatorExtension.of(echo());

        @Test
        void one(LambdaSimulator lambda) {
            see("one", lambda);
        }

        @Test
        void two(LambdaSimulator lambda) {
            see("two", lambda);
        }

        @Nested
        class Inner {
            @Test
            void three(LambdaSimulator lambda) {
                see("three", lambda);
            }
        }
    }

    @Test
    void an_instance_field_gives_each_test_an_environment_of_its_own() {
        TestRun.of(InstanceField.class, output).assertAllSucceeded(3);

        assertEachWasFreshAndIsClosed(3);
    }

    static class Everywhere {
        @RegisterExtension
        static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(echo());

        private final LambdaSimulator ofConstructor;
        private LambdaSimulator ofBeforeEach;

        Everywhere(LambdaSimulator lambda) {
            ofConstructor = lambda;
        }

        @BeforeEach
        void before(LambdaSimulator lambda) {
            ofBeforeEach = lambda;
        }

        @Test
        void one(LambdaSimulator lambda) {
            see("one", lambda);
        }

        @Test
        void two(LambdaSimulator lambda) {
            see("two", lambda);
        }

        @AfterEach
        void after(LambdaSimulator lambda) {
            assertThat(lambda).isSameAs(ofConstructor).isSameAs(ofBeforeEach);
            assertThat(lambda.phase()).isNotEqualTo(EnvironmentPhase.CLOSED);
            assertThat(SEEN).containsValue(lambda);
        }
    }

    @Test
    void a_constructor_and_the_methods_around_a_test_see_the_tests_environment() {
        TestRun.of(Everywhere.class, output).assertAllSucceeded(2);

        assertEachWasFreshAndIsClosed(2);
    }

    static class PerClass {
        @RegisterExtension
        static final LambdaSimulatorExtension LAMBDA =
                LambdaSimulatorExtension.of(echo()).environment(EnvironmentLifecycle.PER_CLASS);

        @BeforeAll
        static void before(LambdaSimulator lambda) {
            see("before", lambda);
        }

        @Test
        void one(LambdaSimulator lambda) {
            see("one", lambda);
        }

        @Nested
        class Inner {
            @Test
            void two(LambdaSimulator lambda) {
                see("two", lambda);
            }
        }

        @AfterAll
        static void after(LambdaSimulator lambda) {
            see("after", lambda);
        }
    }

    @Test
    void per_class_a_class_and_its_nested_classes_share_one() {
        TestRun.of(PerClass.class, output).assertAllSucceeded(2);

        assertThat(SEEN).hasSize(4);
        assertEachWasFreshAndIsClosed(1);
    }

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    static class PerClassInstance {
        @RegisterExtension
        final LambdaSimulatorExtension lambda =
                LambdaSimulatorExtension.of(echo()).environment(EnvironmentLifecycle.PER_CLASS);

        @Test
        void one(LambdaSimulator lambda) {
            see("one", lambda);
        }

        @Test
        void two(LambdaSimulator lambda) {
            see("two", lambda);
        }
    }

    @Test
    void per_class_an_instance_that_lives_as_long_may_hold_the_extension() {
        TestRun.of(PerClassInstance.class, output).assertAllSucceeded(2);

        assertEachWasFreshAndIsClosed(1);
    }

    static class PerClassInAnInstanceField {
        @RegisterExtension
        final LambdaSimulatorExtension lambda =
                LambdaSimulatorExtension.of(echo()).environment(EnvironmentLifecycle.PER_CLASS);

        @Test
        void one() {}
    }

    @Test
    void per_class_an_instance_field_of_a_short_lived_instance_is_refused() {
        assertThat(TestRun.of(PerClassInAnInstanceField.class, output).failure("one"))
                .hasMessageContaining("PER_CLASS needs a static field");
    }

    static class DescribedLate {
        @TempDir
        static Path folder;

        @RegisterExtension
        static final LambdaSimulatorExtension LAMBDA =
                LambdaSimulatorExtension.of(() -> echo().extensionsDirectory(folder.resolve("none")));

        @Test
        void one(LambdaSimulator lambda) {
            see("one", lambda);
        }
    }

    @Test
    void a_supplier_is_asked_once_a_temporary_folder_is_there() {
        TestRun.of(DescribedLate.class, output).assertAllSucceeded(1);
    }

    /** Answers with the number of its invocations. */
    static final class Counter implements FunctionHandler {
        private int invocations;

        @Override
        public byte[] handle(byte[] event, InvocationContext context) {
            return Integer.toString(++invocations).getBytes(StandardCharsets.UTF_8);
        }
    }

    @LambdaTest(handler = Counter.class, timeout = 17)
    static class Declared {
        @Test
        void one(LambdaSimulator lambda) {
            assertThat(lambda.invoke("{}").payloadText()).isEqualTo("1");
            assertThat(lambda.function().timeout()).hasSeconds(17);
            see("one", lambda);
        }

        @Test
        void two(LambdaSimulator lambda) {
            assertThat(lambda.invoke("{}").payloadText()).isEqualTo("1");
            see("two", lambda);
        }

        @Nested
        class Inner {
            @Test
            void three(LambdaSimulator lambda) {
                assertThat(lambda.function().timeout()).hasSeconds(17);
                see("three", lambda);
            }
        }

        @Nested
        @LambdaTest(timeout = 18, environment = EnvironmentLifecycle.PER_CLASS)
        class InnerWithItsOwn {
            @Test
            void four(LambdaSimulator lambda) {
                assertThat(lambda.function().timeout()).hasSeconds(18);
                see("four", lambda);
            }

            @Test
            void five(LambdaSimulator lambda) {
                see("five", lambda);
            }
        }
    }

    @Test
    void an_annotation_holds_for_nested_classes_unless_they_have_their_own() {
        TestRun.of(Declared.class, output).assertAllSucceeded(5);

        assertEachWasFreshAndIsClosed(4);
        assertThat(SEEN.get("four")).isSameAs(SEEN.get("five"));
    }

    @LambdaTest(timeout = 21)
    @Retention(RetentionPolicy.RUNTIME)
    @interface OurLambdaTest {}

    @OurLambdaTest
    static class MetaAnnotated {
        @Test
        void one(LambdaSimulator lambda) {
            assertThat(lambda.function().timeout()).hasSeconds(21);
            see("one", lambda);
        }
    }

    @LambdaTest(timeout = 22)
    static class Base {}

    static class Inherited extends Base {
        @Test
        void one(LambdaSimulator lambda) {
            assertThat(lambda.function().timeout()).hasSeconds(22);
            see("one", lambda);
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {MetaAnnotated.class, Inherited.class})
    void an_annotation_may_be_inherited_or_stand_on_another_one(Class<?> type) {
        TestRun.of(type, output).assertAllSucceeded(1);
    }

    @LambdaTest(
            runtime = {"sh", "runtime.sh"},
            handler = Counter.class)
    static class TwoRuntimes {
        @Test
        void one() {}
    }

    @LambdaTest(extensionsDirectory = "no/such/folder")
    static class NoFolder {
        @Test
        void one() {}
    }

    @LambdaTest(timeout = 0)
    static class NoTime {
        @Test
        void one() {}
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of(
                        TwoRuntimes.class,
                        "@LambdaTest on " + TwoRuntimes.class.getName()
                                + " has a runtime and a handler: an execution environment has one of them"),
                Arguments.of(
                        NoFolder.class,
                        "@LambdaTest on " + NoFolder.class.getName()
                                + " has extensionsDirectory = \"no/such/folder\": there is no directory "
                                + Path.of("no/such/folder").toAbsolutePath()),
                Arguments.of(
                        NoTime.class,
                        "@LambdaTest on " + NoTime.class.getName() + " has timeout = 0: use one second or more"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void an_annotation_that_cannot_be_met_says_what_is_wrong(Class<?> type, String message) {
        assertThat(TestRun.of(type, output).failure("one")).hasMessage(message);
    }

    @Execution(ExecutionMode.CONCURRENT)
    static class Concurrent {
        static final int TESTS = 200;
        static final CountDownLatch SOME_RUN_AT_ONCE = new CountDownLatch(4);

        @RegisterExtension
        static final LambdaSimulatorExtension LAMBDA =
                LambdaSimulatorExtension.of(echo()).failOnProtocolViolation();

        @RepeatedTest(TESTS)
        void one_of_many(LambdaSimulator lambda) throws InterruptedException {
            String event = "\"" + UUID.randomUUID() + "\"";
            see(event, lambda);
            SOME_RUN_AT_ONCE.countDown();
            assertThat(SOME_RUN_AT_ONCE.await(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(lambda.invoke(event).payloadText()).isEqualTo(event);
            assertThat(lambda.eventLog().events(Event.InvocationStarted.class)).hasSize(2);
        }
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void two_hundred_tests_that_run_concurrently_share_nothing() {
        TestRun.of(
                        Concurrent.class,
                        output,
                        "junit.jupiter.execution.parallel.enabled",
                        "true",
                        "junit.jupiter.execution.parallel.config.strategy",
                        "fixed",
                        "junit.jupiter.execution.parallel.config.fixed.parallelism",
                        "32")
                .assertAllSucceeded(Concurrent.TESTS);

        assertEachWasFreshAndIsClosed(Concurrent.TESTS);
    }
}

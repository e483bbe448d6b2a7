/**
 * The JUnit extension: a fresh execution environment for each test, and failures that explain themselves. It works on JUnit 5.14
 * and on JUnit 6.
 *
 * <pre>{@code
 * class MyExtensionTest {
 *
 *     private static final Duration LIMIT = Duration.ofSeconds(10);
 *
 *     @RegisterExtension
 *     static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(LambdaSimulator.builder()
 *             .runtime((event, context) -> event)
 *             .extension("my-extension", Command.of("sh", "src/test/sh/my-extension.sh")));
 *
 *     @Test
 *     void my_extension_sees_every_invocation(LambdaSimulator lambda) {
 *         Invocation invocation = lambda.submit(InvocationRequest.of("{\"id\": 42}"));
 *
 *         assertThat(invocation).answersWithin(LIMIT).hasJsonPayload("{\"id\":42}");
 *         assertThat(invocation).extensionIsReadyWithin("my-extension", LIMIT);
 *     }
 *
 *     @Test
 *     void my_extension_ends_when_the_environment_shuts_down(LambdaSimulator lambda) {
 *         lambda.awaitInit(LIMIT).close();
 *
 *         assertThat(lambda).extensionProcess("my-extension").hasExitCode(0);
 *         assertThat(lambda).hasNoProtocolViolations();
 *     }
 * }
 * }</pre>
 *
 * <p>Start with {@link io.lambdasimulator.junit.LambdaSimulatorExtension}, or with
 * {@link io.lambdasimulator.junit.LambdaTest} where an annotation is enough. The assertions are in
 * {@link io.lambdasimulator.assertj}.
 */
@NullMarked
package io.lambdasimulator.junit;

import org.jspecify.annotations.NullMarked;

package io.lambdasimulator.junit;

import io.lambdasimulator.participant.FunctionHandler;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test of a class a fresh execution environment, as a parameter of type
 * {@link io.lambdasimulator.LambdaSimulator}.
 *
 * <pre>{@code
 * @LambdaTest(extensionsDirectory = "target/extensions")
 * class MyExtensionTest {
 *
 *     @Test
 *     void answers(LambdaSimulator lambda) {
 *         assertThat(lambda.invoke("{}")).isSuccess();
 *     }
 * }
 * }</pre>
 *
 * <p>It is inherited, holds for nested classes, which may have one of their own instead, and may stand on an annotation of
 * your own. It has attributes for the common case alone; for anything else use {@link LambdaSimulatorExtension} with a
 * {@link io.lambdasimulator.LambdaSimulator.Builder}.
 */
@Documented
@Inherited
@ExtendWith(LambdaTestExtension.class)
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface LambdaTest {

    /**
     * The folder whose files are launched as extensions, as AWS does with {@code /opt/extensions}.
     *
     * @return a path, absolute or from the working directory of the tests, which has to exist; empty for no extensions
     */
    String extensionsDirectory() default "";

    /**
     * The program to launch as the runtime, with its arguments.
     *
     * @return the command; empty for a {@link #handler}
     */
    String[] runtime() default {};

    /**
     * The function to run in this JVM, when no {@link #runtime} is given.
     *
     * @return a class with a constructor without parameters; unless given, a function that answers with its event
     */
    Class<? extends FunctionHandler> handler() default FunctionHandler.class;

    /**
     * The function timeout.
     *
     * @return seconds, 3 unless given, as for a new function on AWS
     */
    int timeout() default 3;

    /**
     * How long an environment lives.
     *
     * @return {@link EnvironmentLifecycle#PER_TEST} unless given
     */
    EnvironmentLifecycle environment() default EnvironmentLifecycle.PER_TEST;

    /**
     * Whether a test fails when a client broke the protocol of the Runtime or Extensions API during it, as
     * {@link LambdaSimulatorExtension#failOnProtocolViolation()} says.
     *
     * @return false unless given
     */
    boolean failOnProtocolViolation() default false;
}

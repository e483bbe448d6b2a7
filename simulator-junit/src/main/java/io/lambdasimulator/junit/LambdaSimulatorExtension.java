package io.lambdasimulator.junit;

import io.lambdasimulator.LambdaSimulator;
import java.lang.reflect.Executable;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.PreInterruptCallback;
import org.junit.jupiter.api.extension.PreInterruptContext;
import org.opentest4j.TestAbortedException;

/**
 * Gives tests execution environments, in a {@code @RegisterExtension} field: a static field serves the tests of a class and
 * its nested classes, an instance field those that its instance runs. In both cases each test has a fresh environment of its
 * own unless {@link #environment} says otherwise. Tests, {@code @BeforeEach} and {@code @AfterEach} methods take it as a
 * parameter.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final LambdaSimulatorExtension LAMBDA = LambdaSimulatorExtension.of(LambdaSimulator.builder()
 *         .runtime((event, context) -> event)
 *         .extension("my-extension", Command.of("./target/my-extension")));
 *
 * @Test
 * void answers(LambdaSimulator lambda) {
 *     assertThat(lambda.invoke("{}")).isSuccess();
 * }
 * }</pre>
 *
 * <p>When a test fails, how its environment stood, which calls broke the protocol, and the newest lines of its timeline are
 * attached to the exception. The whole timeline, a picture of it, the output of each process and the event log as JSON Lines
 * are published as files of the test. When a {@code @Timeout} strikes, the same is taken before the test is interrupted. The environment's
 * credentials show in none of it.
 *
 * <p>An extension is immutable, holds no state of a test and may be used by tests that run concurrently.
 */
public class LambdaSimulatorExtension
        implements BeforeAllCallback,
                AfterAllCallback,
                BeforeEachCallback,
                AfterEachCallback,
                ParameterResolver,
                PreInterruptCallback,
                InvocationInterceptor {

    private final Function<ExtensionContext, Plan> plans;

    LambdaSimulatorExtension(Function<ExtensionContext, Plan> plans) {
        this.plans = plans;
    }

    /**
     * An extension whose environments are all described by one builder.
     *
     * @param builder describes each environment; not to be changed any more
     * @return the extension
     */
    public static LambdaSimulatorExtension of(LambdaSimulator.Builder builder) {
        return of(() -> builder);
    }

    /**
     * An extension that asks for the description of each environment when it starts, for what is known only then, such as a
     * temporary folder.
     *
     * @param builder makes a builder; called once for each environment, by the thread that starts it
     * @return the extension
     */
    public static LambdaSimulatorExtension of(Supplier<LambdaSimulator.Builder> builder) {
        return of(new Plan("", builder, EnvironmentLifecycle.PER_TEST, false, "the field's"));
    }

    private static LambdaSimulatorExtension of(Plan plan) {
        return new LambdaSimulatorExtension(context -> plan);
    }

    private LambdaSimulatorExtension with(Function<Plan, Plan> change) {
        return new LambdaSimulatorExtension(context -> change.apply(plans.apply(context)));
    }

    /**
     * Names the simulator, for classes that have several: a parameter says which one it takes by {@link Simulator}.
     *
     * @param name a name that is not empty
     * @return a new extension
     */
    public LambdaSimulatorExtension named(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("the name of a simulator must not be empty");
        }
        return with(plan -> new Plan(name, plan.recipe(), plan.lifecycle(), plan.strict(), plan.scope()));
    }

    /**
     * Sets how long an environment lives. One that lives as long as its class needs a static field, or an instance that lives
     * as long.
     *
     * @param lifecycle {@link EnvironmentLifecycle#PER_TEST} unless set
     * @return a new extension
     */
    public LambdaSimulatorExtension environment(EnvironmentLifecycle lifecycle) {
        return with(plan -> new Plan(plan.name(), plan.recipe(), lifecycle, plan.strict(), plan.scope()));
    }

    /**
     * Fails a test during which a client broke the protocol of the Runtime or Extensions API, up to the shutdown of its
     * environment; the message names each call. What counts is in {@link LambdaSimulator#protocolViolations()}.
     *
     * @return a new extension
     */
    public LambdaSimulatorExtension failOnProtocolViolation() {
        return with(plan -> new Plan(plan.name(), plan.recipe(), plan.lifecycle(), true, plan.scope()));
    }

    final Plan plan(ExtensionContext context) {
        return plans.apply(context);
    }

    // ---- an environment's life

    @Override
    public final void beforeAll(ExtensionContext context) {
        VisibleSimulators.register(this, context);
        Plan plan = plan(context);
        if (plan.lifecycle() == EnvironmentLifecycle.PER_CLASS) {
            RunningEnvironment.startOrFind(this, plan, context);
        }
    }

    @Override
    public final void beforeEach(ExtensionContext context) {
        VisibleSimulators.register(this, context);
        environmentOf(context).testBegins(context);
    }

    @Override
    public final void afterEach(ExtensionContext context) {
        RunningEnvironment running = find(context);
        if (running != null) {
            running.testEnds(context, failure(context));
        }
    }

    @Override
    public final void afterAll(ExtensionContext context) {
        // Not the place to close: for a static field this is called for each nested class as well.
        RunningEnvironment running = find(context);
        Throwable failure = failure(context);
        if (running != null && failure != null) {
            running.report(context, failure);
        }
    }

    @Override
    public final void interceptDynamicTest(
            Invocation<@Nullable Void> invocation,
            DynamicTestInvocationContext invocationContext,
            ExtensionContext context)
            throws Throwable {
        try {
            invocation.proceed();
        } catch (Throwable failure) {
            RunningEnvironment running = find(context);
            if (running != null && !(failure instanceof TestAbortedException)) {
                running.report(context, failure);
            }
            throw failure;
        }
    }

    @Override
    public final void beforeThreadInterrupt(PreInterruptContext preInterruptContext, ExtensionContext context) {
        RunningEnvironment running = find(context);
        if (running != null) {
            running.timeoutStrikes(context);
        }
    }

    private static @Nullable Throwable failure(ExtensionContext context) {
        return context.getExecutionException()
                .filter(failure -> !(failure instanceof TestAbortedException))
                .orElse(null);
    }

    private @Nullable RunningEnvironment find(ExtensionContext context) {
        return RunningEnvironment.find(this, plan(context), context);
    }

    private RunningEnvironment environmentOf(ExtensionContext context) {
        Plan plan = plan(context);
        if (plan.lifecycle() == EnvironmentLifecycle.PER_TEST) {
            return RunningEnvironment.startOrFind(this, plan, context);
        }
        RunningEnvironment running = find(context);
        if (running == null) {
            throw new ExtensionConfigurationException(
                    "an execution environment that lives PER_CLASS needs a static field:"
                            + " JUnit makes the field's instance anew for each test of "
                            + context.getRequiredTestClass().getName());
        }
        return running;
    }

    // ---- parameters

    @Override
    public final ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext rootContext) {
        return ExtensionContextScope.TEST_METHOD;
    }

    @Override
    public final boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        if (parameter.getParameter().getType() != LambdaSimulator.class) {
            return false;
        }
        VisibleSimulators.register(this, context);
        // Exactly one extension may say yes: the one that was meant, or one that tells what is wrong.
        return VisibleSimulators.choose(parameter, context).speaker() == this;
    }

    @Override
    public final LambdaSimulator resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Optional<String> problem = VisibleSimulators.choose(parameter, context).problem();
        if (problem.isPresent()) {
            throw new ParameterResolutionException(place(parameter) + ": " + problem.get());
        }
        Plan plan = plan(context);
        if (context.getTestMethod().isEmpty() && plan.lifecycle() == EnvironmentLifecycle.PER_TEST) {
            throw new ParameterResolutionException(place(parameter)
                    + ": there is no execution environment yet, since each test has a fresh one. Take it in a test or a"
                    + " @BeforeEach method, or let it live PER_CLASS");
        }
        if (plan.lifecycle() == EnvironmentLifecycle.PER_CLASS
                && context.getTestMethod().isEmpty()) {
            // An instance that lives as long as its class is made before beforeAll is called.
            return RunningEnvironment.startOrFind(this, plan, context).simulator();
        }
        return environmentOf(context).simulator();
    }

    private static String place(ParameterContext parameter) {
        Executable executable = parameter.getDeclaringExecutable();
        return "parameter " + (parameter.getIndex() + 1) + " of "
                + executable.getDeclaringClass().getSimpleName() + "." + executable.getName();
    }
}

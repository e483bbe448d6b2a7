package io.lambdasimulator.junit;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.event.ProtocolViolation;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/**
 * An environment in a JUnit store, which closes it when the test or class it was made for is over. What belongs to one test is
 * in that test's store, since tests that share an environment may run at the same time.
 */
final class RunningEnvironment implements AutoCloseable {

    private static final Namespace NAMESPACE = Namespace.create(RunningEnvironment.class);

    /** Where an environment is in a store. */
    private record Key(LambdaSimulatorExtension extension, Object scope) {}

    /** How many violations there were when a test began. */
    private record Begin(RunningEnvironment environment) {}

    /** What was seen when a timeout struck. */
    private record Hang(RunningEnvironment environment) {}

    private final Plan plan;
    private final LambdaSimulator lambda;

    /** Up to here violations have failed a test, or were there before. */
    private int judged;

    private RunningEnvironment(Plan plan) {
        this.plan = plan;
        this.lambda = plan.recipe().get().start();
    }

    static RunningEnvironment startOrFind(LambdaSimulatorExtension extension, Plan plan, ExtensionContext context) {
        return store(context)
                .getOrComputeIfAbsent(
                        new Key(extension, plan.scope()),
                        key -> new RunningEnvironment(plan),
                        RunningEnvironment.class);
    }

    static @Nullable RunningEnvironment find(LambdaSimulatorExtension extension, Plan plan, ExtensionContext context) {
        return store(context).get(new Key(extension, plan.scope()), RunningEnvironment.class);
    }

    private static Store store(ExtensionContext context) {
        return context.getStore(NAMESPACE);
    }

    LambdaSimulator simulator() {
        return lambda;
    }

    String name() {
        return plan.name();
    }

    void testBegins(ExtensionContext context) {
        if (plan.lifecycle() == EnvironmentLifecycle.PER_CLASS) {
            store(context).put(new Begin(this), lambda.protocolViolations().size());
        }
    }

    /** The violations since the test began; those of tests that run at the same time are among them. */
    private List<ProtocolViolation> violationsOf(ExtensionContext context) {
        List<ProtocolViolation> all = lambda.protocolViolations();
        Integer before = store(context).get(new Begin(this), Integer.class);
        return before == null ? all : all.subList(Math.min(before, all.size()), all.size());
    }

    void testEnds(ExtensionContext context, @Nullable Throwable failure) {
        String moment = failure == null && !plan.strict() ? "" : moment(context);
        if (plan.lifecycle() == EnvironmentLifecycle.PER_TEST) {
            closeAfter(failure);
        }
        List<ProtocolViolation> violations = violationsOf(context);
        setJudged();
        if (failure != null) {
            FailureReport.attach(this, context, moment, violations, failure);
        } else if (plan.strict() && !violations.isEmpty()) {
            AssertionError violated = new AssertionError(FailureReport.describe(lambda, violations));
            FailureReport.attach(this, context, moment, List.of(), violated);
            throw violated;
        }
    }

    private void closeAfter(@Nullable Throwable failure) {
        try {
            lambda.close();
        } catch (RuntimeException e) {
            if (failure == null) {
                throw e;
            }
            failure.addSuppressed(e);
        }
    }

    /** A failure of something that does not end the environment: a dynamic test, or a class that shares it. */
    void report(ExtensionContext context, Throwable failure) {
        FailureReport.attach(this, context, moment(context), violationsOf(context), failure);
    }

    /** Published at once, because a test that ignores its interrupt never ends. */
    void timeoutStrikes(ExtensionContext context) {
        String moment = "When the timeout struck:\n" + FailureReport.moment(lambda);
        store(context).put(new Hang(this), moment);
        FailureReport.publishTimeout(this, context, moment);
    }

    /** How things stand; if a timeout struck, how they stood then. */
    private String moment(ExtensionContext context) {
        String hang = store(context).get(new Hang(this), String.class);
        return hang == null ? FailureReport.moment(lambda) : hang;
    }

    private synchronized void setJudged() {
        judged = lambda.protocolViolations().size();
    }

    /** Called by JUnit; for an environment that its tests share this is where it shuts down. */
    @Override
    public void close() {
        lambda.close();
        List<ProtocolViolation> all = lambda.protocolViolations();
        synchronized (this) {
            if (plan.strict() && plan.lifecycle() == EnvironmentLifecycle.PER_CLASS && all.size() > judged) {
                throw new AssertionError(
                        "after the last test " + FailureReport.describe(lambda, all.subList(judged, all.size())));
            }
        }
    }
}

package io.lambdasimulator.junit;

import io.lambdasimulator.LambdaSimulator;
import java.util.function.Supplier;

/**
 * What environments an extension makes.
 *
 * @param name for the qualifier; empty without one
 * @param recipe describes each environment
 * @param lifecycle how long one lives
 * @param strict whether protocol violations fail a test
 * @param scope plans with the same scope share a {@link EnvironmentLifecycle#PER_CLASS} environment
 */
record Plan(
        String name,
        Supplier<LambdaSimulator.Builder> recipe,
        EnvironmentLifecycle lifecycle,
        boolean strict,
        Object scope) {}

/**
 * A simulator of one AWS Lambda execution environment for test suites. Start with {@link io.lambdasimulator.LambdaSimulator}.
 */
@NullMarked
package io.lambdasimulator;

import org.jspecify.annotations.NullMarked;

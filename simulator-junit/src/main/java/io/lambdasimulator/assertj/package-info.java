/**
 * AssertJ assertions for execution environments. Import
 * {@link io.lambdasimulator.assertj.LambdaSimulatorAssertions#assertThat(io.lambdasimulator.LambdaSimulator)} beside AssertJ's
 * own {@code assertThat}; the two do not get in each other's way. AssertJ is needed for this package alone.
 */
@NullMarked
package io.lambdasimulator.assertj;

import org.jspecify.annotations.NullMarked;

/**
 * The JUnit extension of the simulator and the assertions that go with it.
 */
@NullMarked
package io.lambdasimulator.junit;

import org.jspecify.annotations.NullMarked;

/**
 * An implementation of the Datadog Lambda extension. It is a client of the Lambda APIs like any other and
 * knows nothing of the simulator.
 */
@NullMarked
package io.lambdasimulator.extension;

import org.jspecify.annotations.NullMarked;

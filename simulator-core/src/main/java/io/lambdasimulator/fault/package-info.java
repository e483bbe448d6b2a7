/** Faults of the simulated APIs, for tests of the clients that have to live with them. */
@NullMarked
package io.lambdasimulator.fault;

import org.jspecify.annotations.NullMarked;

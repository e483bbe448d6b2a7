/** Benchmarks of what is not public. */
@NullMarked
package io.lambdasimulator.internal.process;

import org.jspecify.annotations.NullMarked;

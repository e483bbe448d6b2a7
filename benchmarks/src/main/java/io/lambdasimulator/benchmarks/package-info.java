/** Benchmarks of what users touch. */
@NullMarked
package io.lambdasimulator.benchmarks;

import org.jspecify.annotations.NullMarked;

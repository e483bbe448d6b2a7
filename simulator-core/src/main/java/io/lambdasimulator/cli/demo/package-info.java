/**
 * What {@code demo} runs as processes: a small runtime and a small extension. They speak plain HTTP and need nothing but
 * the JDK, so that they start quickly.
 */
@NullMarked
package io.lambdasimulator.cli.demo;

import org.jspecify.annotations.NullMarked;

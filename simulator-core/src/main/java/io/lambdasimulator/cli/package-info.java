/** The command line of the standalone jar. */
@NullMarked
package io.lambdasimulator.cli;

import org.jspecify.annotations.NullMarked;

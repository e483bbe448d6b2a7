/** Processes: launching in a session of their own, capturing output, signalling whole groups. */
@NullMarked
package io.lambdasimulator.internal.process;

import org.jspecify.annotations.NullMarked;

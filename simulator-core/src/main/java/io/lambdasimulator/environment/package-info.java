/** The words for an execution environment: its phases, the states of its participants, how a process ended. */
@NullMarked
package io.lambdasimulator.environment;

import org.jspecify.annotations.NullMarked;

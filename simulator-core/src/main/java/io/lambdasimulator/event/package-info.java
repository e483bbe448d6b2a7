/** The append-only event log of an execution environment: everything that happened, in order, with its instant. */
@NullMarked
package io.lambdasimulator.event;

import org.jspecify.annotations.NullMarked;

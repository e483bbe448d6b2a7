/** What goes into an invocation and what comes out of it. */
@NullMarked
package io.lambdasimulator.invocation;

import org.jspecify.annotations.NullMarked;

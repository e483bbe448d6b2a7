/** What hostile clients send, and what of the simulator may be left after them. */
@NullMarked
package io.lambdasimulator.hostile;

import org.jspecify.annotations.NullMarked;

/** Watches at run time what is done while a lock of the simulator is held. */
@NullMarked
package io.lambdasimulator.locks;

import org.jspecify.annotations.NullMarked;

/** How the simulator tells a virtual clock what it is busy with. */
@NullMarked
package io.lambdasimulator.internal.time;

import org.jspecify.annotations.NullMarked;

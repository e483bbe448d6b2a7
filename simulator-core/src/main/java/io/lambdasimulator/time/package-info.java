/** Time under a test's control. */
@NullMarked
package io.lambdasimulator.time;

import org.jspecify.annotations.NullMarked;

/** What a user puts into an execution environment: commands, handler functions, extensions. */
@NullMarked
package io.lambdasimulator.participant;

import org.jspecify.annotations.NullMarked;

/** What a user would copy. */
@NullMarked
package io.lambdasimulator.examples;

import org.jspecify.annotations.NullMarked;

/** JSON as the service writes it. */
@NullMarked
package io.lambdasimulator.internal.json;

import org.jspecify.annotations.NullMarked;

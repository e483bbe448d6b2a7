/** Brings runtimes and extensions to life: processes, handler functions, extensions in the JVM. */
@NullMarked
package io.lambdasimulator.internal.participant;

import org.jspecify.annotations.NullMarked;

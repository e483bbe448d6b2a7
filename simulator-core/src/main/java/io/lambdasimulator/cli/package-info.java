/**
 * The command line of the standalone jar. {@code serve} runs an execution environment until a signal ends it;
 * {@code demo} shows the life of one. Both use the library's public interface, and {@code internal.event} for the lines
 * that the service writes.
 */
@NullMarked
package io.lambdasimulator.cli;

import org.jspecify.annotations.NullMarked;

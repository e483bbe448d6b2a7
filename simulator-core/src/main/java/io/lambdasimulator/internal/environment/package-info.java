/** The domain: one owner of all state of an execution environment. Knows nothing of HTTP, sockets, processes or threads. */
@NullMarked
package io.lambdasimulator.internal.environment;

import org.jspecify.annotations.NullMarked;

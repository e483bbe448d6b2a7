/** The event log's storage, the timeline and the service's log lines drawn from it. */
@NullMarked
package io.lambdasimulator.internal.event;

import org.jspecify.annotations.NullMarked;

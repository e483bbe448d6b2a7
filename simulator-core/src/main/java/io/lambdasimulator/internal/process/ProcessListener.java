package io.lambdasimulator.internal.process;

import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event;

/** Told what a process does; called by threads of the launcher, one call at a time for each stream. */
public interface ProcessListener {

    /** A line of output, without its line feed; the last one need not have had one. */
    void line(Event.OutputStream stream, String line);

    /** The process ended; called once, after the last {@link #line} unless a descendant keeps the streams open. */
    void exited(ProcessExit exit);
}

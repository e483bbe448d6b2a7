package io.lambdasimulator.internal.process;

import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Told what a process does; called by threads of the launcher, one call at a time for each stream, possibly before the
 * launch has returned. A slow listener slows the process down, as a full pipe would, and loses nothing.
 */
public interface ProcessListener {

    /** The process was started; called before all others, while {@code launch} runs. */
    default void started(long pid) {}

    /** A line of output, without its line feed; the last one need not have had one. */
    void line(Event.OutputStream stream, String line);

    /**
     * A message of the framed log, of any number of lines, without a line feed at its end.
     *
     * @param written when the process says it wrote it; null when it says nothing
     */
    default void framed(@Nullable Instant written, String message) {
        line(Event.OutputStream.FRAMED_LOG, message);
    }

    /**
     * The process ended; called once, after the last {@link #line} and {@link #framed}. While a descendant keeps a stream open the end is
     * reported after a short wait, and the descendant's lines go on.
     */
    void exited(ProcessExit exit);
}

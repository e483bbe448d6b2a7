package io.lambdasimulator.internal.process;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongConsumer;

/** A running process and the group it leads. Signals reach the whole group and are refused once it is known to be gone. */
public interface LaunchedProcess extends Freezable {

    long pid();

    /**
     * Runs a task once the listener has every line that the process had written when this was called, on another thread or
     * at once: it must not block.
     */
    void afterOutput(Runnable task);

    /** SIGTERM to the group, which is thawed to take it; does nothing once the process has ended. */
    void terminate();

    /**
     * SIGKILL to the group, also after the leader's end so that no descendant stays. Returns at once; takes a few
     * milliseconds on a machine with many processes. Descendants that left the group are killed when the launcher is
     * closed. Frozen processes are killed as well.
     */
    void kill();

    /**
     * The memory that the process and its descendants have in RAM now, in bytes; what several of them share counts for each.
     * Empty where the system does not tell, and when all have ended.
     */
    OptionalLong residentMemory();

    /**
     * Starts to look at that memory again and again, until the process has ended or the sampler is closed.
     *
     * @param scheduler runs the looks, some milliseconds each, in real time
     * @param interval from one look to the next
     * @param limitBytes {@link Long#MAX_VALUE} for none
     * @param onExceeded told once, with what was seen, when it is more than the limit; runs on the scheduler
     */
    MemorySampler sampleMemory(
            ScheduledExecutorService scheduler, Duration interval, long limitBytes, LongConsumer onExceeded);
}

package io.lambdasimulator.internal.process;

import io.lambdasimulator.internal.process.ProcessTable.Entry;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the memory of a process and its descendants from time to time, and remembers the most that they had at once. */
public final class MemorySampler implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MemorySampler.class);

    private final Supplier<List<Entry>> family;
    private final long limit;
    private final LongConsumer onExceeded;

    private volatile long maximum;
    private volatile boolean closed;
    private volatile @Nullable Future<?> looks;
    private boolean exceeded;

    private MemorySampler(Supplier<List<Entry>> family, long limit, LongConsumer onExceeded) {
        this.family = family;
        this.limit = limit;
        this.onExceeded = onExceeded;
    }

    static MemorySampler start(
            Supplier<List<Entry>> family,
            ScheduledExecutorService scheduler,
            Duration interval,
            long limit,
            LongConsumer onExceeded) {
        MemorySampler sampler = new MemorySampler(family, limit, onExceeded);
        sampler.looks = scheduler.scheduleWithFixedDelay(sampler::look, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
        if (sampler.closed) {
            sampler.close(); // the first look found nobody, before this could be cancelled
        }
        return sampler;
    }

    private void look() {
        if (closed) {
            return;
        }
        List<Entry> processes = family.get();
        if (processes.isEmpty()) {
            close();
            return;
        }
        long now = 0;
        long peak = 0;
        for (Entry process : processes) {
            now += process.residentBytes();
            // The system remembers for each process what a look may miss.
            peak = Math.max(peak, ProcFiles.peakResidentBytes(process.pid()).orElse(0));
        }
        long most = Math.max(now, peak);
        maximum = Math.max(maximum, most);
        if (most > limit && !exceeded) {
            exceeded = true;
            try {
                onExceeded.accept(most);
            } catch (RuntimeException e) {
                LOG.error("a listener failed on too much memory", e);
            }
        }
    }

    /** The most that was seen, in bytes; empty before the first look and where the system does not tell. */
    public OptionalLong maximumBytes() {
        long seen = maximum;
        return seen == 0 ? OptionalLong.empty() : OptionalLong.of(seen);
    }

    /** Ends the looks; the maximum stays. */
    @Override
    public void close() {
        closed = true;
        Future<?> scheduled = looks;
        if (scheduled != null) {
            scheduled.cancel(false);
        }
    }
}

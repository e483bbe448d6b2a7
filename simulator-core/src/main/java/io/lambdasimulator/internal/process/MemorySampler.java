package io.lambdasimulator.internal.process;

import io.lambdasimulator.internal.process.ProcessTable.Entry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the memory that an environment's processes and their descendants have in RAM, and remembers the most that was
 * seen. What several of them share counts for each. All looks happen on one thread, which exists from the first of them to
 * {@link #close()}.
 */
public final class MemorySampler implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MemorySampler.class);

    private static final int LOOKS_PER_SEARCH = 25;

    private final ProcessTable table;
    private final Supplier<List<Entry>> family;
    private final ScheduledThreadPoolExecutor thread;
    private final AtomicBoolean asked = new AtomicBoolean();

    private volatile long maximum;

    // Touched by the one thread alone.
    private List<Entry> known = List.of();

    MemorySampler(ProcessTable table, Supplier<List<Entry>> family) {
        this.table = table;
        this.family = family;
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread one = new Thread(task, "lambda-memory");
            one.setDaemon(true);
            return one;
        });
    }

    /** Has the memory looked at soon; returns at once. */
    public void look() {
        if (asked.compareAndSet(false, true)) {
            try {
                thread.execute(() -> {
                    asked.set(false);
                    guarded(this::lookTwice);
                });
            } catch (RejectedExecutionException e) {
                // Closed: nobody is left to be looked at.
            }
        }
    }

    /**
     * Looks again and again from now on: at those who were found before, and now and then for others.
     *
     * @param interval from one look to the next, in real time
     */
    public void watch(Duration interval) {
        repeat(interval, new Runnable() {
            private int looks;

            @Override
            public void run() {
                if (!(table instanceof ProcFiles) || looks++ % LOOKS_PER_SEARCH == 0) {
                    measure(lookAtAll());
                } else {
                    measure(lookAtKnown());
                }
            }
        });
    }

    /**
     * Looks at all again and again from now on.
     *
     * @param interval from one look to the next, in real time
     * @param limitBytes how much memory is allowed
     * @param onExceeded told of what was seen by each look that finds more; must not block
     */
    public void enforce(long limitBytes, Duration interval, LongConsumer onExceeded) {
        repeat(interval, () -> {
            long most = measure(lookAtAll());
            if (most > limitBytes) {
                onExceeded.accept(most);
            }
        });
    }

    private void repeat(Duration interval, Runnable look) {
        try {
            var unused =
                    thread.scheduleWithFixedDelay(() -> guarded(look), 0, interval.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // Closed, as above.
        }
    }

    /** The most that was seen, in bytes; empty before the first look and where the system does not tell. */
    public OptionalLong maximumBytes() {
        long seen = maximum;
        return seen == 0 ? OptionalLong.empty() : OptionalLong.of(seen);
    }

    // Who asks is about to need the result: those who are known are looked at in a fraction of the time that it takes
    // to
    // find all.
    private void lookTwice() {
        if (table instanceof ProcFiles) {
            measure(lookAtKnown());
        }
        measure(lookAtAll());
    }

    private List<Entry> lookAtKnown() {
        return known.stream()
                .map(before -> table.find(before.pid()).filter(now -> table.isSame(before, now)))
                .flatMap(Optional::stream)
                .toList();
    }

    private List<Entry> lookAtAll() {
        known = family.get();
        return known;
    }

    private long measure(List<Entry> processes) {
        long now = 0;
        long peak = 0;
        for (Entry process : processes) {
            now += process.residentBytes();
            // The system remembers for each process what a look may miss.
            peak = Math.max(peak, ProcFiles.peakResidentBytes(process.pid()).orElse(0));
        }
        long most = Math.max(now, peak);
        maximum = Math.max(maximum, most);
        return most;
    }

    // A failure would end the looks without a word.
    private static void guarded(Runnable look) {
        try {
            look.run();
        } catch (RuntimeException e) {
            LOG.error("a look at the memory of processes failed", e);
        }
    }

    /** Ends the looks and their thread, which takes no longer than the look under way; the maximum stays. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(1, TimeUnit.SECONDS)) {
                LOG.warn("a look at the memory of processes does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

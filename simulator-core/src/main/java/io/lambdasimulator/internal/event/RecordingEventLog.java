package io.lambdasimulator.internal.event;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The one log of an environment. Its lock guards the deque alone and is held for a few instructions. */
public final class RecordingEventLog implements EventLog {

    private static final int SHOWN_ON_TIMEOUT = 25;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition appended = lock.newCondition();
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private final Clock clock;
    private final int capacity;
    private Instant newest = Instant.MIN;
    private long nextSequence;
    private boolean closed;

    public RecordingEventLog(Clock clock, int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("the event log needs room for at least one event, not " + capacity);
        }
        this.clock = clock;
        this.capacity = capacity;
    }

    public void append(Event event) {
        append(clock.instant(), event);
    }

    public void append(Instant time, Event event) {
        lock.lock();
        try {
            if (entries.size() == capacity) {
                entries.removeFirst();
            }
            // Threads that append at the same moment may bring their instants out of order by microseconds.
            newest = time.isAfter(newest) ? time : newest;
            entries.addLast(new Entry(nextSequence++, newest, event));
            appended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** No more is to come: readers that have read everything are told the end. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            appended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Entry> entries() {
        lock.lock();
        try {
            return List.copyOf(entries);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long dropped() {
        lock.lock();
        try {
            return nextSequence - entries.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The entries from a place on; blocks while there is none.
     *
     * @return the entries, oldest first; empty when the log is closed and has no more
     */
    public List<Entry> awaitFrom(long sequence) throws InterruptedException {
        lock.lock();
        try {
            while (nextSequence <= sequence && !closed) {
                appended.await();
            }
            return from(sequence);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public <E extends Event> E await(Class<E> type, Predicate<? super E> condition, Duration atMost) {
        long remaining = atMost.toNanos();
        long seen = 0;
        while (true) {
            List<Entry> fresh;
            lock.lock();
            try {
                while (nextSequence <= seen) {
                    if (closed) {
                        throw notSeen(type, "before the environment was closed");
                    }
                    if (remaining <= 0) {
                        throw notSeen(type, "within " + atMost.toMillis() + " ms");
                    }
                    remaining = appended.awaitNanos(remaining);
                }
                fresh = from(seen);
                seen = nextSequence;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for " + type.getSimpleName(), e);
            } finally {
                lock.unlock();
            }
            for (Entry entry : fresh) {
                if (type.isInstance(entry.event()) && condition.test(type.cast(entry.event()))) {
                    return type.cast(entry.event());
                }
            }
        }
    }

    private List<Entry> from(long sequence) {
        long first = nextSequence - entries.size();
        if (sequence <= first) {
            return List.copyOf(entries);
        }
        int wanted = (int) (nextSequence - sequence);
        Entry[] tail = new Entry[wanted];
        var newestFirst = entries.descendingIterator();
        for (int i = wanted - 1; i >= 0; i--) {
            tail[i] = newestFirst.next();
        }
        return List.of(tail);
    }

    private IllegalStateException notSeen(Class<?> type, String until) {
        String newest = entries.stream()
                .skip(Math.max(0, entries.size() - SHOWN_ON_TIMEOUT))
                .map(entry -> "  " + entry.time() + "  " + entry.event())
                .collect(Collectors.joining("\n"));
        return new IllegalStateException(
                "no " + type.getSimpleName() + " as expected " + until + "; the newest events are:\n" + newest);
    }
}

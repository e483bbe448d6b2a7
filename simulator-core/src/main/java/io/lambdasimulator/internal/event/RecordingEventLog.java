package io.lambdasimulator.internal.event;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.internal.time.Waits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The one log of an environment. Its lock guards the deque alone and is held for a few instructions. */
public final class RecordingEventLog implements EventLog {

    private static final int SHOWN_ON_TIMEOUT = 25;
    private static final int FIRST_SIZE = 256;

    /** How many characters of output there may be; more than a test looks at, less than what a heap has. */
    private static final long MOST_TEXT = 64L << 20;

    /** How many characters of output a reader gets at once, but for the last line: they are copied. */
    private static final long MOST_TEXT_AT_ONCE = 1L << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition appended = lock.newCondition();

    /** The newest entries, each at the place of its sequence number; it grows up to the capacity. */
    private @Nullable Entry[] ring;

    private int size;

    /** Characters of output in the entries. */
    private long text;

    private final Clock clock;
    private final int capacity;
    private final Secrets secrets;
    private Instant newest = Instant.MIN;
    private long nextSequence;
    private final List<Reader> readers = new ArrayList<>();
    private boolean closed;
    private volatile Runnable follower = () -> {};

    public RecordingEventLog(Clock clock, int capacity) {
        this(clock, capacity, Secrets.NONE);
    }

    /**
     * @param secrets what texts for people have to leave out; events themselves hold what was seen
     */
    public RecordingEventLog(Clock clock, int capacity, Secrets secrets) {
        if (capacity < 1) {
            throw new IllegalArgumentException("the event log needs room for at least one event, not " + capacity);
        }
        this.clock = clock;
        this.capacity = capacity;
        this.ring = new Entry[Math.min(capacity, FIRST_SIZE)];
        this.secrets = secrets;
    }

    public Secrets secrets() {
        return secrets;
    }

    public void append(Event event) {
        append(clock.instant(), event);
    }

    public void append(Instant time, Event event) {
        lock.lock();
        try {
            if (size == ring.length && size < capacity) {
                grow();
            }
            long added = textOf(event);
            while (size == ring.length || (size > 0 && text + added > MOST_TEXT)) {
                dropOldest();
            }
            text += added;
            // Threads that append at the same moment may bring their instants out of order by microseconds.
            newest = time.isAfter(newest) ? time : newest;
            ring[(int) (nextSequence % ring.length)] = new Entry(nextSequence, newest, event);
            nextSequence++;
            size++;
            appended.signalAll();
        } finally {
            lock.unlock();
        }
        follower.run();
    }

    /** Has something run after each append, on whichever thread that is; it must not block. */
    public void followBy(Runnable whenAppended) {
        follower = whenAppended;
    }

    private void dropOldest() {
        int place = (int) ((nextSequence - size) % ring.length);
        Entry oldest = Objects.requireNonNull(ring[place]);
        text -= textOf(oldest.event());
        ring[place] = null;
        size--;
        readers.forEach(reader -> reader.dropped(oldest));
    }

    /** Only output may be large. */
    private static long textOf(Event event) {
        return event instanceof Event.ProcessOutput output ? output.line().length() : 0;
    }

    private void grow() {
        List<Entry> all = range(nextSequence - size, size);
        ring = new Entry[Math.min(capacity, ring.length * 2)];
        for (Entry entry : all) {
            ring[(int) (entry.sequence() % ring.length)] = entry;
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
            return range(nextSequence - size, size);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long dropped() {
        lock.lock();
        try {
            return nextSequence - size;
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

    /** Until when there is nothing more: now, or the last entry of a log that is closed. */
    public Instant end() {
        lock.lock();
        try {
            Instant now = clock.instant();
            return closed || now.isBefore(newest) ? newest : now;
        } finally {
            lock.unlock();
        }
    }

    /** The place that the next entry will have. */
    public long nextSequence() {
        lock.lock();
        try {
            return nextSequence;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void writeJsonLines(Appendable out) throws IOException {
        JsonLines.write(entries(), secrets, out);
    }

    @Override
    public String toJsonLines() {
        StringBuilder text = new StringBuilder();
        try {
            writeJsonLines(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a builder takes everything
        }
        return text.toString();
    }

    @Override
    public <E extends Event> E await(Class<E> type, Predicate<? super E> condition, Duration atMost) {
        return find(0, type, condition, atMost)
                .orElseThrow(
                        () -> notSeen(type, isClosed() ? "before the environment was closed" : Waits.within(atMost)));
    }

    /**
     * Waits for an event from a place on.
     *
     * @return the first; empty when there is none in time, or the log was closed without one
     */
    public <E extends Event> Optional<E> find(
            long from, Class<E> type, Predicate<? super E> condition, Duration atMost) {
        long remaining = Waits.nanos(atMost);
        long seen = from;
        while (true) {
            List<Entry> fresh;
            lock.lock();
            try {
                while (nextSequence <= seen) {
                    if (closed || remaining <= 0) {
                        return Optional.empty();
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
                    return Optional.of(type.cast(entry.event()));
                }
            }
        }
    }

    /**
     * Begins to read in turns.
     *
     * @param from the first place to read, or the oldest one that there is
     * @param worth what an entry counts for when it is dropped unread; a quick look, since the lock is held for it
     */
    public Reader reader(long from, ToIntFunction<Event> worth) {
        lock.lock();
        try {
            Reader reader = new Reader(Math.max(from, nextSequence - size), worth);
            readers.add(reader);
            return reader;
        } finally {
            lock.unlock();
        }
    }

    /** Somebody who reads the whole log in turns, for as long as there is one; what was dropped before his turn is counted. */
    public final class Reader {
        private final ToIntFunction<Event> worth;
        private final long begin;
        private long next;
        private long missed;

        private Reader(long begin, ToIntFunction<Event> worth) {
            this.begin = begin;
            this.next = begin;
            this.worth = worth;
        }

        /** The first place that there was to read. */
        public long begin() {
            return begin;
        }

        private void dropped(Entry entry) {
            if (entry.sequence() >= next) {
                missed += worth.applyAsInt(entry.event());
            }
        }

        /** Nothing is counted any more. */
        public void close() {
            lock.lock();
            try {
                readers.remove(this);
            } finally {
                lock.unlock();
            }
        }

        /** Reads on, from where the turn before ended: so many entries at most, and of large ones fewer. */
        public Turn read(long from, int atMost) {
            lock.lock();
            try {
                long first = Math.max(from, nextSequence - size);
                int count = 0;
                long characters = 0;
                while (count < atMost && first + count < nextSequence && characters < MOST_TEXT_AT_ONCE) {
                    characters += textOf(at(first + count).event());
                    count++;
                }
                next = first + count;
                Turn turn = new Turn(range(first, count), next, missed);
                missed = 0;
                return turn;
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * What a reader gets at once.
     *
     * @param entries in order
     * @param next where the next turn begins
     * @param missed what those were worth that had been dropped before
     */
    public record Turn(List<Entry> entries, long next, long missed) {}

    private List<Entry> from(long sequence) {
        long first = Math.max(sequence, nextSequence - size);
        return range(first, (int) Math.max(0, nextSequence - first));
    }

    private List<Entry> range(long first, int count) {
        List<Entry> entries = new ArrayList<>(count);
        for (long place = first; place < first + count; place++) {
            entries.add(at(place));
        }
        return Collections.unmodifiableList(entries);
    }

    private Entry at(long place) {
        return Objects.requireNonNull(ring[(int) (place % ring.length)]);
    }

    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private IllegalStateException notSeen(Class<?> type, String until) {
        List<Entry> all = entries();
        String newest = all.stream()
                .skip(Math.max(0, all.size() - SHOWN_ON_TIMEOUT))
                .map(entry -> "  " + entry.time() + "  " + Printable.of(secrets.hide(String.valueOf(entry.event()))))
                .collect(Collectors.joining("\n"));
        return new IllegalStateException(
                "no " + type.getSimpleName() + " as expected " + until + "; the newest events are:\n" + newest);
    }
}

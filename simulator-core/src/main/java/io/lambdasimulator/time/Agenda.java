package io.lambdasimulator.time;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What becomes due when, and who is busy now. One lock guards all of it; it is held for a few instructions and no other lock
 * is taken under it.
 *
 * <p>Two lists: what is due later, and what is due now. Of the latter the next begins once no task is busy, so tasks run one
 * after the other. Of the former the next becomes due when time moves, and time moves when nobody is busy and nothing is
 * due.
 */
final class Agenda {

    /** Something that becomes due. */
    interface Entry {

        Instant due();

        /** It is due. Called under the lock; must not block. */
        void begin();
    }

    private record Place(Entry entry, Instant due, long number) {}

    /** How far time goes from the start on; what a long of nanoseconds holds is a little more. */
    private static final Duration LONGEST = Duration.ofDays(100_000);

    /** The token that sleep and await pause, of whichever clock. */
    private static final ThreadLocal<@Nullable BusyToken> OWN = new ThreadLocal<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    private final PriorityQueue<Place> later =
            new PriorityQueue<>(Comparator.comparing(Place::due).thenComparing(Place::number));
    private final ArrayDeque<Entry> dueNow = new ArrayDeque<>();
    private long entries;

    private final Set<BusyToken> busy = new LinkedHashSet<>();
    private int busyTasks;

    private boolean moving;
    private final Instant end;
    private volatile Instant now;

    private final Executor threads = newThreads();

    Agenda(Instant start) {
        this.now = start;
        this.end = start.isAfter(Instant.MAX.minus(LONGEST)) ? Instant.MAX : start.plus(LONGEST);
    }

    // They end by themselves, so a clock need not be closed.
    private static Executor newThreads() {
        AtomicInteger count = new AtomicInteger();
        return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "virtual-clock-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    Instant now() {
        return now;
    }

    Executor threads() {
        return threads;
    }

    void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    <T> T lockedGet(Supplier<T> look) {
        lock.lock();
        try {
            return look.get();
        } finally {
            lock.unlock();
        }
    }

    // ---- what becomes due

    void add(Entry entry) {
        locked(() -> {
            if (entry.due().isAfter(now)) {
                later.add(new Place(entry, entry.due(), entries++));
            } else {
                dueNow.addLast(entry);
                beginNext();
            }
        });
    }

    void remove(Entry entry) {
        locked(() -> {
            if (!later.removeIf(place -> place.entry() == entry) && dueNow.remove(entry)) {
                changed.signalAll();
            }
        });
    }

    private void beginNext() {
        while (busyTasks == 0 && !dueNow.isEmpty()) {
            dueNow.removeFirst().begin();
        }
        changed.signalAll();
    }

    Optional<Instant> nextDue() {
        return lockedGet(
                () -> dueNow.isEmpty() ? Optional.ofNullable(later.peek()).map(Place::due) : Optional.of(now));
    }

    // ---- who is busy

    BusyToken begin(String who, boolean task) {
        BusyToken token = new BusyToken(this, who, task);
        locked(() -> held(token));
        return token;
    }

    /** Under the lock. */
    void held(BusyToken token) {
        busy.add(token);
        busyTasks += token.isTask() ? 1 : 0;
    }

    /** Under the lock. */
    void released(BusyToken token) {
        busy.remove(token);
        busyTasks -= token.isTask() ? 1 : 0;
        beginNext();
    }

    /** Makes a token the one that the calling thread's waits pause, and gives the one before. */
    static @Nullable BusyToken enter(@Nullable BusyToken token) {
        BusyToken outer = OWN.get();
        if (token == null) {
            OWN.remove();
        } else {
            OWN.set(token);
        }
        return outer;
    }

    /** Whether time cannot go on before the calling thread does. */
    boolean isBusyThread() {
        return own() != null;
    }

    private @Nullable BusyToken own() {
        BusyToken token = OWN.get();
        return token != null && token.isOf(this) ? token : null;
    }

    // ---- waits of those who are busy

    /**
     * The pause of a waiting thread. Whoever completes what it waits for, or interrupts it, ends the pause, so that there is no
     * moment between the one being busy and the other.
     */
    final class Pause {
        private final BusyToken token;
        private boolean begun;
        private boolean over;

        private Pause(BusyToken token) {
            this.token = token;
        }

        private void begin() {
            locked(() -> {
                if (!over && !Thread.currentThread().isInterrupted()) {
                    begun = true;
                    token.pause();
                    token.waits(this);
                }
            });
        }

        void end() {
            locked(() -> {
                if (begun && !over) {
                    token.waits(null);
                    token.resume();
                }
                over = true;
            });
        }
    }

    <T extends @Nullable Object> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
        BusyToken token = own();
        if (token == null) {
            return stage.toCompletableFuture().get();
        }
        Pause pause = new Pause(token);
        CompletionStage<T> ended = stage.whenComplete((value, failure) -> pause.end());
        pause.begin();
        try {
            return ended.toCompletableFuture().get();
        } finally {
            pause.end();
        }
    }

    /** Waits for a stage or, in simulated time, for the end of a duration; says whether the stage is complete. */
    boolean await(CompletionStage<?> stage, Duration atMost) throws InterruptedException {
        CompletableFuture<Boolean> first = new CompletableFuture<>();
        Entry timeout = wakeUp(atMost, () -> first.complete(false));
        var unused = stage.whenComplete((value, failure) -> first.complete(true));
        add(timeout);
        try {
            return await(first);
        } catch (ExecutionException e) {
            throw new IllegalStateException("nobody completes this exceptionally", e);
        } finally {
            remove(timeout);
        }
    }

    void sleep(Duration duration) throws InterruptedException {
        if (!duration.isNegative() && !duration.isZero()) {
            await(new CompletableFuture<@Nullable Void>(), duration);
        }
    }

    private Entry wakeUp(Duration delay, Runnable action) {
        // Nobody sees what is due behind the end of time.
        Instant due = delay.compareTo(LONGEST) > 0 ? Instant.MAX : now.plus(delay);
        return new Entry() {
            @Override
            public Instant due() {
                return due;
            }

            @Override
            public void begin() {
                action.run();
            }
        };
    }

    // ---- the movement of time

    void settle(Duration atMost) {
        move(() -> now, atMost);
    }

    void advance(Duration duration, Duration atMost) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("time does not go back by " + duration.negated());
        }
        move(() -> duration.compareTo(LONGEST) > 0 ? Instant.MAX : now.plus(duration), atMost);
    }

    void advanceTo(Instant target, Duration atMost) {
        move(() -> target, atMost);
    }

    private void move(Supplier<Instant> target, Duration atMost) {
        if (isBusyThread()) {
            throw new IllegalStateException(
                    "time cannot be moved from a task of the clock or from a participant, which it waits for:"
                            + " these sleep or await, and the test advances");
        }
        lock.lock();
        try {
            awaitOthers(() -> !moving, atMost);
            moving = true;
            try {
                moveTo(target.get(), atMost);
            } finally {
                moving = false;
                changed.signalAll();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while time moved; it is " + now, e);
        } finally {
            lock.unlock();
        }
    }

    private void moveTo(Instant target, Duration atMost) throws InterruptedException {
        if (target.isBefore(now)) {
            throw new IllegalArgumentException("time does not go back from " + now + " to " + target);
        }
        if (target.isAfter(end)) {
            throw new IllegalArgumentException("time goes on until " + end + ", " + LONGEST.toDays()
                    + " days after the clock's start, and no further; it is " + now);
        }
        awaitOthers(this::isSettled, atMost);
        for (Place next = later.peek(); next != null && !next.due().isAfter(target); next = later.peek()) {
            later.remove();
            now = next.due();
            dueNow.addLast(next.entry());
            beginNext();
            awaitOthers(this::isSettled, atMost);
        }
        now = target;
    }

    private boolean isSettled() {
        return busy.isEmpty() && dueNow.isEmpty();
    }

    private void awaitOthers(BooleanSupplier condition, Duration atMost) throws InterruptedException {
        long left = TimeUnit.NANOSECONDS.convert(atMost);
        while (!condition.getAsBoolean()) {
            if (left <= 0) {
                throw new IllegalStateException("time does not go on from " + now + ": not settled within "
                        + TimeUnit.MILLISECONDS.convert(atMost) + " ms of real time; " + describe());
            }
            left = changed.awaitNanos(left);
        }
    }

    private String describe() {
        if (busy.isEmpty()) {
            return "another thread is moving it";
        }
        return "busy: " + busy.stream().map(BusyToken::describe).collect(Collectors.joining("; "))
                + (dueNow.isEmpty() ? "" : "; due behind it: " + dueNow.size())
                + ". Whoever waits for time to pass has to wait with VirtualClock.sleep or await";
    }

    @Override
    public String toString() {
        return lockedGet(() -> now + ", " + (later.size() + dueNow.size()) + " tasks, " + busy.size() + " busy");
    }
}

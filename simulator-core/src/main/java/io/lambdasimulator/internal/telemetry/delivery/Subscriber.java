package io.lambdasimulator.internal.telemetry.delivery;

import io.lambdasimulator.internal.telemetry.delivery.Feed.Chunk;
import io.lambdasimulator.internal.telemetry.delivery.Feed.Line;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchOutcome;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchReport;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.DropEpisode;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.Lag;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.time.Busy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the events of a log to one destination, in order, in batches, one batch at a time. What the destination does not
 * take in time, or at all, is dropped and told of.
 *
 * <p>Safe for use by any thread; nothing here blocks or calls back into its caller.
 */
public final class Subscriber {

    /** A single event may be larger. */
    static final long MOST_WAITING_BYTES = 8 * 1024 * 1024;

    static final int MOST_ATTEMPTS = 5;
    static final Duration ATTEMPT_LIMIT = Duration.ofSeconds(1);

    private static final Duration FIRST_BACK_OFF = Duration.ofMillis(100);
    private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(2);

    private static final int READ_AT_ONCE = 256;
    private static final int REPORTS_KEPT = 10_000;

    // How long an attempt keeps a virtual clock from going on: as long as a consumer in this JVM may take to answer on
    // a busy machine. Nothing is fast before its classes are loaded. Who has been late once, or is frozen, does not get
    // as much again. It is counted in steps: a consumer in this JVM gets no further while the JVM gets no processor, so
    // a pause of whatever length may cost one step at most.
    private static final long HOLDS_TIME_FOR_MILLIS = 2_000;
    private static final long HOLDS_TIME_IN_A_NEW_JVM_FOR_MILLIS = 5_000;
    private static final long HOLDS_TIME_FOR_THE_LATE_FOR_MILLIS = 300;
    private static final long HOLDS_TIME_IN_STEPS_OF_MILLIS = 50;

    private static volatile boolean jvmIsNew = true;

    private static final String TOO_SLOW =
            "Some logs were dropped because the downstream consumer is slower than the logs production rate";

    private static final Logger LOG = LoggerFactory.getLogger(Subscriber.class);

    private final String name;
    private final Feed feed;
    private final Buffering buffering;
    private final Sender sender;
    private final Clock clock;
    private final ScheduledExecutorService scheduler;
    private final Activity activity;
    private final Turns turns;
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

    private volatile boolean inTime = true;

    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock, as is all that follows. Only turns move the cursor.
    private long cursor;

    /** What the cursor has passed and there is no room for yet: the rest of a chunk. */
    private final ArrayDeque<Line> unread = new ArrayDeque<>();

    /** It has failed twice in a row, or for good; a single failure may be an accident. */
    private boolean slow;

    private @Nullable Batch open;
    private @Nullable ScheduledFuture<?> openTimeout;
    private final ArrayDeque<Batch> queue = new ArrayDeque<>();
    private @Nullable Batch inFlight;
    private @Nullable Attempt attempt;
    private @Nullable Countdown backOff;

    private long holdFrom = Long.MAX_VALUE;
    private final ArrayDeque<Line> held = new ArrayDeque<>();

    private boolean paused;
    private boolean away;
    private boolean closed;
    private String whyClosed = "the subscription was closed";
    private long closedAt;

    private final List<Flush> flushes = new ArrayList<>();
    private final List<Awaited> awaited = new ArrayList<>();

    private long batches;
    private final ArrayDeque<BatchReport> reports = new ArrayDeque<>();
    private long attempts;
    private long accepted;
    private long acceptedBytes;
    private long newestAccepted;
    private long dropped;
    private long droppedBytes;
    private long firstDropped = Long.MAX_VALUE;
    private String firstDroppedWhy = "";
    private long waiting;
    private long waitingBytes;
    private @Nullable Episode episode;

    Subscriber(
            String name,
            Feed feed,
            long from,
            Buffering buffering,
            Sender sender,
            Clock clock,
            ScheduledExecutorService scheduler,
            Executor executor,
            Activity activity) {
        this.name = name;
        this.feed = feed;
        this.cursor = from;
        this.newestAccepted = from - 1;
        this.buffering = buffering;
        this.sender = sender;
        this.clock = clock;
        this.scheduler = scheduler;
        this.activity = activity;
        this.turns = new Turns(activity.counting(busyWith(), executor), this::turn);
    }

    private String busyWith() {
        return "telemetry for " + name;
    }

    // ---- what others say

    /** The log has more. Takes no lock, so it may be called under any. */
    public void wake() {
        if (!ended.isDone()) {
            turns.ask();
        }
    }

    /**
     * No attempt starts from now on, and the time limits of an attempt under way and of a back-off stand still. Batches go on
     * filling and closing.
     */
    public void pause() {
        locked(() -> {
            paused = true;
            standStill();
        });
        turns.ask();
    }

    private void standStill() {
        if (attempt != null) {
            attempt.limit.standStill();
            attempt.holdTimeBriefly();
        }
        if (backOff != null) {
            backOff.standStill();
        }
    }

    /** Ends the pause. */
    public void resume() {
        locked(() -> {
            paused = false;
            goOn();
        });
        turns.ask();
    }

    private void goOn() {
        if (isStill()) {
            return;
        }
        if (attempt != null) {
            attempt.limit.run();
            attempt.holdTime();
        }
        if (backOff != null) {
            backOff.run();
        }
    }

    private boolean isStill() {
        return paused || away;
    }

    /**
     * Nobody is there to deliver to until {@link #release}: what has not been accepted is for whoever comes then, as if it had
     * never been tried. Otherwise as a {@link #pause}.
     */
    public void detach() {
        locked(() -> {
            away = true;
            standStill();
        });
        turns.ask();
    }

    /**
     * What is at a place in the log or behind it waits, except for a batch that is under way already. Of two holds the earlier
     * place counts.
     */
    public void hold(long from) {
        locked(() -> {
            holdFrom = Math.min(holdFrom, from);
            List<Line> back = new ArrayList<>();
            for (Iterator<Batch> closedOnes = queue.iterator(); closedOnes.hasNext(); ) {
                Batch batch = closedOnes.next();
                if (back.addAll(batch.cutOff(from)) && batch.isEmpty()) {
                    closedOnes.remove();
                }
            }
            if (open != null && back.addAll(open.cutOff(from)) && open.isEmpty()) {
                cancelOpenTimeout();
                open = null;
            }
            for (int i = back.size() - 1; i >= 0; i--) {
                held.addFirst(back.get(i));
            }
        });
        turns.ask();
    }

    /** Ends the hold and the absence: what waited comes into batches now. */
    public void release() {
        locked(() -> {
            if (away) {
                away = false;
                slow = false;
                if (backOff != null) {
                    backOff.cancel();
                    backOff = null;
                }
                if (inFlight != null) {
                    inFlight.startOver();
                }
                goOn();
            }
            holdFrom = Long.MAX_VALUE;
            Instant now = clock.instant();
            held.forEach(line -> append(line, now));
            held.clear();
        });
        turns.ask();
    }

    /**
     * Sends what is in the log by now and not held, without waiting for more; a notice that is due goes even without events.
     *
     * @return complete when all of it was accepted or dropped, or at once when the subscriber is paused or closed meanwhile;
     *     never exceptionally
     */
    public CompletionStage<@Nullable Void> flush() {
        Flush flush = new Flush(feed.end());
        locked(() -> flushes.add(flush));
        turns.ask();
        return flush.done.minimalCompletionStage();
    }

    /** Ends the subscription: nothing is sent any more, and what waits is dropped. Does nothing the second time. */
    public void close() {
        long end = feed.end();
        locked(() -> closeAt(end));
        turns.ask();
    }

    private void closeAt(long end) {
        if (!closed) {
            closed = true;
            closedAt = end;
        }
    }

    /** Complete once all that waited is counted and nothing is open any more. */
    CompletionStage<@Nullable Void> ended() {
        return ended;
    }

    /**
     * Waits for all events up to a place in the log.
     *
     * @param place the last entry
     * @return complete once they have all been accepted; exceptionally, with an {@link IllegalStateException} that says what
     *     happened, when one of them was dropped or the subscriber is closed
     */
    public CompletionStage<@Nullable Void> accepted(long place) {
        Awaited wish = new Awaited(place);
        locked(() -> awaited.add(wish));
        turns.ask();
        return wish.done.minimalCompletionStage();
    }

    /** What has been delivered so far. */
    public Statistics statistics() {
        long end = feed.end();
        lock.lock();
        try {
            List<BatchReport> all = new ArrayList<>(reports);
            if (inFlight != null) {
                all.add(inFlight.report(BatchOutcome.WAITING, null));
            }
            queue.forEach(batch -> all.add(batch.report(BatchOutcome.WAITING, null)));
            return new Statistics(
                    all,
                    attempts,
                    accepted,
                    acceptedBytes,
                    dropped,
                    droppedBytes,
                    waiting,
                    waitingBytes,
                    new Lag(end - 1 - newestAccepted, waitingSince()),
                    Optional.ofNullable(episode).map(Episode::shown));
        } finally {
            lock.unlock();
        }
    }

    private Duration waitingSince() {
        Batch oldest = inFlight != null ? inFlight : queue.isEmpty() ? open : queue.peek();
        return oldest == null ? Duration.ZERO : Duration.between(oldest.opened(), clock.instant());
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }

    // ---- a turn

    private void turn() {
        if (ended.isDone()) {
            tell();
            return;
        }
        boolean over;
        try {
            sender.prepare();
            readOn();
            giveUpWhatIsOverdue();
            sendNext();
            over = isClosed();
            if (over) {
                readOn(); // what came before it was closed
            }
        } catch (RuntimeException | LinkageError e) {
            LOG.error("Telemetry for {} ends: its delivery failed", name, e);
            locked(() -> {
                whyClosed = "its delivery failed: " + e;
                closeAt(cursor);
            });
            over = true;
        }
        if (over) {
            end();
        }
        tell();
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    // ---- reading

    private void readOn() {
        while (true) {
            long from;
            long to;
            lock.lock();
            try {
                takeOn();
                from = cursor;
                to = closed ? closedAt : holdFrom;
                if (!unread.isEmpty() || to <= from) {
                    return;
                }
            } finally {
                lock.unlock();
            }
            Chunk chunk = feed.read(from, (int) Math.min(READ_AT_ONCE, to - from));
            if (chunk.next() == from) {
                return;
            }
            lock.lock();
            try {
                if (chunk.lost() > 0) {
                    drop(chunk.lost(), 0, from, TOO_SLOW);
                }
                unread.addAll(chunk.events());
                cursor = chunk.next();
                takeOn();
            } finally {
                lock.unlock();
            }
            sendNext();
        }
    }

    /** Lets as much wait as may. What does not fit stays in the log, or is dropped if the destination has proved to be slow. */
    private void takeOn() {
        Instant now = clock.instant();
        while (!unread.isEmpty()) {
            Line line = unread.peek();
            int size = line.json().length;
            boolean fits = waiting == 0 || waitingBytes + size <= MOST_WAITING_BYTES;
            if (!fits && !closed && !slow) {
                if (inFlight == null && queue.isEmpty()) {
                    closeOpen(now); // nothing else makes room
                }
                cutForFlushes(line.place());
                return;
            }
            unread.remove();
            if (closed) {
                drop(1, size, line.place(), whyClosed);
            } else if (!fits) {
                cutForFlushes(line.place());
                drop(1, size, line.place(), TOO_SLOW);
            } else {
                waiting++;
                waitingBytes += size;
                if (line.place() >= holdFrom) {
                    held.add(line);
                } else {
                    append(line, now);
                }
            }
        }
        cutForFlushes(cursor);
    }

    private void append(Line line, Instant now) {
        cutForFlushes(line.place());
        if (open != null && open.isDue(now)) {
            closeOpen(now);
        }
        Batch batch = open == null ? open(now) : open;
        batch.add(line);
        if (batch.isFull(buffering)) {
            closeOpen(now);
        }
    }

    private Batch open(Instant now) {
        Batch batch = new Batch(++batches, now, now.plus(buffering.timeout()));
        open = batch;
        try {
            openTimeout = scheduler.schedule(
                    () -> {
                        locked(() -> {
                            if (open == batch) {
                                closeOpen(clock.instant());
                            }
                        });
                        turns.ask();
                    },
                    buffering.timeout().toNanos(),
                    TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            openTimeout = null; // the environment is closing, and flushes or closes this subscriber too
        }
        return batch;
    }

    private void closeOpen(Instant now) {
        if (open != null) {
            cancelOpenTimeout();
            open.close(now);
            queue.add(open);
            open = null;
        }
    }

    private void cancelOpenTimeout() {
        if (openTimeout != null) {
            openTimeout.cancel(false);
            openTimeout = null;
        }
    }

    /** What is read next is at a place: the batch of a flush that ends before it is complete. */
    private void cutForFlushes(long place) {
        for (Flush flush : flushes) {
            if (!flush.cut && place >= Math.min(flush.end, holdFrom)) {
                closeOpen(clock.instant());
                flush.cut = true;
                flush.lastBatch = batches;
            }
        }
    }

    // ---- sending

    private void sendNext() {
        while (true) {
            Batch batch;
            Episode told;
            lock.lock();
            try {
                if (closed || isStill() || attempt != null || backOff != null) {
                    return;
                }
                if (inFlight == null) {
                    inFlight = queue.poll();
                }
                batch = inFlight;
                told = episode;
            } finally {
                lock.unlock();
            }
            if (batch == null) {
                return;
            }
            byte[] notice = told == null ? null : feed.logsDropped(told.records, told.bytes, told.reason);
            if (notice == null && batch.isEmpty()) {
                locked(() -> inFlight = null);
            } else {
                begin(batch, told, sender.assemble(batch.events(notice)));
                return;
            }
        }
    }

    private void begin(Batch batch, @Nullable Episode told, byte[] body) {
        Attempt next = new Attempt(batch, told);
        lock.lock();
        try {
            if (closed || isStill()) {
                return;
            }
            attempt = next;
            attempts++;
            batch.attempted();
            next.limit.run();
            next.holdTime();
        } finally {
            lock.unlock();
        }
        next.sending = sender.send(body, next::ended);
    }

    private void giveUpWhatIsOverdue() {
        Attempt overdue;
        lock.lock();
        try {
            overdue = attempt != null && attempt.overdue ? attempt : null;
        } finally {
            lock.unlock();
        }
        if (overdue != null && overdue.sending != null) {
            overdue.sending.giveUp("no answer within " + ATTEMPT_LIMIT.toMillis() + " ms");
        }
    }

    /** An attempt under way. */
    private final class Attempt {
        private final Batch batch;
        private final @Nullable Episode told;
        private final Countdown limit;
        private Sender.@Nullable Attempt sending;
        private CompletableFuture<Boolean> holding = CompletableFuture.completedFuture(true);
        private boolean overdue;

        private Attempt(Batch batch, @Nullable Episode told) {
            this.batch = batch;
            this.told = told;
            this.limit = new Countdown(scheduler, ATTEMPT_LIMIT);
            limit.atEnd(() -> {
                locked(() -> overdue = true);
                turns.ask();
            });
        }

        /** Keeps a virtual clock from going on, until it ends or has had the time that is enough in this JVM. */
        private void holdTime() {
            if (holding.isDone()) {
                Busy busy = activity.begin(busyWith());
                holding = new CompletableFuture<>();
                var unused = holding.whenComplete((endedInTime, failure) -> {
                    inTime = endedInTime;
                    busy.close();
                });
                letGoAfter(holding, patienceMillis());
            }
        }

        private long patienceMillis() {
            if (!inTime) {
                return HOLDS_TIME_FOR_THE_LATE_FOR_MILLIS;
            }
            return jvmIsNew ? HOLDS_TIME_IN_A_NEW_JVM_FOR_MILLIS : HOLDS_TIME_FOR_MILLIS;
        }

        private void holdTimeBriefly() {
            letGoAfter(holding, HOLDS_TIME_FOR_THE_LATE_FOR_MILLIS);
        }

        private static void letGoAfter(CompletableFuture<Boolean> holding, long millis) {
            if (millis <= 0) {
                holding.complete(false);
            } else if (!holding.isDone()) {
                CompletableFuture.delayedExecutor(HOLDS_TIME_IN_STEPS_OF_MILLIS, TimeUnit.MILLISECONDS, Runnable::run)
                        .execute(() -> letGoAfter(holding, millis - HOLDS_TIME_IN_STEPS_OF_MILLIS));
            }
        }

        private void ended(Outcome outcome) {
            lock.lock();
            try {
                if (attempt != this) {
                    return;
                }
                attempt = null;
                limit.cancel();
                settle(batch, told, outcome);
            } finally {
                lock.unlock();
            }
            turns.ask();
            holding.complete(true);
        }
    }

    private void settle(Batch batch, @Nullable Episode told, Outcome outcome) {
        Instant now = clock.instant();
        if (outcome instanceof Outcome.Failed failed) {
            int attemptsMade = batch.attemptsSinceStart();
            if (failed.again() && away) {
                batch.startOver();
            } else if (failed.again() && attemptsMade < MOST_ATTEMPTS) {
                slow = slow || attemptsMade > 1;
                backOff(attemptsMade);
            } else {
                slow = true;
                inFlight = null;
                drop(batch, now, "could not send events: " + failed.why());
            }
            return;
        }
        inFlight = null;
        slow = false;
        jvmIsNew = false;
        noLongerWaits(batch.events(), batch.bytes());
        accepted += batch.events();
        acceptedBytes += batch.bytes();
        BatchReport report = batch.report(BatchOutcome.ACCEPTED, now);
        if (!batch.isEmpty()) {
            newestAccepted = report.last();
        }
        keep(report);
        if (told != null && episode != null) {
            episode = episode.without(told);
        }
    }

    private void backOff(int attemptsMade) {
        Duration delay = FIRST_BACK_OFF.multipliedBy(1L << (attemptsMade - 1));
        Countdown next = new Countdown(scheduler, delay.compareTo(LONGEST_BACK_OFF) < 0 ? delay : LONGEST_BACK_OFF);
        backOff = next;
        next.atEnd(() -> {
            locked(() -> backOff = backOff == next ? null : backOff);
            turns.ask();
        });
        if (!isStill()) {
            next.run();
        }
    }

    private void keep(BatchReport report) {
        if (reports.size() == REPORTS_KEPT) {
            reports.removeFirst();
        }
        reports.addLast(report);
    }

    // ---- dropping

    private void drop(Batch batch, Instant now, String reason) {
        keep(batch.report(BatchOutcome.DROPPED, now));
        if (!batch.isEmpty()) {
            noLongerWaits(batch.events(), batch.bytes());
            drop(batch.events(), batch.bytes(), batch.firstPlace(), reason);
        }
    }

    private void drop(long records, long bytes, long place, String reason) {
        dropped += records;
        droppedBytes += bytes;
        if (place < firstDropped) {
            firstDropped = place;
            firstDroppedWhy = reason;
        }
        episode = episode == null
                ? new Episode(records, bytes, reason, reason)
                : new Episode(episode.records + records, episode.bytes + bytes, episode.reason, reason);
    }

    private void noLongerWaits(long records, long bytes) {
        waiting -= records;
        waitingBytes -= bytes;
    }

    private record Episode(long records, long bytes, String reason, String newestReason) {

        /** What has come since it was told of so far. */
        @Nullable Episode without(Episode told) {
            return records == told.records
                    ? null
                    : new Episode(records - told.records, bytes - told.bytes, newestReason, newestReason);
        }

        DropEpisode shown() {
            return new DropEpisode(records, bytes, reason);
        }
    }

    // ---- the end

    private void end() {
        Attempt last;
        lock.lock();
        try {
            last = attempt;
            attempt = null;
            if (last != null) {
                last.limit.cancel();
            }
            if (backOff != null) {
                backOff.cancel();
                backOff = null;
            }
            takeOn();
            Instant now = clock.instant();
            closeOpen(now);
            if (inFlight != null) {
                queue.addFirst(inFlight);
                inFlight = null;
            }
            queue.forEach(batch -> drop(batch, now, whyClosed));
            queue.clear();
            if (!held.isEmpty()) {
                List<Line> lines = List.copyOf(held);
                noLongerWaits(lines.size(), Batch.bytes(lines));
                drop(lines.size(), Batch.bytes(lines), lines.get(0).place(), whyClosed);
                held.clear();
            }
        } finally {
            lock.unlock();
        }
        if (last != null) {
            if (last.sending != null) {
                last.sending.giveUp(whyClosed);
            }
            last.holding.complete(true);
        }
        sender.close();
        feed.close();
        ended.complete(null);
    }

    // ---- who waits

    private static final class Flush {
        private final long end;
        private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        private boolean cut;
        private long lastBatch;
        private boolean noticed;

        private Flush(long end) {
            this.end = end;
        }
    }

    private static final class Awaited {
        private final long place;
        private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();

        private Awaited(long place) {
            this.place = place;
        }
    }

    private void tell() {
        List<Runnable> words = new ArrayList<>();
        locked(() -> {
            flushes.removeIf(flush -> isOver(flush) && words.add(() -> flush.done.complete(null)));
            awaited.removeIf(wish -> isDecided(wish, words));
        });
        words.forEach(Runnable::run);
    }

    private boolean isOver(Flush flush) {
        if (closed || isStill()) {
            return true;
        }
        Batch oldest = inFlight != null ? inFlight : queue.peek();
        if (!flush.cut || (oldest != null && oldest.number() <= flush.lastBatch)) {
            return false;
        }
        if (episode == null || flush.noticed || oldest != null) {
            return true;
        }
        Instant now = clock.instant();
        Batch notice = new Batch(++batches, now, now);
        notice.close(now);
        queue.add(notice);
        flush.noticed = true;
        flush.lastBatch = notice.number();
        turns.ask();
        return false;
    }

    private boolean isDecided(Awaited wish, List<Runnable> words) {
        if (firstDropped <= wish.place) {
            String why = name + " has not accepted everything up to place " + wish.place + ": from place "
                    + firstDropped + " on, " + dropped + " records were dropped: " + firstDroppedWhy;
            return words.add(() -> wish.done.completeExceptionally(new IllegalStateException(why)));
        }
        if (firstWaiting() > wish.place) {
            return words.add(() -> wish.done.complete(null));
        }
        if (closed) {
            String why = name + " has not accepted everything up to place " + wish.place + ": " + whyClosed;
            return words.add(() -> wish.done.completeExceptionally(new IllegalStateException(why)));
        }
        return false;
    }

    private long firstWaiting() {
        if (inFlight != null && !inFlight.isEmpty()) {
            return inFlight.firstPlace();
        }
        for (Batch batch : queue) {
            if (!batch.isEmpty()) {
                return batch.firstPlace();
            }
        }
        if (open != null) {
            return open.firstPlace();
        }
        Line first = held.isEmpty() ? unread.peek() : held.peek();
        return first == null ? cursor : first.place();
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FrozenInterval;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.SoftAssertions;

/**
 * Drives an environment of real processes through freezes and invocations that cut freezes short, and looks whether anybody
 * ever did anything while it was frozen: runtime, extension and a child of each write the time again and again.
 *
 * <p>The environment and its processes read the same clock, so that the ends of the intervals are exact: nothing is rounded,
 * and nothing is allowed for.
 */
final class FreezingProof implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String EXTENSION = "ticker";
    private static final List<String> WRITERS = List.of("runtime.own", "runtime.child", "ticker.own", "ticker.child");

    /** What was seen. */
    record Outcome(int freezes, int cutShort) {}

    /** The clock that the processes read: the system's, counted from an unspecified moment, never set. */
    private static final Clock MONOTONIC = new Clock() {
        @Override
        public Instant instant() {
            return Instant.ofEpochSecond(0, System.nanoTime());
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    };

    private final ScheduledExecutorService scheduler = new ScheduledThreadPoolExecutor(1);
    private final Path directory;
    private final LambdaSimulator lambda;
    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final Instant begin = MONOTONIC.instant();
    private int invocations;

    FreezingProof(Path directory) {
        this.directory = directory;
        this.lambda = LambdaSimulator.builder()
                .freeze(FreezeMode.SIGNAL)
                .time(MONOTONIC, scheduler)
                .retain(100_000, 2_000_000)
                .runtime(Programs.python(
                        "ticking_participant.py",
                        "runtime",
                        directory.resolve("runtime").toString()))
                .extension(
                        EXTENSION,
                        Programs.python(
                                "ticking_participant.py",
                                EXTENSION,
                                directory.resolve(EXTENSION).toString()))
                .start();
    }

    /**
     * Invokes the function until the environment was frozen so often, and so many invocations arrived between the last poll and
     * the confirmation of a freeze; then looks at everything.
     */
    Outcome run(int freezes, int cutShort) throws IOException {
        lambda.awaitFrozen(LIMIT);
        while (lambda.freezeCount() < freezes || cutShort() < cutShort) {
            for (int i = 0; i < 25; i++) {
                invoke();
                lambda.awaitFrozen(LIMIT);
                invoke();
                // A moment somewhere in the freeze that has begun, not a wait for anything.
                LockSupport.parkNanos(random.nextInt(1_500_000));
                invoke();
                lambda.awaitFrozen(LIMIT);
            }
        }
        assertNobodyTickedWhileFrozen();
        assertNothingWasLostOrFrozenEarly();
        return new Outcome((int) lambda.freezeCount(), cutShort());
    }

    private void invoke() {
        String event = Integer.toString(++invocations);
        Invocation invocation = lambda.submit(InvocationRequest.of(event));
        assertThat(invocation.awaitAnswer(LIMIT).payloadText())
                .as("seed %d", seed)
                .isEqualTo(event);
        InvocationReport report = invocation.awaitCompletion(LIMIT);
        assertThat(report.status()).as("seed %d: %s", seed, report).isEqualTo(InvocationStatus.SUCCESS);
    }

    /** How many invocations came when everybody had polled and the freeze that this began was not confirmed. */
    private int cutShort() {
        boolean freezing = false;
        int count = 0;
        for (EventLog.Entry entry : lambda.eventLog().entries()) {
            if (entry.event() instanceof Event.PhaseChanged change) {
                // From FROZEN it becomes ready because it is being thawed.
                freezing = change.to() == EnvironmentPhase.READY && change.from() != EnvironmentPhase.FROZEN;
            } else if (entry.event() instanceof Event.InvocationQueued && freezing) {
                freezing = false;
                count++;
            }
        }
        return count;
    }

    private void assertNothingWasLostOrFrozenEarly() {
        EventLog log = lambda.eventLog();
        assertThat(log.dropped()).isZero();
        assertThat(log.events(Event.FreezeFailed.class)).isEmpty();
        assertThat(log.events(Event.ParticipantExited.class)).isEmpty();
        assertThat(log.events(Event.InvocationAnswered.class))
                .extracting(Event.InvocationAnswered::requestId)
                .doesNotHaveDuplicates()
                .hasSize(invocations);
        assertThat(log.events(Event.ExtensionReady.class))
                .extracting(Event.ExtensionReady::requestId)
                .doesNotHaveDuplicates()
                .hasSize(invocations);
        assertThat(log.events(Event.EnvironmentFrozen.class)).allSatisfy(frozen -> {
            assertThat(frozen.stopped())
                    .containsExactlyInAnyOrder(Participant.RUNTIME, Participant.extension(EXTENSION));
            assertThat(frozen.running()).isEmpty();
        });
        int underWay = 0;
        for (EventLog.Entry entry : log.entries()) {
            if (entry.event() instanceof Event.InvocationQueued) {
                underWay++;
            } else if (entry.event() instanceof Event.InvocationCompleted) {
                underWay--;
            } else if (entry.event() instanceof Event.EnvironmentFrozen) {
                assertThat(underWay).as("invocations under way at %s", entry).isZero();
            }
        }
    }

    private void assertNobodyTickedWhileFrozen() throws IOException {
        List<FrozenInterval> intervals = lambda.frozenIntervals();
        assertThat(intervals).hasSize((int) lambda.freezeCount());
        Instant end = MONOTONIC.instant();
        SoftAssertions each = new SoftAssertions();
        for (String writer : WRITERS) {
            long[] ticks = ticks(writer);
            each.assertThat(ticks.length).as("ticks of %s", writer).isGreaterThan(intervals.size());
            // Else the clocks were not the same.
            each.assertThat(instant(ticks[0])).as("first tick of %s", writer).isBetween(begin, end);
            each.assertThat(instant(ticks[ticks.length - 1]))
                    .as("last tick of %s", writer)
                    .isBetween(begin, end);
            for (FrozenInterval frozen : intervals) {
                each.assertThat(firstAfter(ticks, frozen.from()))
                        .as("seed %d: the first tick of %s after %s", seed, writer, frozen.from())
                        .isGreaterThanOrEqualTo(nanos(frozen.until().orElse(Instant.MAX)));
            }
        }
        each.assertAll();
    }

    private long[] ticks(String writer) throws IOException {
        byte[] bytes = Files.readAllBytes(directory.resolve(writer));
        LongBuffer ticks = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        long[] sorted = new long[ticks.remaining()];
        ticks.get(sorted);
        Arrays.sort(sorted);
        return sorted;
    }

    private static long firstAfter(long[] ticks, Instant from) {
        int found = Arrays.binarySearch(ticks, nanos(from) + 1);
        int index = found < 0 ? -found - 1 : found;
        return index == ticks.length ? Long.MAX_VALUE : ticks[index];
    }

    private static long nanos(Instant instant) {
        return instant.equals(Instant.MAX)
                ? Long.MAX_VALUE
                : Duration.between(Instant.EPOCH, instant).toNanos();
    }

    private static Instant instant(long nanos) {
        return Instant.ofEpochSecond(0, nanos);
    }

    @Override
    public void close() {
        lambda.close();
        scheduler.shutdownNow();
    }
}

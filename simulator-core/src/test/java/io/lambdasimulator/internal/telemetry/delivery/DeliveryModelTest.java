package io.lambdasimulator.internal.telemetry.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchOutcome;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchReport;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.time.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Histories by chance, of everything that may happen to a subscriber, and what holds in each. */
@Timeout(120)
class DeliveryModelTest {

    private static final Pattern NOTICE = Pattern.compile("\\{\"dropped\":(\\d+),");
    private static final Pattern EVENT = Pattern.compile("\"e(\\d+)x*\"");

    /** What is left of a run that another of the same history must leave too. */
    private record Trace(List<BatchReport> batches, List<String> requests) {}

    private static Trace run(long seed, int steps, boolean overload) {
        Random random = new Random(seed);
        VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
        ListFeed feed = new ListFeed();
        HttpConsumer.Manner[] manners = new HttpConsumer.Manner[steps];
        for (int i = 0; i < steps; i++) {
            manners[i] = random.nextInt(3) > 0
                    ? HttpConsumer.ACCEPTS
                    : List.of(HttpConsumer.status("503 Not Now"), HttpConsumer.RESETS, HttpConsumer.ANSWERS_GARBAGE)
                            .get(random.nextInt(3));
        }
        List<CompletableFuture<?>> flushes = new ArrayList<>();
        try (HttpConsumer consumer = new HttpConsumer(clock, HttpConsumer.ACCEPTS, manners);
                Deliveries deliveries = new Deliveries(clock, clock, Activity.under(clock))) {
            Subscriber subscriber = deliveries.subscribe(
                    "my-extension",
                    feed,
                    0,
                    new Buffering(3, 2_000_000, Duration.ofMillis(100)),
                    consumer.destination());
            feed.wakes(subscriber);
            int produced = 0;
            for (int step = 0; step < steps; step++) {
                switch (random.nextInt(10)) {
                    case 0 -> subscriber.pause();
                    case 1, 2 -> subscriber.resume();
                    case 3 -> subscriber.hold(Math.max(0, produced - random.nextInt(4)));
                    case 4 -> subscriber.release();
                    case 5 -> flushes.add(subscriber.flush().toCompletableFuture());
                    case 6, 7 -> clock.advance(Duration.ofMillis(random.nextInt(1_000)));
                    default -> {
                        for (int i = random.nextInt(6); i > 0; i--) {
                            String filling = "x".repeat(overload ? random.nextInt(2_000_000) : random.nextInt(20));
                            feed.log("\"e" + produced++ + filling + "\"");
                        }
                    }
                }
                Statistics now = subscriber.statistics();
                assertThat(now.waitingBytes()).isBetween(0L, Subscriber.MOST_WAITING_BYTES);
                assertThat(now.accepted() + now.dropped() + now.waiting()).isLessThanOrEqualTo(produced);
                clock.settle();
            }
            subscriber.release();
            subscriber.resume();
            clock.advance(Duration.ofMinutes(10));
            flushes.add(subscriber.flush().toCompletableFuture());
            clock.advance(Duration.ofMinutes(10));

            Statistics end = subscriber.statistics();
            assertThat(end.accepted() + end.dropped()).isEqualTo(produced);
            assertThat(end.waiting()).isZero();
            assertThat(end.waitingBytes()).isZero();
            assertThat(end.dropping()).isEmpty();
            assertThat(flushes).allMatch(CompletableFuture::isDone);
            agreesWithWhatCame(end, produced, consumer.bodies());
            return new Trace(
                    end.batches(),
                    consumer.all().stream()
                            .map(request -> request.at() + " " + request.body())
                            .toList());
        }
    }

    /** The manners never break a request that was accepted, so the last request of a batch is its end. */
    private static void agreesWithWhatCame(Statistics end, int produced, List<String> bodies) {
        Set<Integer> came = new HashSet<>();
        int newest = -1;
        for (String body : bodies) {
            Matcher event = EVENT.matcher(body);
            while (event.find()) {
                int number = Integer.parseInt(event.group(1));
                newest = Math.max(newest, number);
                came.add(number);
            }
            assertThat(NOTICE.matcher(body).results().count()).isLessThanOrEqualTo(1);
        }
        Set<Long> batched = new HashSet<>();
        long before = -1;
        for (BatchReport batch : end.batches()) {
            if (batch.events() > 0) {
                assertThat(batch.first()).as("order of batches").isGreaterThan(before);
                before = batch.last();
            }
            if (batch.outcome() == BatchOutcome.ACCEPTED) {
                for (long place = batch.first(); place >= 0 && place <= batch.last(); place++) {
                    batched.add(place);
                }
            }
        }
        assertThat(newest).isLessThan(produced);
        assertThat((long) came.size()).isGreaterThanOrEqualTo(end.accepted());
        assertThat((long) batched.size()).isGreaterThanOrEqualTo(end.accepted());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void accepted_and_dropped_are_what_was_produced(long seed) {
        run(seed, 60, false);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void they_are_when_too_much_waits_as_well(long seed) {
        run(seed, 40, true);
    }

    @Test
    void the_same_history_has_the_same_batches_at_the_same_instants() {
        Trace first = run(21, 40, false);

        for (int i = 0; i < 5; i++) {
            assertThat(run(21, 40, false)).isEqualTo(first);
        }
    }

    @Test
    @Tag("stress")
    @Timeout(600)
    void the_same_history_has_the_same_batches_at_the_same_instants_200_times() {
        Trace first = run(22, 40, false);

        for (int i = 0; i < 200; i++) {
            assertThat(run(22, 40, false)).as("run " + i).isEqualTo(first);
        }
    }
}

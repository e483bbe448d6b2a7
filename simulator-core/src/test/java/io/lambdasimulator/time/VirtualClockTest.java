package io.lambdasimulator.time;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // what tasks did is asserted by what they saw
class VirtualClockTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofMillis(50);

    private final VirtualClock clock = VirtualClock.startingAt(START);

    /** What tasks did, each with the seconds that the clock showed. */
    private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

    private void see(String what) {
        seen.add(what + "@" + Duration.between(START, clock.instant()).toSeconds());
    }

    @Nested
    class Time {

        @Test
        void stands_still_until_it_is_moved() {
            assertThat(clock.instant()).isEqualTo(START);
            assertThat(clock.millis()).isEqualTo(START.toEpochMilli());

            clock.advance(Duration.ofNanos(1));
            assertThat(clock.instant()).isEqualTo(START.plusNanos(1));
            clock.advanceTo(START.plusSeconds(5));
            assertThat(clock.instant()).isEqualTo(START.plusSeconds(5));
            clock.advance(Duration.ZERO);
            clock.settle();
            assertThat(clock.instant()).isEqualTo(START.plusSeconds(5));
        }

        @Test
        void does_not_go_further_than_can_be_counted() {
            String limit =
                    "time goes on until 2299-10-17T00:00:00Z, 100000 days after the clock's start, and no further;"
                            + " it is 2026-01-01T00:00:00Z";
            assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(Long.MAX_VALUE)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(limit);
            assertThatThrownBy(() -> clock.advanceTo(Instant.MAX))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(limit);
            clock.advance(Duration.ofDays(100_000), Duration.ofSeconds(Long.MAX_VALUE));
            assertThat(clock.instant()).isEqualTo(START.plus(Duration.ofDays(100_000)));
        }

        @Test
        void sleeps_of_any_length_are_interrupted_alone() throws Exception {
            Thread sleeper = new Thread(() -> {
                try {
                    clock.sleep(Duration.ofSeconds(Long.MAX_VALUE));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            sleeper.start();
            while (clock.nextDue().isEmpty() && sleeper.isAlive()) {
                Thread.onSpinWait();
            }

            assertThat(clock.nextDue()).contains(Instant.MAX);
            sleeper.interrupt();
            sleeper.join();
        }

        @Test
        void does_not_go_back() {
            assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(-1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("time does not go back by PT1S");
            assertThatThrownBy(() -> clock.advanceTo(START.minusSeconds(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("time does not go back from 2026-01-01T00:00:00Z to 2025-12-31T23:59:59Z");
        }

        @Test
        void is_the_same_in_every_zone() {
            ZoneId tokyo = ZoneId.of("Asia/Tokyo");
            Clock there = clock.withZone(tokyo);

            clock.advance(Duration.ofHours(1));

            assertThat(clock.getZone()).isEqualTo(ZoneOffset.UTC);
            assertThat(there.getZone()).isEqualTo(tokyo);
            assertThat(there.instant()).isEqualTo(START.plusSeconds(3600));
            assertThat(there.withZone(ZoneOffset.UTC)).isSameAs(clock);
        }

        @Test
        void tells_when_something_is_due_next() {
            assertThat(clock.nextDue()).isEmpty();
            Future<?> first = clock.schedule(() -> see("a"), 1, SECONDS);
            clock.schedule(() -> see("b"), 2, SECONDS);
            assertThat(clock.nextDue()).contains(START.plusSeconds(1));

            first.cancel(false);
            assertThat(clock.nextDue()).contains(START.plusSeconds(2));
            clock.advance(Duration.ofSeconds(2));
            assertThat(clock.nextDue()).isEmpty();
            assertThat(seen).containsExactly("b@2");
        }
    }

    @Nested
    class Tasks {

        @Test
        void run_in_order_of_their_due_times_each_at_its_instant() {
            clock.schedule(() -> see("c"), 30, SECONDS);
            clock.schedule(() -> see("a"), 10, SECONDS);
            clock.schedule(() -> see("b"), 20, SECONDS);

            clock.advance(Duration.ofSeconds(29));
            assertThat(seen).containsExactly("a@10", "b@20");
            clock.advance(Duration.ofSeconds(1));
            assertThat(seen).containsExactly("a@10", "b@20", "c@30");
        }

        @Test
        void of_the_same_instant_run_one_at_a_time_in_the_order_of_their_scheduling() {
            AtomicInteger running = new AtomicInteger();
            List<Integer> expected = new ArrayList<>();
            List<Integer> order = Collections.synchronizedList(new ArrayList<>());
            for (int i = 0; i < 200; i++) {
                int number = i;
                expected.add(i);
                Runnable task = () -> {
                    assertThat(running.incrementAndGet()).isEqualTo(1);
                    order.add(number);
                    running.decrementAndGet();
                };
                if (i % 2 == 0) {
                    clock.schedule(task, 1, SECONDS);
                } else {
                    clock.schedule(task, 1_000, MILLISECONDS);
                }
            }

            clock.advance(Duration.ofSeconds(1));

            assertThat(order).isEqualTo(expected);
        }

        @Test
        void scheduled_by_a_task_run_within_the_same_advance() {
            clock.schedule(
                    () -> {
                        see("first");
                        clock.schedule(() -> see("third"), 5, SECONDS);
                        clock.execute(() -> see("second"));
                    },
                    1,
                    SECONDS);
            clock.schedule(() -> see("fourth"), 6, SECONDS);

            clock.advance(Duration.ofSeconds(6));

            assertThat(seen).containsExactly("first@1", "second@1", "fourth@6", "third@6");
        }

        @Test
        void run_on_other_threads_than_the_one_that_advances() {
            AtomicReference<Thread> ran = new AtomicReference<>();
            clock.schedule(() -> ran.set(Thread.currentThread()), 1, SECONDS);

            clock.advance(Duration.ofSeconds(1));

            assertThat(ran.get()).isNotSameAs(Thread.currentThread());
            assertThat(ran.get().isDaemon()).isTrue();
            assertThat(ran.get().getName()).startsWith("virtual-clock-");
        }

        @Test
        void that_are_due_run_at_once_in_order() throws Exception {
            clock.execute(() -> see("a"));
            clock.schedule(() -> see("b"), 0, SECONDS);
            clock.schedule(() -> see("c"), -5, SECONDS);
            Future<String> last = clock.submit(() -> {
                see("d");
                return "done";
            });

            assertThat(last.get(10, SECONDS)).isEqualTo("done");
            assertThat(seen).containsExactly("a@0", "b@0", "c@0", "d@0");
        }

        @Test
        void have_futures_with_their_results() throws Exception {
            ScheduledFuture<Integer> answer = clock.schedule(() -> 42, 90, SECONDS);
            Future<String> given = clock.submit(() -> see("x"), "given");
            Future<?> nothing = clock.submit(() -> see("y"));

            assertThat(answer.isDone()).isFalse();
            assertThat(answer.getDelay(SECONDS)).isEqualTo(90);
            clock.advance(Duration.ofSeconds(90));

            assertThat(answer.isDone()).isTrue();
            assertThat(answer.get()).isEqualTo(42);
            assertThat(answer.getDelay(NANOSECONDS)).isZero();
            assertThat(given.get()).isEqualTo("given");
            assertThat(nothing.get()).isNull();
        }

        @Test
        void that_throw_fail_their_futures_and_nobody_else() {
            ScheduledFuture<?> failing = clock.schedule(
                    () -> {
                        throw new IllegalStateException("no luck");
                    },
                    1,
                    SECONDS);
            clock.execute(() -> {
                throw new IllegalStateException("nobody looks");
            });
            clock.schedule(() -> see("next"), 1, SECONDS);

            clock.advance(Duration.ofSeconds(1));

            assertThat(failing.isDone()).isTrue();
            assertThatThrownBy(failing::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseMessage("no luck");
            assertThat(seen).containsExactly("next@1");
        }

        @Test
        void are_compared_by_their_due_times() {
            ScheduledFuture<?> early = clock.schedule(() -> {}, 1, SECONDS);
            ScheduledFuture<?> late = clock.schedule(() -> {}, 2, SECONDS);

            assertThat(early.compareTo(late)).isNegative();
        }

        @Test
        void can_be_scheduled_for_ever() {
            ScheduledFuture<?> never = clock.schedule(() -> see("never"), Long.MAX_VALUE, SECONDS);

            clock.advance(Duration.ofDays(365));

            assertThat(never.isDone()).isFalse();
            assertThat(never.getDelay(SECONDS)).isPositive();
        }

        @Test
        void can_be_invoked_together() throws Exception {
            List<Callable<String>> tasks = List.of(() -> "a", () -> "b");

            assertThat(clock.invokeAll(tasks)).extracting(Future::get).containsExactly("a", "b");
            assertThat(clock.invokeAll(tasks, 10, SECONDS))
                    .extracting(Future::get)
                    .containsExactly("a", "b");
            assertThat(clock.invokeAny(tasks)).isIn("a", "b");
            assertThat(clock.invokeAny(tasks, 10, SECONDS)).isIn("a", "b");
        }
    }

    @Nested
    class Repetition {

        @Test
        void at_a_fixed_rate_counts_from_the_first_due_time() {
            clock.scheduleAtFixedRate(() -> sleepAndSee(1), 5, 10, SECONDS);

            clock.advance(Duration.ofSeconds(36));

            assertThat(seen)
                    .containsExactly(
                            "begin@5", "end@6", "begin@15", "end@16", "begin@25", "end@26", "begin@35", "end@36");
        }

        @Test
        void with_a_fixed_delay_counts_from_the_end_of_the_run_before() {
            clock.scheduleWithFixedDelay(() -> sleepAndSee(1), 5, 10, SECONDS);

            clock.advance(Duration.ofSeconds(28));

            assertThat(seen).containsExactly("begin@5", "end@6", "begin@16", "end@17", "begin@27", "end@28");
        }

        @Test
        void at_a_fixed_rate_catches_up_after_a_run_that_took_longer_than_the_period() {
            AtomicInteger runs = new AtomicInteger();
            clock.scheduleAtFixedRate(() -> sleepAndSee(runs.getAndIncrement() == 0 ? 25 : 0), 10, 10, SECONDS);

            clock.advance(Duration.ofSeconds(40));

            assertThat(seen)
                    .containsExactly(
                            "begin@10", "end@35", "begin@35", "end@35", "begin@35", "end@35", "begin@40", "end@40");
        }

        @Test
        void of_a_minute_is_1440_runs_a_day_each_at_its_instant() {
            List<Instant> runs = Collections.synchronizedList(new ArrayList<>());
            List<Instant> expected = new ArrayList<>();
            for (int i = 1; i <= 1440; i++) {
                expected.add(START.plusSeconds(60L * i));
            }
            clock.scheduleAtFixedRate(() -> runs.add(clock.instant()), 60, 60, SECONDS);

            clock.advance(Duration.ofHours(24));

            assertThat(runs).isEqualTo(expected);
        }

        @Test
        void ends_with_a_run_that_throws() {
            ScheduledFuture<?> repeated = clock.scheduleAtFixedRate(
                    () -> {
                        see("run");
                        throw new IllegalStateException("enough");
                    },
                    1,
                    1,
                    SECONDS);

            clock.advance(Duration.ofSeconds(5));

            assertThat(seen).containsExactly("run@1");
            assertThatThrownBy(repeated::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseMessage("enough");
        }

        @Test
        void ends_when_it_is_cancelled_by_a_run_of_its_own_too() {
            AtomicReference<ScheduledFuture<?>> self = new AtomicReference<>();
            self.set(clock.scheduleWithFixedDelay(
                    () -> {
                        see("run");
                        if (seen.size() == 3) {
                            self.get().cancel(false);
                        }
                    },
                    1,
                    1,
                    SECONDS));

            clock.advance(Duration.ofSeconds(10));

            assertThat(seen).containsExactly("run@1", "run@2", "run@3");
            assertThat(self.get().isCancelled()).isTrue();
            assertThat(clock.nextDue()).isEmpty();
        }

        @Test
        void needs_a_period() {
            assertThatThrownBy(() -> clock.scheduleAtFixedRate(() -> {}, 0, 0, SECONDS))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a period has to be positive, not 0 SECONDS");
            assertThatThrownBy(() -> clock.scheduleWithFixedDelay(() -> {}, 0, -1, SECONDS))
                    .isInstanceOf(IllegalArgumentException.class);
        }

        private void sleepAndSee(int seconds) {
            see("begin");
            try {
                clock.sleep(Duration.ofSeconds(seconds));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            see("end");
        }
    }

    @Nested
    class Cancelling {

        @Test
        void a_waiting_task_forgets_it() {
            ScheduledFuture<?> task = clock.schedule(() -> see("task"), 1, SECONDS);

            assertThat(task.cancel(false)).isTrue();
            clock.advance(Duration.ofSeconds(2));

            assertThat(seen).isEmpty();
            assertThat(task.isCancelled()).isTrue();
            assertThatThrownBy(task::get).isInstanceOf(CancellationException.class);
            assertThat(task.cancel(false)).isFalse();
        }

        @Test
        void a_sleeping_task_interrupts_it_and_time_waits_for_its_last_words() {
            ScheduledFuture<?> sleeper = clock.schedule(
                    () -> {
                        try {
                            clock.sleep(Duration.ofDays(1));
                        } catch (InterruptedException e) {
                            see("interrupted");
                        }
                    },
                    1,
                    SECONDS);
            clock.schedule(() -> sleeper.cancel(true), 5, SECONDS);

            clock.advance(Duration.ofSeconds(6));

            assertThat(seen).containsExactly("interrupted@5");
            assertThat(clock.nextDue()).isEmpty();
        }
    }

    @Nested
    class ShuttingDown {

        @Test
        void lets_what_is_delayed_run_and_ends_what_repeats() throws Exception {
            ScheduledExecutorService scheduler = clock.newScheduler();
            ScheduledFuture<?> repeated = scheduler.scheduleAtFixedRate(() -> see("repeated"), 1, 1, SECONDS);
            scheduler.schedule(() -> see("delayed"), 3, SECONDS);
            clock.advance(Duration.ofSeconds(1));

            scheduler.shutdown();

            assertThat(repeated.isCancelled()).isTrue();
            assertThat(scheduler.isShutdown()).isTrue();
            assertThat(scheduler.isTerminated()).isFalse();
            assertThat(scheduler.awaitTermination(1, MILLISECONDS)).isFalse();
            clock.advance(Duration.ofSeconds(2));
            assertThat(seen).containsExactly("repeated@1", "delayed@3");
            assertThat(scheduler.awaitTermination(10, SECONDS)).isTrue();
            assertThat(scheduler.isTerminated()).isTrue();
        }

        @Test
        void now_interrupts_what_runs_and_gives_back_what_waits() throws Exception {
            ScheduledExecutorService scheduler = clock.newScheduler();
            scheduler.execute(() -> {
                try {
                    clock.await(new CompletableFuture<>());
                } catch (InterruptedException | ExecutionException e) {
                    see("interrupted");
                }
            });
            ScheduledFuture<?> waiting = scheduler.schedule(() -> see("waiting"), 1, SECONDS);
            clock.settle();

            assertThat(scheduler.shutdownNow()).isEqualTo(List.of(waiting));

            assertThat(scheduler.awaitTermination(10, SECONDS)).isTrue();
            clock.advance(Duration.ofSeconds(2));
            assertThat(seen).containsExactly("interrupted@0");
        }

        @Test
        void takes_no_more_tasks_but_lets_time_and_other_schedulers_go_on() {
            ScheduledExecutorService other = clock.newScheduler();
            clock.shutdown();

            assertThatThrownBy(() -> clock.execute(() -> see("late")))
                    .isInstanceOf(RejectedExecutionException.class)
                    .hasMessageStartingWith("the scheduler is shut down");
            assertThat(clock.isTerminated()).isTrue();
            other.schedule(() -> see("other"), 1, SECONDS);
            clock.advance(Duration.ofSeconds(1));
            assertThat(seen).containsExactly("other@1");
        }

        @Test
        void ends_a_repeated_task_that_is_running() throws Exception {
            ScheduledExecutorService scheduler = clock.newScheduler();
            scheduler.scheduleAtFixedRate(
                    () -> {
                        see("run");
                        scheduler.shutdown();
                    },
                    1,
                    1,
                    SECONDS);

            clock.advance(Duration.ofSeconds(5));

            assertThat(seen).containsExactly("run@1");
            assertThat(scheduler.awaitTermination(10, SECONDS)).isTrue();
        }

        @Test
        void by_closing_waits_for_nothing() {
            clock.schedule(() -> see("never"), 1, SECONDS);

            clock.close();

            assertThat(clock.isTerminated()).isTrue();
        }
    }

    @Nested
    class Settling {

        @Test
        void waits_for_whoever_is_busy() throws Exception {
            Busy busy = clock.busy("somebody");
            CompletableFuture<Void> advance = CompletableFuture.runAsync(() -> clock.advance(Duration.ofSeconds(1)));
            assertThatThrownBy(() -> advance.get(50, MILLISECONDS)).isInstanceOf(TimeoutException.class);
            assertThat(clock.instant()).isEqualTo(START);

            busy.close();

            assertThat(advance).succeedsWithin(LIMIT);
            assertThat(clock.instant()).isEqualTo(START.plusSeconds(1));
        }

        @Test
        void fails_with_the_names_of_who_is_busy_and_where_and_time_stays() {
            CountDownLatch latch = new CountDownLatch(1);
            Future<?> stuck = clock.schedule(() -> waitForReal(latch), 1, SECONDS);
            clock.schedule(() -> see("behind"), 1, SECONDS);
            try (Busy busy = clock.busy("a sink")) {
                assertThat(busy).isNotNull();
                assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(2), SOON))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage(
                                "time does not go on from 2026-01-01T00:00:00Z: not settled within 50 ms of real time;"
                                        + " busy: a sink. Whoever waits for time to pass has to wait with VirtualClock.sleep or"
                                        + " await");
            }

            assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(2), SOON))
                    .hasMessageStartingWith("time does not go on from 2026-01-01T00:00:01Z: not settled within 50 ms of"
                            + " real time; busy: a task of io.lambdasimulator.time.VirtualClockTest$Settling at"
                            + " io.lambdasimulator.time.VirtualClockTest$Settling.waitForReal(VirtualClockTest.java:");

            latch.countDown();
            assertThat(stuck).succeedsWithin(LIMIT);
            clock.advance(Duration.ofSeconds(1));
            assertThat(seen).containsExactly("behind@1");
        }

        @Test
        void goes_by_pauses_that_count() {
            Busy busy = clock.busy("somebody");
            busy.pause();
            busy.pause();
            clock.settle();
            busy.resume();
            clock.settle();
            busy.resume();
            assertThatThrownBy(() -> clock.settle(SOON)).hasMessageContaining("busy: somebody");
            assertThatThrownBy(busy::resume).hasMessage("somebody is not paused");

            busy.close();
            busy.close();
            clock.settle();
        }

        @Test
        void ends_with_the_interrupt_of_the_thread_that_waits() throws Exception {
            CompletableFuture<Throwable> failure = new CompletableFuture<>();
            try (Busy busy = clock.busy("somebody")) {
                assertThat(busy).isNotNull();
                Thread thread = new Thread(() -> {
                    try {
                        clock.settle();
                    } catch (IllegalStateException e) {
                        failure.complete(Thread.currentThread().isInterrupted() ? e : new AssertionError("no flag"));
                    }
                });
                thread.start();
                thread.interrupt();

                assertThat(failure.get(10, SECONDS)).hasMessageStartingWith("interrupted while time moved");
            }
        }

        @Test
        void cannot_be_asked_for_by_a_task() {
            Future<?> task = clock.submit(() -> clock.advance(Duration.ofSeconds(1)));

            assertThatThrownBy(() -> task.get(10, SECONDS))
                    .hasMessageContaining("time cannot be moved from a task of the clock or from a participant");
        }

        private void waitForReal(CountDownLatch latch) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Nested
    class Waiting {

        @Test
        void in_a_task_lets_time_and_other_tasks_go_on() {
            clock.schedule(
                    () -> {
                        see("begin");
                        clock.sleep(Duration.ofSeconds(10));
                        see("end");
                        return null;
                    },
                    1,
                    SECONDS);
            clock.schedule(() -> see("meanwhile"), 5, SECONDS);

            clock.advance(Duration.ofSeconds(20));

            assertThat(seen).containsExactly("begin@1", "meanwhile@5", "end@11");
        }

        @Test
        void for_what_a_task_completes_is_over_before_time_goes_on() {
            for (int i = 0; i < 200; i++) {
                seen.clear();
                Instant start = clock.instant();
                CompletableFuture<String> answer = new CompletableFuture<>();
                Future<String> asker = clock.submit(() -> clock.await(answer) + " at " + clock.instant());
                clock.schedule(() -> answer.complete("answer"), 1, SECONDS);

                clock.advance(Duration.ofSeconds(2));

                assertThat(asker).isDone().succeedsWithin(LIMIT).isEqualTo("answer at " + start.plusSeconds(1));
            }
        }

        @Test
        void for_what_has_failed_throws_its_failure() {
            CompletableFuture<String> failed = CompletableFuture.failedFuture(new IllegalStateException("no answer"));
            Future<String> asker = clock.submit(() -> clock.await(failed));

            assertThatThrownBy(() -> asker.get(10, SECONDS)).hasRootCauseMessage("no answer");
            assertThatThrownBy(() -> clock.await(failed)).hasRootCauseMessage("no answer");
        }

        @Test
        void for_a_future_of_the_clock_is_understood_in_a_task() {
            ScheduledFuture<String> answer = clock.schedule(() -> "answer", 10, SECONDS);
            Future<String> patient = clock.submit(() -> answer.get() + "@" + clock.instant());
            Future<String> hasty = clock.submit(() -> {
                try {
                    return answer.get(3, SECONDS);
                } catch (TimeoutException e) {
                    return "none until " + clock.instant();
                }
            });

            clock.advance(Duration.ofSeconds(10));

            assertThat(patient).succeedsWithin(LIMIT).isEqualTo("answer@2026-01-01T00:00:10Z");
            assertThat(hasty).succeedsWithin(LIMIT).isEqualTo("none until 2026-01-01T00:00:03Z");
        }

        @Test
        void for_the_end_of_a_scheduler_is_understood_in_a_task() {
            ScheduledExecutorService scheduler = clock.newScheduler();
            scheduler.schedule(() -> see("last"), 10, SECONDS);
            scheduler.shutdown();
            Future<String> waiter = clock.submit(() -> scheduler.awaitTermination(5, SECONDS) + " "
                    + scheduler.awaitTermination(30, SECONDS) + " " + clock.instant());

            clock.advance(Duration.ofMinutes(1));

            assertThat(waiter).succeedsWithin(LIMIT).isEqualTo("false true 2026-01-01T00:00:10Z");
        }

        @Test
        void in_a_thread_of_ones_own_ends_when_a_test_advances() {
            CompletableFuture<Instant> woken = new CompletableFuture<>();
            Thread thread = new Thread(() -> {
                try {
                    clock.sleep(Duration.ofMinutes(1));
                    woken.complete(clock.instant());
                } catch (InterruptedException e) {
                    woken.completeExceptionally(e);
                }
            });
            thread.start();
            while (clock.nextDue().isEmpty()) {
                Thread.onSpinWait();
            }

            clock.advance(Duration.ofMinutes(1));

            assertThat(woken).succeedsWithin(LIMIT).isEqualTo(START.plusSeconds(60));
        }

        @Test
        void for_no_time_returns_at_once() throws InterruptedException {
            clock.sleep(Duration.ZERO);
            clock.sleep(Duration.ofSeconds(-1));
        }
    }
}

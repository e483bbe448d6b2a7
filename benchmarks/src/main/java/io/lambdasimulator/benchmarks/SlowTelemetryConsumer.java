package io.lambdasimulator.benchmarks;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.benchmarks.CountingConsumer.Protocol;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.telemetry.TelemetrySubscription.Delivery;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleConsumer;
import org.openjdk.jmh.util.ListStatistics;

/**
 * What it costs an invocation that a consumer of telemetry takes a tenth of what the function writes: two environments, one
 * with such a consumer and one with a quick one, in rounds that alternate, so that the machine's noise meets both.
 */
public final class SlowTelemetryConsumer {

    private static final int ROUNDS = 24;
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration ROUND = Duration.ofMillis(2500); // a minute for each

    private static final Duration BETWEEN_INVOCATIONS = Duration.ofMillis(10);
    private static final int LINES = 200;
    private static final String LINE = ".".repeat(100);
    private static final int BYTES_OF_EVENT = 168;

    /** Of what the function writes in this time, it takes a tenth. */
    private static final long SLOW_NANOS_FOR_EACH_BYTE =
            10 * BETWEEN_INVOCATIONS.toNanos() / ((long) LINES * BYTES_OF_EVENT);

    private static final int TIMEOUT_MS = 100;
    private static final InvocationRequest EVENT = InvocationRequest.of("{}");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private SlowTelemetryConsumer() {}

    /**
     * Runs it.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        try (Side quick = new Side("quick", 0);
                Side slow = new Side("slow", SLOW_NANOS_FOR_EACH_BYTE)) {
            quick.warmUp();
            slow.warmUp();
            ListStatistics ratios = new ListStatistics();
            for (int round = 0; round < ROUNDS; round++) {
                // Whoever comes first may find the machine another, so they take turns in that too.
                List<Side> sides = round % 2 == 0 ? List.of(quick, slow) : List.of(slow, quick);
                double first = sides.get(0).p99OfARound();
                double second = sides.get(1).p99OfARound();
                ratios.addValue(round % 2 == 0 ? second / first : first / second);
            }
            quick.show();
            slow.show();
            Report.say(
                    "slow / quick: p99 %.2f, median %.2f; p99 of two rounds, median of such pairs: %.2f",
                    slow.micros.getPercentile(99) / quick.micros.getPercentile(99),
                    slow.micros.getPercentile(50) / quick.micros.getPercentile(50),
                    ratios.getPercentile(50));
            Report.sayLoad();
            quick.check();
            slow.check();
            if (quick.delivery().dropped() > 0 || slow.delivery().dropped() == 0) {
                throw new IllegalStateException("the quick one was slow, or the slow one quick");
            }
        }
    }

    /** An environment with its consumer. */
    private static final class Side implements AutoCloseable {
        private final String name;
        private final CountingConsumer consumer;
        private final LambdaSimulator lambda;
        private final ListStatistics micros = new ListStatistics();
        private long invocations;

        Side(String name, long nanosForEachByte) {
            this.name = name;
            this.consumer = new CountingConsumer(Protocol.HTTP, number -> {}, nanosForEachByte);
            this.lambda = LambdaSimulator.builder()
                    .freeze(FreezeMode.NONE) // delivery goes on between invocations
                    .runtime((event, context) -> {
                        for (int i = 0; i < LINES; i++) {
                            context.log(LINE);
                        }
                        return event;
                    })
                    .extension(name, SubscribingExtension.named(name, TIMEOUT_MS, consumer))
                    .start()
                    .awaitInit(LIMIT);
        }

        /** Until a slow consumer is as far behind as it gets. */
        void warmUp() {
            invoke(WARM_UP, any -> {});
        }

        double p99OfARound() {
            ListStatistics round = new ListStatistics();
            invoke(ROUND, one -> {
                round.addValue(one);
                micros.addValue(one);
            });
            return round.getPercentile(99);
        }

        private void invoke(Duration duration, DoubleConsumer latency) {
            long end = System.nanoTime() + duration.toNanos();
            for (long due = System.nanoTime(); due < end; due += BETWEEN_INVOCATIONS.toNanos()) {
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                long begin = System.nanoTime();
                lambda.submit(EVENT).awaitCompletion(LIMIT);
                invocations++;
                latency.accept((System.nanoTime() - begin) / 1e3);
            }
        }

        /** Nothing is unaccounted for, as soon as all has been read. */
        void check() {
            long produced = invocations * LINES;
            long end = System.nanoTime() + LIMIT.toNanos();
            while (known(delivery()) != produced) {
                if (System.nanoTime() > end) {
                    throw new IllegalStateException(
                            name + ": of " + produced + " events, " + known(delivery()) + " are known of");
                }
                LockSupport.parkNanos(1_000_000);
            }
        }

        private static long known(Delivery delivery) {
            return delivery.accepted() + delivery.dropped() + delivery.waiting();
        }

        Delivery delivery() {
            return lambda.telemetry().subscription(name).delivery();
        }

        void show() {
            Delivery delivery = delivery();
            Report.say(
                    "%s consumer: %,d invocations, median %,.0f us, p99 %,.0f us; events accepted %,d, dropped %,d, waiting %,d",
                    name,
                    micros.getN(),
                    micros.getPercentile(50),
                    micros.getPercentile(99),
                    delivery.accepted(),
                    delivery.dropped(),
                    delivery.waiting());
        }

        @Override
        public void close() {
            consumer.close();
            lambda.close();
        }
    }
}

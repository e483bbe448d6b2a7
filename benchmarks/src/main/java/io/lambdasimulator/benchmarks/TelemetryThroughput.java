package io.lambdasimulator.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.benchmarks.CountingConsumer.Protocol;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.InvocationContext;
import io.lambdasimulator.telemetry.TelemetrySubscription;
import io.lambdasimulator.telemetry.TelemetrySubscription.Delivery;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.openjdk.jmh.util.ListStatistics;

/**
 * One environment, two subscribers over HTTP and one over TCP: how fast a million lines of the function reach all three, beside
 * the same bytes over three bare connections, and how long a line takes at a steady rate. Both in rounds that alternate.
 */
public final class TelemetryThroughput {

    private static final int LINES = 1_000_000;
    private static final int ROUNDS = 5;

    /** How far the function is ahead of the slowest consumer at most: less than what is dropped. */
    private static final int AHEAD = 20_000;

    private static final int WRITTEN_AT_ONCE = 64 * 1024;

    private static final int STEADY_RATE = 20_000;
    private static final int STEADY_SECONDS = 10;
    private static final int TIMED = 100; // of so many lines, one

    private static final int TIMEOUT_MS = 100;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String LINE =
            " INFO  [main] \"GET /orders/4711 HTTP/1.1\" 200, 1532 bytes in 17 ms, cache miss";

    private final List<CountingConsumer> consumers = List.of(
            new CountingConsumer(Protocol.HTTP, number -> seen(0, number)),
            new CountingConsumer(Protocol.HTTP, number -> seen(1, number)),
            new CountingConsumer(Protocol.TCP, number -> seen(2, number)));

    // When the timed lines were written, and how long each took to each consumer.
    private final AtomicLongArray written = new AtomicLongArray(1 + LINES / TIMED);
    private final List<AtomicLongArray> lag = List.of(newTimes(), newTimes(), newTimes());

    private long produced;

    private TelemetryThroughput() {}

    private AtomicLongArray newTimes() {
        return new AtomicLongArray(written.length());
    }

    /**
     * Runs it.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) throws Exception {
        new TelemetryThroughput().run();
    }

    private void run() throws Exception {
        LambdaSimulator.Builder builder = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder().timeout(LIMIT).build())
                .freeze(FreezeMode.NONE)
                .runtime(this::write);
        for (int i = 0; i < consumers.size(); i++) {
            builder.extension(
                    "consumer-" + i, SubscribingExtension.named("consumer-" + i, TIMEOUT_MS, consumers.get(i)));
        }
        try (LambdaSimulator lambda = builder.start().awaitInit(LIMIT)) {
            deliver(lambda, LINES / 2, 0);
            double bytesOfEach =
                    (double) consumers.get(0).bytes() / consumers.get(0).events();
            bare(LINES / 2, bytesOfEach);

            List<Double> ratios = new ArrayList<>();
            List<Double> cpuRatios = new ArrayList<>();
            List<Double> rates = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                Cost bare = Cost.of(() -> bare(LINES, bytesOfEach));
                Cost delivered = Cost.of(() -> deliver(lambda, LINES, 0));
                rates.add(LINES / delivered.seconds);
                ratios.add(delivered.seconds / bare.seconds);
                cpuRatios.add(delivered.cpuSeconds / bare.cpuSeconds);
                Report.say(
                        "%,9.0f events/s to each of three, bare %,10.0f; CPU: %4.1f us for each, bare %.2f",
                        LINES / delivered.seconds,
                        LINES / bare.seconds,
                        delivered.cpuSeconds / LINES * 1e6,
                        bare.cpuSeconds / LINES * 1e6);
            }
            Report.say(
                    "medians: %,.0f events/s of %.0f bytes; %.1f times the time of bare sockets, %.1f times their CPU",
                    percentile(rates, 50), bytesOfEach, percentile(ratios, 50), percentile(cpuRatios, 50));

            deliver(lambda, STEADY_RATE * STEADY_SECONDS, STEADY_RATE);
            for (int i = 0; i < consumers.size(); i++) {
                List<Double> millis = lag(i, STEADY_RATE * STEADY_SECONDS);
                Report.say(
                        "from the log to consumer %d at %,d lines/s: median %.1f ms, p99 %.1f ms",
                        i, STEADY_RATE, percentile(millis, 50), percentile(millis, 99));
            }
            checkAndShow(lambda);
        }
        consumers.forEach(CountingConsumer::close);
    }

    private void checkAndShow(LambdaSimulator lambda) {
        for (TelemetrySubscription subscription : lambda.telemetry().subscriptions()) {
            Delivery delivery = subscription.delivery();
            Report.say(
                    "%s: produced %,d, accepted %,d, dropped %,d",
                    subscription.extension(), produced, delivery.accepted(), delivery.dropped());
            if (delivery.accepted() + delivery.dropped() != produced || delivery.waiting() != 0) {
                throw new IllegalStateException("events are unaccounted for: " + delivery.waiting() + " wait");
            }
        }
        System.gc();
        Report.say(
                "heap: %,d KB live after it, -Xmx %,d KB; garbage collections took %,d ms of %,d ms",
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024,
                Runtime.getRuntime().maxMemory() / 1024,
                ManagementFactory.getGarbageCollectorMXBeans().stream()
                        .mapToLong(gc -> gc.getCollectionTime())
                        .sum(),
                ManagementFactory.getRuntimeMXBean().getUptime());
        Report.sayLoad();
    }

    // ---- the function

    private void deliver(LambdaSimulator lambda, int lines, int rate) {
        List<Long> before = consumers.stream().map(CountingConsumer::events).toList();
        lambda.submit(InvocationRequest.of(lines + ":" + rate)).awaitCompletion(LIMIT);
        produced += lines;
        for (int i = 0; i < consumers.size(); i++) {
            CountingConsumer consumer = consumers.get(i);
            long all = before.get(i) + lines;
            await(() -> consumer.events() - all);
        }
    }

    private byte[] write(byte[] event, InvocationContext context) {
        String[] wish = new String(event, StandardCharsets.UTF_8).split(":", -1);
        int lines = Integer.parseInt(wish[0]);
        int rate = Integer.parseInt(wish[1]);
        long first = consumers.get(0).events();
        long begin = System.nanoTime();
        for (int i = 0; i < lines; i++) {
            if (rate > 0) {
                long due = begin + i * 1_000_000_000L / rate;
                await(() -> System.nanoTime() - due);
            } else if (i % 1000 == 0) {
                long behind = first + i - AHEAD;
                await(() -> consumers.stream()
                                .mapToLong(CountingConsumer::events)
                                .min()
                                .orElseThrow()
                        - behind);
            }
            if (i % TIMED == 0) {
                written.set(i / TIMED, System.nanoTime());
            }
            context.log(numbered(i));
        }
        return event;
    }

    private static String numbered(int i) {
        String digits = Integer.toString(i);
        return "2026-01-01T12:00:00Z #" + "0".repeat(CountingConsumer.DIGITS - digits.length()) + digits + LINE;
    }

    private void seen(int consumer, long number) {
        if (number % TIMED == 0) {
            int place = (int) (number / TIMED);
            lag.get(consumer).set(place, System.nanoTime() - written.get(place));
        }
    }

    private List<Double> lag(int consumer, int lines) {
        List<Double> millis = new ArrayList<>();
        for (int place = 0; place < lines / TIMED; place++) {
            millis.add(lag.get(consumer).get(place) / 1e6);
        }
        return millis;
    }

    // ---- bare connections

    private void bare(int lines, double bytesOfEach) {
        String event = "{\"record\":\"" + numbered(0) + "\"}";
        byte[] bytes = (event + " ".repeat((int) Math.round(bytesOfEach) - event.length()))
                .repeat(WRITTEN_AT_ONCE / (int) Math.round(bytesOfEach))
                .getBytes(StandardCharsets.US_ASCII);
        long all = lines * Math.round(bytesOfEach);
        CompletableFuture.allOf(consumers.stream()
                        .map(any -> CompletableFuture.runAsync(
                                () -> send(bytes, all, lines), task -> new Thread(task).start()))
                        .toArray(CompletableFuture[]::new))
                .join();
    }

    private static void send(byte[] bytes, long all, int lines) {
        try (CountingConsumer reader = new CountingConsumer(Protocol.TCP, number -> {});
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), reader.port())) {
            OutputStream out = socket.getOutputStream();
            for (long left = all; left > 0; left -= bytes.length) {
                out.write(bytes, 0, (int) Math.min(left, bytes.length));
            }
            await(() -> reader.events() - lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- how it is measured

    /** What work takes: CPU of the whole JVM, the consumers and the collection of garbage with it. */
    private record Cost(double seconds, double cpuSeconds) {
        static Cost of(Runnable work) {
            long begin = System.nanoTime();
            long cpu = cpuNanos();
            work.run();
            return new Cost((System.nanoTime() - begin) / 1e9, (cpuNanos() - cpu) / 1e9);
        }

        private static long cpuNanos() {
            return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                    .getProcessCpuTime();
        }
    }

    /** Until it is not negative. */
    private static void await(LongSupplier ahead) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (ahead.getAsLong() < 0) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("events are missing after " + LIMIT);
            }
            LockSupport.parkNanos(50_000);
        }
    }

    private static double percentile(List<Double> values, double rank) {
        return new ListStatistics(
                        values.stream().mapToDouble(Double::doubleValue).toArray())
                .getPercentile(rank);
    }
}

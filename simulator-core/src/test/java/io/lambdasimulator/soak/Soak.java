package io.lambdasimulator.soak;

import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Many lifecycles, some of them at once, and what is left when they are over. */
final class Soak {

    /** In real time, for one lifecycle: none takes a tenth of it on an idle machine. */
    private static final Duration LONGEST_LIFECYCLE = Duration.ofMinutes(3);

    private static final Duration TIME_TO_GO = Duration.ofSeconds(20);

    /** The processes' lifecycles have numbers that are odd, so that one can be played again by its number alone. */
    private static final int PROCESSES = 1;

    private final long seed;
    private final double shareOfProcesses;
    private final boolean races;
    private final Map<Fault, AtomicLong> census = new EnumMap<>(Fault.class);
    private final AtomicLong faultsOfProcesses = new AtomicLong();
    private final AtomicLong lifecycles = new AtomicLong();
    private final Map<Thread, Long> begun = new ConcurrentHashMap<>();

    /**
     * What a soak has come to.
     *
     * @param left what is still there and was not before: threads, descriptors, processes
     */
    record Summary(
            long seed,
            long lifecycles,
            Map<Fault, Long> census,
            long faultsOfProcesses,
            Duration took,
            List<String> left) {

        long faults() {
            return census.values().stream().mapToLong(Long::longValue).sum();
        }

        @Override
        public String toString() {
            String kinds = census.entrySet().stream()
                    .map(kind -> String.format(Locale.ROOT, "%,10d  %s%n", kind.getValue(), kind.getKey()))
                    .collect(Collectors.joining());
            return String.format(
                    Locale.ROOT,
                    "seed %d: %,d faults in %,d lifecycles, %,d of them with real processes, in %,d s%n%s",
                    seed,
                    faults(),
                    lifecycles,
                    faultsOfProcesses,
                    took.toSeconds(),
                    kinds);
        }
    }

    /**
     * @param shareOfProcesses of the lifecycles, those whose participants are processes
     * @param races whether things happen at once
     */
    Soak(long seed, double shareOfProcesses, boolean races) {
        this.races = races;
        this.seed = seed;
        this.shareOfProcesses = shareOfProcesses;
        for (Fault fault : Fault.values()) {
            census.put(fault, new AtomicLong());
        }
    }

    /** Plays lifecycles until so many faults have happened. */
    Summary run(int faults) throws InterruptedException {
        Random random = new Random(seed);
        return play(Math.max(2, Runtime.getRuntime().availableProcessors()), () -> {
            if (count() >= faults) {
                return null;
            }
            synchronized (random) {
                boolean processes = random.nextDouble() < shareOfProcesses;
                return (random.nextLong() & ~PROCESSES) | (processes ? PROCESSES : 0);
            }
        });
    }

    /** Plays one lifecycle again, so often. */
    Summary again(long lifecycle, int times) throws InterruptedException {
        AtomicLong left = new AtomicLong(times);
        return play(Math.min(times, 4), () -> left.getAndDecrement() > 0 ? lifecycle : null);
    }

    private interface Numbers {
        /** The next lifecycle; null when there is none. */
        @Nullable Long next();
    }

    private Summary play(int atOnce, Numbers numbers) throws InterruptedException {
        long begin = System.nanoTime();
        Lifecycle.play(PROCESSES, races, counters()); // what is loaded and started once for all is there then
        Baseline baseline = new Baseline();
        ExecutorService players = Executors.newFixedThreadPool(atOnce);
        List<Future<?>> done = new ArrayList<>();
        try {
            for (int i = 0; i < atOnce; i++) {
                done.add(players.submit(() -> playEach(numbers)));
            }
            for (Future<?> player : done) {
                await(player);
            }
        } finally {
            players.shutdownNow();
        }
        return new Summary(
                seed,
                lifecycles.get(),
                census.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey,
                                kind -> kind.getValue().get(),
                                Long::sum,
                                () -> new EnumMap<>(Fault.class))),
                faultsOfProcesses.get(),
                Duration.ofNanos(System.nanoTime() - begin),
                baseline.left());
    }

    private void playEach(Numbers numbers) {
        for (Long next = numbers.next();
                next != null && !Thread.currentThread().isInterrupted();
                next = numbers.next()) {
            begun.put(Thread.currentThread(), System.nanoTime());
            boolean processes = (next & PROCESSES) != 0;
            Map<Fault, AtomicLong> counted = counters();
            Lifecycle.play(next, races, counted);
            lifecycles.incrementAndGet();
            counted.forEach((fault, count) -> {
                census.get(fault).addAndGet(count.get());
                if (processes) {
                    faultsOfProcesses.addAndGet(count.get());
                }
            });
        }
        begun.remove(Thread.currentThread());
    }

    private static Map<Fault, AtomicLong> counters() {
        Map<Fault, AtomicLong> counters = new EnumMap<>(Fault.class);
        Arrays.stream(Fault.values()).forEach(fault -> counters.put(fault, new AtomicLong()));
        return counters;
    }

    private long count() {
        return census.values().stream().mapToLong(AtomicLong::get).sum();
    }

    private void await(Future<?> player) throws InterruptedException {
        while (!player.isDone()) {
            long now = System.nanoTime();
            if (begun.values().stream().anyMatch(begin -> now - begin > LONGEST_LIFECYCLE.toNanos())) {
                throw new AssertionError("a lifecycle hangs, of seed " + seed + ":\n" + threads());
            }
            Thread.sleep(50); // not a wait for anything but the time
        }
        try {
            player.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AssertionError violation) {
                throw violation;
            }
            throw new AssertionError("seed " + seed, e.getCause());
        }
    }

    private static String threads() {
        StringBuilder text = new StringBuilder();
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            text.append(thread).append('\n');
            Arrays.stream(stack)
                    .forEach(frame -> text.append("    ").append(frame).append('\n'));
        });
        return text.toString();
    }

    /** What there is before, and what is too much after. */
    private static final class Baseline {
        private final long threads = threads();
        private final int descriptors = descriptors();
        private final long processes = ProcessHandle.current().descendants().count();

        /** The JDK keeps those that wait for processes for a minute. */
        private static long threads() {
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> !thread.getName().equals("process reaper"))
                    .count();
        }

        private static int descriptors() {
            String[] open = new File("/proc/self/fd").list();
            return open == null ? 0 : open.length;
        }

        /** Waits a moment for what is going. */
        List<String> left() {
            // Pools of the JDK and of this class's own users come and go by a few.
            BooleanSupplier threadsAreFew = () -> threads() <= threads + 8;
            BooleanSupplier descriptorsAreFew = () -> descriptors() <= descriptors + 8;
            BooleanSupplier processesAreFew =
                    () -> ProcessHandle.current().descendants().count() <= processes;
            List<String> left = new ArrayList<>();
            if (!becomes(threadsAreFew)) {
                left.add(threads() - threads + " threads: "
                        + Thread.getAllStackTraces().keySet().stream()
                                .map(Thread::getName)
                                .sorted()
                                .toList());
            }
            if (!becomes(descriptorsAreFew)) {
                left.add(descriptors() - descriptors + " descriptors");
            }
            if (!becomes(processesAreFew)) {
                left.add("processes: " + ProcessHandle.current().descendants().toList());
            }
            return left;
        }

        private static boolean becomes(BooleanSupplier condition) {
            long end = System.nanoTime() + TIME_TO_GO.toNanos();
            while (!condition.getAsBoolean()) {
                if (System.nanoTime() > end) {
                    return false;
                }
                LockSupport.parkNanos(1_000_000);
            }
            return true;
        }
    }
}

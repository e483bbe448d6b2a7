package io.lambdasimulator.benchmarks;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.invocation.InvocationRequest;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;

/** What one environment keeps: the live heap after a tenth of the invocations, and after all of them. Run it with a small heap. */
public final class ManyInvocations {

    private static final int INVOCATIONS = 1_000_000;
    private static final int FIRST_LOOK = INVOCATIONS / 10;
    private static final InvocationRequest EVENT = InvocationRequest.of("{}");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private ManyInvocations() {}

    /**
     * Runs it.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        try (LambdaSimulator lambda = LambdaSimulator.builder().start();
                RawRuntime runtime = new RawRuntime(lambda)) {
            long begin = System.nanoTime();
            long early = 0;
            for (int i = 1; i <= INVOCATIONS; i++) {
                lambda.submit(EVENT).awaitAnswer(LIMIT);
                if (i == FIRST_LOOK) {
                    early = liveHeap();
                }
            }
            runtime.check();
            long late = liveHeap();
            Report.say(
                    "%,d invocations in %.0f s with a heap of %d MB at most",
                    INVOCATIONS,
                    (System.nanoTime() - begin) / 1e9,
                    Runtime.getRuntime().maxMemory() >> 20);
            Report.say(
                    "live heap after %,d: %.2f MB, after all: %.2f MB, ratio %.3f",
                    FIRST_LOOK, early / 1e6, late / 1e6, (double) late / early);
        }
    }

    private static long liveHeap() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        // What the first one finds to be finalised or cleaned is gone with the second.
        memory.gc();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }
}

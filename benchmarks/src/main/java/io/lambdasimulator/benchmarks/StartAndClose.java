package io.lambdasimulator.benchmarks;

import io.lambdasimulator.LambdaSimulator;
import org.openjdk.jmh.util.ListStatistics;

/** What an environment of its own costs each test: start and close, beside start and stop of bare Javalin. */
public final class StartAndClose {

    private static final int WARM_UP = 300;
    private static final int ROUNDS = 500;

    private StartAndClose() {}

    /**
     * Runs it.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        ListStatistics bare = new ListStatistics();
        ListStatistics ours = new ListStatistics();
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            double barely = millis(() -> new BareJavalin().close());
            double whole = millis(() -> LambdaSimulator.builder().start().close());
            if (round >= 0) {
                bare.addValue(barely);
                ours.addValue(whole);
            }
        }
        show("bare Javalin, start + stop", bare);
        show("environment, start + close", ours);
        Report.say(
                "ratio: p50 %.2f, p90 %.2f",
                ours.getPercentile(50) / bare.getPercentile(50), ours.getPercentile(90) / bare.getPercentile(90));
        Report.sayLoad();
    }

    private static double millis(Runnable step) {
        long begin = System.nanoTime();
        step.run();
        return (System.nanoTime() - begin) / 1e6;
    }

    private static void show(String name, ListStatistics millis) {
        Report.say(
                "%s: fastest %.2f ms, p50 %.2f ms, p90 %.2f ms",
                name, millis.getMin(), millis.getPercentile(50), millis.getPercentile(90));
    }
}

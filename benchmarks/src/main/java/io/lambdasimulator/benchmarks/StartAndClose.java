package io.lambdasimulator.benchmarks;

import io.javalin.Javalin;
import io.lambdasimulator.LambdaSimulator;
import org.openjdk.jmh.util.ListStatistics;

/**
 * What an environment of its own costs each test: start and close, beside start and stop of bare Javalin, once as it starts its
 * server itself and once with the simulator's connector and no sessions.
 */
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
        ListStatistics stock = new ListStatistics();
        ListStatistics bare = new ListStatistics();
        ListStatistics ours = new ListStatistics();
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            double usual = millis(StartAndClose::javalin);
            double barely = millis(() -> new BareJavalin().close());
            double whole = millis(() -> LambdaSimulator.builder().start().close());
            if (round >= 0) {
                stock.addValue(usual);
                bare.addValue(barely);
                ours.addValue(whole);
            }
        }
        show("Javalin, start + stop", stock);
        show("bare Javalin with the simulator's settings, start + stop", bare);
        show("environment, start + close", ours);
        compare("Javalin", ours, stock);
        compare("bare Javalin with the simulator's settings", ours, bare);
        Report.sayLoad();
    }

    private static void javalin() {
        Javalin.create(config -> {
                    config.startup.startupWatcherEnabled = false;
                    config.startup.showJavalinBanner = false;
                    config.startup.showOldJavalinVersionWarning = false;
                    config.jetty.threadPool = BareJavalin.pool();
                    config.jetty.host = "127.0.0.1";
                    config.jetty.port = 0;
                    config.routes.get("/", context -> context.result("{}"));
                })
                .start()
                .stop();
    }

    private static void compare(String what, ListStatistics ours, ListStatistics theirs) {
        Report.say(
                "environment / %s: p50 %.2f, p90 %.2f",
                what,
                ours.getPercentile(50) / theirs.getPercentile(50),
                ours.getPercentile(90) / theirs.getPercentile(90));
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

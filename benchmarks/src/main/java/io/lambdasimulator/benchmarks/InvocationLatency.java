package io.lambdasimulator.benchmarks;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.invocation.InvocationRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.openjdk.jmh.util.ListStatistics;

/**
 * How long an invocation takes beside what its calls would take by themselves, as round trips to bare Javalin. All sides
 * take turns in short rounds, so that the machine's noise meets them alike.
 */
public final class InvocationLatency {

    private static final int WARM_UP_ROUNDS = 12;
    private static final int ROUNDS = 40;
    private static final int IN_A_ROUND = 1_000;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final InvocationRequest EVENT = InvocationRequest.of("{}");

    private static final byte[] NEXT = RawConnection.get("/2018-06-01/runtime/invocation/next");
    private static final byte[] RESPONSE =
            RawConnection.post("/2018-06-01/runtime/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response", "{}");
    private static final byte[] INVOKE = RawConnection.post("/2015-03-31/functions/test-function/invocations", "{}");

    private InvocationLatency() {}

    @FunctionalInterface
    private interface Step {
        void take() throws IOException;
    }

    private static final class Side {
        private final String name;
        private final Step step;
        private final ListStatistics micros = new ListStatistics();

        Side(String name, Step step) {
            this.name = name;
            this.step = step;
        }

        void round(boolean counts) throws IOException {
            for (int i = 0; i < IN_A_ROUND; i++) {
                long begin = System.nanoTime();
                step.take();
                long nanos = System.nanoTime() - begin;
                if (counts) {
                    micros.addValue(nanos / 1e3);
                }
            }
        }

        double at(double percentile) {
            return micros.getPercentile(percentile);
        }

        void show() {
            Report.say("%-34s p50 %7.1f us   p90 %7.1f us   p99 %8.1f us", name, at(50), at(90), at(99));
        }
    }

    /**
     * Runs it.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) throws IOException {
        try (BareJavalin bare = new BareJavalin();
                RawConnection toBare = new RawConnection(bare.address());
                LambdaSimulator lambda = LambdaSimulator.builder().frontDoor().start();
                RawRuntime runtime = new RawRuntime(lambda);
                RawConnection toFrontDoor = new RawConnection(frontDoor(lambda))) {
            Side two = new Side("two bare round trips", () -> {
                toBare.exchange(NEXT);
                toBare.exchange(RESPONSE);
            });
            Side api = new Side(
                    "invocation through the Java API",
                    () -> lambda.submit(EVENT).awaitAnswer(LIMIT));
            Side three = new Side("three bare round trips", () -> {
                toBare.exchange(INVOKE);
                toBare.exchange(NEXT);
                toBare.exchange(RESPONSE);
            });
            Side door = new Side("invocation through the front door", () -> toFrontDoor.exchange(INVOKE));
            List<Side> sides = List.of(two, api, three, door);
            for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
                for (Side side : sides) {
                    side.round(round >= 0);
                }
            }
            sides.forEach(Side::show);
            Report.say(
                    "Java API / two bare round trips:     p50 %.2f, p99 %.2f",
                    api.at(50) / two.at(50), api.at(99) / two.at(99));
            Report.say(
                    "front door / three bare round trips: p50 %.2f, p99 %.2f",
                    door.at(50) / three.at(50), door.at(99) / three.at(99));
            Report.sayLoad();
            runtime.check();
            if (toBare.status() != 202 || toFrontDoor.status() != 200) {
                throw new IllegalStateException("not the answers that were to be measured");
            }
        }
    }

    private static InetSocketAddress frontDoor(LambdaSimulator lambda) {
        return RawRuntime.address(lambda.frontDoor().orElseThrow().getAuthority());
    }
}

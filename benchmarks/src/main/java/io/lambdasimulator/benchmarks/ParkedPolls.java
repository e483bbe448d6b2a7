package io.lambdasimulator.benchmarks;

import io.lambdasimulator.LambdaSimulator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** What polls cost that wait for an event: no thread, or this ends with a failure. */
public final class ParkedPolls {

    private static final int POLLS = 1_000;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private ParkedPolls() {}

    /**
     * Runs it.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) throws IOException {
        byte[] next = RawConnection.get("/2018-06-01/runtime/invocation/next");
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        List<Socket> sockets = new ArrayList<>();
        try (LambdaSimulator lambda = LambdaSimulator.builder().start()) {
            InetSocketAddress address = RawRuntime.address(lambda.runtimeApi());
            long begin = System.nanoTime();
            for (int i = 0; i < POLLS; i++) {
                Socket socket = new Socket(address.getAddress(), address.getPort());
                sockets.add(socket);
                socket.getOutputStream().write(next);
            }
            await("all are parked", () -> lambda.describe().contains(POLLS + " polls are parked"));
            long took = System.nanoTime() - begin;
            await(
                    "no thread serves one",
                    () -> Thread.getAllStackTraces().values().stream().noneMatch(ParkedPolls::isServing));
            Map<String, Long> threads = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> !before.contains(thread))
                    .collect(Collectors.groupingBy(ParkedPolls::kind, TreeMap::new, Collectors.counting()));
            Report.say("%,d polls parked after %.0f ms", POLLS, took / 1e6);
            Report.say("threads of the environment, none of which serves a poll: %s", threads);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    /** Whether a thread is within a request. */
    private static boolean isServing(StackTraceElement[] stack) {
        return Arrays.stream(stack)
                .map(StackTraceElement::getClassName)
                .anyMatch(name -> name.startsWith("io.lambdasimulator.internal.http") || name.startsWith("io.javalin"));
    }

    private static String kind(Thread thread) {
        return thread.getName().replaceAll("[-@0-9a-f]+$", "");
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("not within " + LIMIT + ": " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }
}

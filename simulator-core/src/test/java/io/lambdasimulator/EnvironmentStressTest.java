package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("stress")
class EnvironmentStressTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void of_many_invocations_from_many_callers_each_is_answered_once_and_every_extension_sees_each() throws Exception {
        int callers = 8;
        int each = 2_000;
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                        .declareExtension("one")
                        .declareExtension("two")
                        .runtime((event, context) -> event)
                        .start();
                ExtensionThread one = new ExtensionThread(lambda.runtimeApi(), "one");
                ExtensionThread two = new ExtensionThread(lambda.runtimeApi(), "two")) {
            ExecutorService threads = Executors.newFixedThreadPool(callers);
            List<CompletableFuture<Void>> done = new ArrayList<>();
            for (int caller = 0; caller < callers; caller++) {
                int number = caller;
                done.add(CompletableFuture.runAsync(
                        () -> {
                            for (int i = 0; i < each; i++) {
                                String payload = "{\"caller\":" + number + ",\"n\":" + i + "}";
                                assertThat(lambda.invoke(payload).payloadText()).isEqualTo(payload);
                            }
                        },
                        threads));
            }
            CompletableFuture.allOf(done.toArray(CompletableFuture[]::new)).get(5, TimeUnit.MINUTES);
            threads.shutdown();
            Invocation last = lambda.submit(InvocationRequest.of("{}"));
            last.awaitCompletion(LIMIT);

            assertThat(one.events()).isEqualTo(callers * each + 1);
            assertThat(two.events()).isEqualTo(callers * each + 1);
            assertThat(lambda.invocations())
                    .hasSize(10_000)
                    .allSatisfy(report -> assertThat(report.status()).isEqualTo(InvocationStatus.SUCCESS))
                    .extracting(InvocationReport::readiness)
                    .allSatisfy(readiness -> assertThat(readiness).hasSize(2).allMatch(ExtensionReadiness::isReady));
        }
    }

    @Test
    void whenever_an_environment_with_real_processes_is_closed_nothing_of_it_stays() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            LambdaSimulator lambda = LambdaSimulator.builder()
                    // It ignores SIGTERM, and so does the child it leaves in the background.
                    .extension("stubborn", Command.of("sh", "-c", "trap '' TERM; sleep 1000 & sleep 1000"))
                    .runtime(Command.of("sh", "-c", "trap '' TERM; sleep 1000"))
                    .start();
            Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
            LockSupport.parkNanos(random.nextInt(20_000_000)); // a random moment, not a wait for anything

            lambda.close();

            assertThat(endsWithin(invocation))
                    .as("seed %d, round %d", seed, round)
                    .isTrue();
            assertThat(lambda.eventLog().events(Event.ParticipantStarted.class))
                    .as("seed %d, round %d", seed, round)
                    .allSatisfy(
                            started -> assertThat(ProcessHandle.of(started.pid().orElseThrow()))
                                    .isEmpty());
        }
        assertThat(ProcessHandle.current().descendants()).isEmpty();
    }

    private static boolean endsWithin(Invocation invocation) {
        try {
            invocation.answer().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException e) {
            return e.getCause() instanceof InvocationRejectedException;
        } catch (Exception e) {
            return false;
        }
    }

    /** An extension that does nothing but poll and count. */
    private static final class ExtensionThread implements AutoCloseable {
        private final ExtensionClient client;
        private final Thread thread;
        private volatile int events;

        ExtensionThread(String runtimeApi, String name) {
            client = new ExtensionClient(runtimeApi, name, "INVOKE");
            thread = new Thread(this::poll, name);
            thread.start();
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
        private void poll() {
            try {
                while (true) {
                    client.pollInBackground().get();
                    events++;
                }
            } catch (ExecutionException | InterruptedException e) {
                // The environment is over.
            }
        }

        int events() {
            return events;
        }

        @Override
        public void close() {
            thread.interrupt();
        }
    }
}

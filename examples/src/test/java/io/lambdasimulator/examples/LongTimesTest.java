package io.lambdasimulator.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.participant.ExtensionContext;
import io.lambdasimulator.participant.ExtensionProgram;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Run it: {@code mvn test -pl examples -am -Dtest=LongTimesTest -Dsurefire.failIfNoSpecifiedTests=false}. */
class LongTimesTest {

    private static final Instant MIDNIGHT = Instant.parse("2026-01-01T00:00:00Z");

    private final VirtualClock clock = VirtualClock.startingAt(MIDNIGHT);

    @Test
    void my_extension_flushes_every_minute_of_a_day() {
        List<Instant> flushes = new CopyOnWriteArrayList<>();
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .time(clock)
                .freeze(FreezeMode.NONE) // or the timer would stand still between invocations, as on AWS
                .extension("flusher", context -> new Flusher(context, flushes))
                .runtime((event, context) -> event)
                .start()
                .awaitInit(Duration.ofSeconds(10))) {

            clock.advance(Duration.ofHours(24));

            assertEquals(EnvironmentPhase.READY, lambda.phase());

            assertEquals(
                    IntStream.rangeClosed(1, 1440)
                            .mapToObj(minute -> MIDNIGHT.plus(Duration.ofMinutes(minute)))
                            .toList(),
                    flushes);
        }
    }

    /** Ten seconds, a quarter of an hour and two seconds, in a moment. */
    @Test
    void my_environment_lives_through_the_limits_of_init_invocation_and_shutdown() {
        AtomicBoolean isFirst = new AtomicBoolean(true);
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .time(clock)
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMinutes(15))
                        .build())
                .extension("flusher", context -> {
                    if (isFirst.getAndSet(false)) {
                        return () -> clock.sleep(Duration.ofHours(1)); // does not register
                    }
                    Flusher flusher = new Flusher(context, new CopyOnWriteArrayList<>());
                    return () -> {
                        flusher.run();
                        clock.sleep(Duration.ofHours(1)); // SHUTDOWN or not
                    };
                })
                .runtime((event, context) -> {
                    clock.sleep(Duration.ofHours(1));
                    return event;
                })
                .start()) {

            clock.advance(Duration.ofSeconds(10));

            var init = lambda.eventLog().events(Event.InitReported.class).get(0);
            assertEquals(InvocationStatus.TIMEOUT, init.status());
            assertEquals(Duration.ofSeconds(10), init.duration());

            clock.advance(Duration.ofSeconds(2)); // the rest of the shutdown that ends that init
            Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
            clock.advance(Duration.ofMinutes(15));

            var report = invocation.awaitCompletion(Duration.ofSeconds(10));
            assertEquals(InvocationStatus.TIMEOUT, report.status());
            assertEquals(Duration.ofMinutes(15), report.duration());

            Instant timedOut = clock.instant();
            clock.advance(Duration.ofSeconds(2));

            var killed = lambda.eventLog().entries().stream()
                    .filter(entry -> entry.event() instanceof Event.ParticipantExited exited
                            && exited.participant().equals(Participant.extension("flusher")))
                    .reduce((earlier, later) -> later)
                    .orElseThrow();
            assertEquals(timedOut.plusSeconds(2), killed.time());
            assertEquals(EnvironmentPhase.FAILED, lambda.phase());
        }
    }

    /** An extension that takes its time from a clock and a scheduler, which in production are those of the system. */
    private static final class Flusher implements ExtensionProgram {
        private final HttpClient http = HttpClient.newHttpClient();
        private final URI api;
        private final String identifier;
        private final Clock clock;
        private final ScheduledExecutorService scheduler;
        private final List<Instant> flushes;

        Flusher(ExtensionContext context, List<Instant> flushes) {
            this.api = URI.create("http://" + context.runtimeApi() + "/2020-01-01/extension/");
            this.clock = context.clock();
            this.scheduler = context.scheduler();
            this.flushes = flushes;
            this.identifier = register();
        }

        @Override
        public void run() throws IOException, InterruptedException {
            var unused = scheduler.scheduleAtFixedRate(this::flush, 60, 60, TimeUnit.SECONDS);
            while (!next().contains("SHUTDOWN")) {
                // An INVOKE: nothing to do until the next flush.
            }
        }

        private void flush() {
            flushes.add(clock.instant());
        }

        private String register() {
            HttpRequest request = HttpRequest.newBuilder(api.resolve("register"))
                    .header("Lambda-Extension-Name", "flusher")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}"))
                    .build();
            return http.sendAsync(request, HttpResponse.BodyHandlers.discarding())
                    .join()
                    .headers()
                    .firstValue("Lambda-Extension-Identifier")
                    .orElseThrow();
        }

        private String next() throws IOException, InterruptedException {
            HttpRequest request = HttpRequest.newBuilder(api.resolve("event/next"))
                    .header("Lambda-Extension-Identifier", identifier)
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }
}

package io.lambdasimulator.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.internal.environment.Participants.Launch;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.telemetry.TelemetryApi;
import io.lambdasimulator.telemetry.TelemetryType;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** In which order the life of an environment drives the delivery of telemetry. */
class SubscribersTest {

    private static final Launch RUNTIME = new Launch(Participant.RUNTIME, 1);

    private static final Subscribers.Request REQUEST = new Subscribers.Request() {
        @Override
        public TelemetryApi api() {
            return TelemetryApi.TELEMETRY;
        }

        @Override
        public List<TelemetryType> types() {
            return List.of(TelemetryType.PLATFORM);
        }
    };

    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    private final List<String> calls = new ArrayList<>();
    private long round;

    @AfterEach
    void stop() {
        scheduler.shutdownNow();
    }

    @Test
    void a_thaw_that_leads_to_a_reset_goes_on_before_it_flushes() throws CallRefused {
        ExecutionEnvironment environment = new ExecutionEnvironment(
                new EnvironmentSettings(
                        FunctionConfiguration.defaults(),
                        "2026/01/01/test-function[$LATEST]0",
                        Supply.PROCESS,
                        List.of(),
                        Duration.ofSeconds(10),
                        true,
                        true,
                        WhenBusy.QUEUE,
                        InvocationIdHeader.OFF,
                        Optional.empty(),
                        10),
                Clock.systemUTC(),
                scheduler,
                Runnable::run,
                new RecordingEventLog(Clock.systemUTC(), 100),
                recording(Participants.class),
                recording(Subscribers.class),
                Activity.notKept());
        environment.start();
        UUID watcher = environment.register("watcher", List.of()).identifier();
        environment.subscribe(watcher, REQUEST);
        environment.extensionNext(watcher, new NobodysPoll<>());
        environment.runtimeNext(new NobodysPoll<>());
        environment.frozen(round, Duration.ZERO, List.of(Participant.RUNTIME));
        environment.exited(RUNTIME, new ProcessExit.Code(1));

        environment.invoke(InvocationRequest.of("1"), false);
        environment.thawed(round);

        assertThat(calls)
                .containsSubsequence("subscribe", "pause", "freeze", "thaw", "hold", "resume", "flush", "detach");
    }

    /** Someone who does nothing but keep what he is asked to do. */
    private <T> T recording(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, given) -> {
            calls.add(method.getName());
            if (method.getName().equals("freeze")) {
                round = (Long) given[0];
            }
            if (method.getName().equals("afterOutput")) {
                ((Runnable) given[0]).run();
            }
            if (method.getReturnType() == OptionalLong.class) {
                return OptionalLong.empty();
            }
            return method.getName().equals("flush") ? CompletableFuture.completedFuture(null) : null;
        }));
    }

    private static final class NobodysPoll<E> extends Poll<E> {
        @Override
        public void deliver(E event) {}

        @Override
        public void refuse(CallRefused refusal) {
            throw new AssertionError(refusal);
        }

        @Override
        public void probe() {}

        @Override
        public void drop() {}
    }
}

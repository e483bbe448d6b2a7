package io.lambdasimulator.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.internal.environment.EnvironmentSettings.ExpectedExtension;
import io.lambdasimulator.internal.environment.Participants.Launch;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Activity;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LaunchFailureTest {

    private static final Participants UNDER_WAY = new Participants() {
        @Override
        public void launch(Launch launch) {}

        @Override
        public void refuseToLaunch(Launch launch, String errorType, String message) {}

        @Override
        public void terminate(Launch launch) {}

        @Override
        public void expectEnd(Launch launch) {}

        @Override
        public void kill(Launch launch, String reason) {}

        @Override
        public void endAll(int generation) {}

        @Override
        public void freeze(long round) {}

        @Override
        public void thaw(long round) {}

        @Override
        public void lookAtMemory() {}

        @Override
        public OptionalLong maxMemoryUsed() {
            return OptionalLong.empty();
        }

        @Override
        public void afterOutput(Runnable task) {}
    };

    private static final Subscribers NOBODY = new Subscribers() {
        @Override
        public void subscribe(String extension, Request request) {}

        @Override
        public void pause() {}

        @Override
        public void resume() {}

        @Override
        public void hold(long place) {}

        @Override
        public void detach() {}

        @Override
        public void release(String extension) {}

        @Override
        public void release() {}

        @Override
        public CompletionStage<?> flush(Collection<String> extensions) {
            return CompletableFuture.completedFuture(null);
        }
    };

    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void stop() {
        scheduler.shutdownNow();
    }

    @Test
    void of_the_runtime_during_shutdown_ends_the_shutdown() {
        ExecutionEnvironment environment = environment(List.of());
        environment.start();
        CompletableFuture<?> shutdown = environment.shutDown(ShutdownReason.SPINDOWN);
        assertThat(shutdown).isNotDone();

        environment.launchFailed(new Launch(Participant.RUNTIME, 1), "Runtime.InvalidEntrypoint", "too late");

        assertThat(shutdown).isCompleted();
    }

    @Test
    void of_an_extension_during_shutdown_ends_the_shutdown() {
        ExecutionEnvironment environment = environment(List.of(new ExpectedExtension("late", Supply.PROCESS)));
        environment.start();
        CompletableFuture<?> shutdown = environment.shutDown(ShutdownReason.SPINDOWN);
        assertThat(shutdown).isNotDone();

        environment.launchFailed(new Launch(Participant.extension("late"), 1), "UnknownError", "too late");

        assertThat(shutdown).isCompleted();
    }

    private ExecutionEnvironment environment(List<ExpectedExtension> extensions) {
        EnvironmentSettings settings = new EnvironmentSettings(
                FunctionConfiguration.defaults(),
                "2026/01/01/test-function[$LATEST]0",
                Supply.PROCESS,
                extensions,
                Duration.ofSeconds(10),
                true,
                false,
                WhenBusy.QUEUE,
                InvocationIdHeader.OFF,
                Optional.empty(),
                10);
        return new ExecutionEnvironment(
                settings,
                Clock.systemUTC(),
                scheduler,
                Runnable::run,
                new RecordingEventLog(Clock.systemUTC(), 100),
                UNDER_WAY,
                NOBODY,
                Activity.notKept());
    }
}

package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.internal.environment.EnvironmentSettings.ExpectedExtension;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.time.VirtualClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Environments without a server and, but for what a test puts in their place, without participants. */
final class Environments {

    private Environments() {}

    static ExecutionEnvironment environment(
            VirtualClock clock,
            RecordingEventLog log,
            Supply runtime,
            List<ExpectedExtension> extensions,
            Participants participants,
            Subscribers subscribers) {
        return new ExecutionEnvironment(
                new EnvironmentSettings(
                        FunctionConfiguration.defaults(),
                        "2026/01/01/test-function[$LATEST]0",
                        runtime,
                        extensions,
                        Duration.ofSeconds(10),
                        true,
                        false,
                        WhenBusy.QUEUE,
                        InvocationIdHeader.OFF,
                        Optional.empty(),
                        10),
                clock,
                clock,
                Runnable::run,
                log,
                participants,
                subscribers,
                Activity.notKept());
    }
}

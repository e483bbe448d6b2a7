package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.internal.environment.Participants.Supply;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What an environment is made of; immutable. */
public record EnvironmentSettings(
        FunctionConfiguration function,
        String instanceId,
        Supply runtime,
        List<ExpectedExtension> extensions,
        Duration initTimeout,
        boolean deadlines,
        boolean freezes,
        WhenBusy whenBusy,
        InvocationIdHeader invocationIdHeader,
        Optional<Bandwidth> bandwidth,
        int retainedInvocations) {

    /** An extension that init waits for. */
    public record ExpectedExtension(String name, Supply supply) {}

    /** How fast a streamed response may flow: a burst at full speed, then a steady rate. */
    public record Bandwidth(long burstBytes, long bytesPerSecond) {}

    /** Whether nobody is launched or hosted, so that an unexpected extension has to be external. */
    boolean onlyClients() {
        return runtime == Supply.CLIENT && extensions.stream().allMatch(e -> e.supply() == Supply.CLIENT);
    }

    /** Whether there are processes, whose output takes a moment to be read. */
    boolean anyProcesses() {
        return runtime == Supply.PROCESS || extensions.stream().anyMatch(e -> e.supply() == Supply.PROCESS);
    }
}

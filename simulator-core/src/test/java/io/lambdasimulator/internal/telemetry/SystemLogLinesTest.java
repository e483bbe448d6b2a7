package io.lambdasimulator.internal.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The forms are those of lines captured from the service between 2024 and 2026. */
class SystemLogLinesTest {

    private static final String ID = "8286a188-ba32-4475-8077-530cd35c09a9";

    private final SystemLogLines lines = new SystemLogLines(FunctionConfiguration.defaults());

    static Stream<Arguments> lines() {
        return Stream.of(
                Arguments.of(
                        new Event.InitStarted(InitPhase.INIT, "2026/01/01/test-function[$LATEST]0"),
                        List.of("INIT_START Runtime Version: provided:al2023\tRuntime Version ARN:"
                                + " arn:aws:lambda:us-east-1::runtime:simulated")),
                Arguments.of(
                        new Event.ExtensionReported(
                                "both",
                                ExtensionState.READY,
                                Set.of(ExtensionEventType.SHUTDOWN, ExtensionEventType.INVOKE),
                                Optional.empty()),
                        List.of("EXTENSION\tName: both\tState: Ready\tEvents: [INVOKE, SHUTDOWN]")),
                Arguments.of(
                        new Event.ExtensionReported(
                                "late", ExtensionState.LAUNCH_ERROR, Set.of(), Optional.of("PermissionDenied")),
                        List.of("EXTENSION\tName: late\tState: LaunchError\tEvents: []\tError Type: PermissionDenied")),
                Arguments.of(
                        new Event.InitReported(
                                InitPhase.INIT, InvocationStatus.SUCCESS, Optional.empty(), Duration.ofMillis(120)),
                        List.of()),
                Arguments.of(
                        new Event.InitReported(
                                InitPhase.INIT,
                                InvocationStatus.ERROR,
                                Optional.of("Runtime.ExitError"),
                                Duration.ofNanos(842_504_000)),
                        List.of("INIT_REPORT Init Duration: 842.50 ms\tPhase: init\tStatus: error\tError Type:"
                                + " Runtime.ExitError")),
                Arguments.of(
                        new Event.InitReported(
                                InitPhase.INIT, InvocationStatus.TIMEOUT, Optional.empty(), Duration.ofMillis(10_000)),
                        List.of("INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout")),
                Arguments.of(
                        new Event.InvocationStarted(ID, "$LATEST", Instant.EPOCH, "", Optional.empty()),
                        List.of("START RequestId: " + ID + " Version: $LATEST")),
                Arguments.of(
                        completed(InvocationStatus.SUCCESS, null, "PT0.00246S", "PT0.417S", "PT0.41361S"),
                        List.of(
                                "END RequestId: " + ID,
                                "REPORT RequestId: " + ID + "\tDuration: 2.46 ms\tBilled Duration: 417 ms\tMemory Size:"
                                        + " 128 MB\tMax Memory Used: 73 MB\tInit Duration: 413.61 ms\t")),
                Arguments.of(
                        completed(InvocationStatus.SUCCESS, null, "PT0.002S", "PT0.002S", null),
                        List.of(
                                "END RequestId: " + ID,
                                "REPORT RequestId: " + ID + "\tDuration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size:"
                                        + " 128 MB\tMax Memory Used: 64 MB\t")),
                Arguments.of(
                        completed(InvocationStatus.TIMEOUT, null, "PT3S", "PT3.403S", "PT0.40204S"),
                        List.of(
                                "END RequestId: " + ID,
                                "REPORT RequestId: " + ID + "\tDuration: 3000.00 ms\tBilled Duration: 3403 ms\tMemory"
                                        + " Size: 128 MB\tMax Memory Used: 73 MB\tInit Duration: 402.04 ms\tStatus:"
                                        + " timeout")),
                Arguments.of(
                        completed(InvocationStatus.ERROR, "Runtime.ExitError", "PT1.24831S", "PT1.249S", null),
                        List.of(
                                "END RequestId: " + ID,
                                "REPORT RequestId: " + ID + "\tDuration: 1248.31 ms\tBilled Duration: 1249 ms\tMemory"
                                        + " Size: 128 MB\tMax Memory Used: 64 MB\tStatus: error\tError Type:"
                                        + " Runtime.ExitError")),
                Arguments.of(new Event.InvocationQueued(ID), List.of()));
    }

    private static Event completed(
            InvocationStatus status, String errorType, String duration, String billed, String init) {
        return new Event.InvocationCompleted(new InvocationReport(
                ID,
                status,
                Optional.ofNullable(errorType),
                Instant.EPOCH,
                Instant.EPOCH,
                Optional.empty(),
                Optional.empty(),
                Duration.parse(duration),
                Duration.parse(billed),
                Optional.ofNullable(init).map(Duration::parse),
                init == null ? OptionalInt.empty() : OptionalInt.of(73),
                List.of(),
                "",
                Optional.empty(),
                List.of()));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void have_the_service_s_form(Event event, List<String> expected) {
        assertThat(lines.of(new EventLog.Entry(0, Instant.EPOCH, event))).isEqualTo(expected);
    }
}

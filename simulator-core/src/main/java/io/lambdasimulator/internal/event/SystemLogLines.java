package io.lambdasimulator.internal.event;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The service's own lines in a function's log, in their newest text form (spec: production-captures §2). */
public final class SystemLogLines {

    private final FunctionConfiguration function;

    public SystemLogLines(FunctionConfiguration function) {
        this.function = function;
    }

    /** The lines for an event; most events have none. */
    public List<String> of(Event event) {
        // An init within an invocation has none (spec: production-captures §2.6).
        if (event instanceof Event.InitStarted init && init.phase() == InitPhase.INIT) {
            return List.of("INIT_START Runtime Version: provided:al2023\tRuntime Version ARN: arn:aws:lambda:"
                    + function.region() + "::runtime:simulated");
        }
        if (event instanceof Event.ExtensionReported extension) {
            String events = extension.events().stream()
                    .sorted()
                    .map(ExtensionEventType::name)
                    .collect(Collectors.joining(", "));
            return List.of("EXTENSION\tName: " + extension.name() + "\tState: "
                    + extension.state().wireName() + "\tEvents: [" + events + "]"
                    + extension.errorType().map(type -> "\tError Type: " + type).orElse(""));
        }
        if (event instanceof Event.InitReported init && init.status() != InvocationStatus.SUCCESS) {
            return List.of("INIT_REPORT Init Duration: " + millis(init.duration()) + "\tPhase: "
                    + init.phase().wireName() + status(init.status(), init.errorType()));
        }
        if (event instanceof Event.InvocationStarted start) {
            return List.of("START RequestId: " + start.requestId() + " Version: " + start.version());
        }
        if (event instanceof Event.InvocationCompleted completed) {
            InvocationReport report = completed.report();
            return List.of("END RequestId: " + report.requestId(), report(report));
        }
        return List.of();
    }

    /** On success the line ends in a tab; with a status it does not. */
    private String report(InvocationReport report) {
        return "REPORT RequestId: " + report.requestId()
                + "\tDuration: " + millis(report.duration())
                + "\tBilled Duration: " + report.billedDuration().toMillis() + " ms"
                + "\tMemory Size: " + function.memorySize() + " MB"
                + "\tMax Memory Used: " + report.maxMemoryUsed().orElse(function.memorySize()) + " MB"
                + report.initDuration()
                        .map(init -> "\tInit Duration: " + millis(init))
                        .orElse("")
                + (report.status() == InvocationStatus.SUCCESS ? "\t" : status(report.status(), report.errorType()));
    }

    private static String status(InvocationStatus status, Optional<String> errorType) {
        return "\tStatus: " + status.wireName()
                + errorType.map(type -> "\tError Type: " + type).orElse("");
    }

    private static String millis(Duration duration) {
        return String.format(Locale.ROOT, "%.2f ms", duration.toNanos() / 1e6);
    }
}

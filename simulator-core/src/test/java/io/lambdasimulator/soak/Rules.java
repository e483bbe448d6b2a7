package io.lambdasimulator.soak;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.telemetry.TelemetryRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What holds in every lifecycle, whatever was done: read from its event log and telemetry, without a model of what happened. */
final class Rules {

    /** Which phase may follow which; the last two may follow any. */
    private static final Map<EnvironmentPhase, Set<EnvironmentPhase>> PHASES = Map.of(
            EnvironmentPhase.NEW, Set.of(EnvironmentPhase.INIT),
            EnvironmentPhase.INIT, Set.of(EnvironmentPhase.READY, EnvironmentPhase.INVOKE, EnvironmentPhase.RESET),
            EnvironmentPhase.READY, Set.of(EnvironmentPhase.FROZEN, EnvironmentPhase.INVOKE),
            EnvironmentPhase.FROZEN, Set.of(EnvironmentPhase.READY),
            EnvironmentPhase.INVOKE, Set.of(EnvironmentPhase.READY, EnvironmentPhase.RESET),
            EnvironmentPhase.RESET, Set.of(EnvironmentPhase.FAILED),
            EnvironmentPhase.FAILED, Set.of(EnvironmentPhase.INIT),
            EnvironmentPhase.SHUTDOWN, Set.of(),
            EnvironmentPhase.CLOSED, Set.of());

    /** AWS's table, and the ways back of a poll that was left or did not arrive. */
    private static final Map<RuntimeState, Set<RuntimeState>> RUNTIME = Map.of(
            RuntimeState.STARTED, Set.of(RuntimeState.READY, RuntimeState.INIT_ERROR),
            RuntimeState.INIT_ERROR, Set.of(),
            RuntimeState.READY, Set.of(RuntimeState.RUNNING, RuntimeState.STARTED, RuntimeState.RESPONSE_SENT),
            RuntimeState.RUNNING,
                    Set.of(
                            RuntimeState.INVOCATION_RESPONSE,
                            RuntimeState.INVOCATION_ERROR_RESPONSE,
                            RuntimeState.STARTED,
                            RuntimeState.READY,
                            RuntimeState.RESPONSE_SENT),
            RuntimeState.INVOCATION_RESPONSE, Set.of(RuntimeState.RESPONSE_SENT),
            RuntimeState.INVOCATION_ERROR_RESPONSE, Set.of(RuntimeState.RESPONSE_SENT),
            RuntimeState.RESPONSE_SENT, Set.of(RuntimeState.READY));

    private static final Map<ExtensionState, Set<ExtensionState>> EXTENSION = Map.of(
            ExtensionState.STARTED, Set.of(ExtensionState.REGISTERED),
            ExtensionState.REGISTERED,
                    Set.of(ExtensionState.READY, ExtensionState.INIT_ERROR, ExtensionState.EXIT_ERROR),
            ExtensionState.READY, Set.of(ExtensionState.RUNNING, ExtensionState.EXIT_ERROR, ExtensionState.REGISTERED),
            ExtensionState.RUNNING,
                    Set.of(
                            ExtensionState.READY,
                            ExtensionState.EXIT_ERROR,
                            ExtensionState.EXITED,
                            ExtensionState.SHUTDOWN_FAILED,
                            ExtensionState.RUNNING,
                            ExtensionState.REGISTERED));

    /** What is known of an invocation, by the places of its events. */
    private static final class Course {
        final List<Long> accepted = new ArrayList<>();
        final List<Long> started = new ArrayList<>();
        final List<Long> answered = new ArrayList<>();
        final List<Long> runtimeDone = new ArrayList<>();
        final List<Long> completed = new ArrayList<>();

        boolean isUnderWay() {
            return !started.isEmpty() && completed.isEmpty();
        }
    }

    private final Cast cast;
    private final LambdaSimulator lambda;
    private final List<String> broken = new ArrayList<>();
    private final Map<String, Course> courses = new LinkedHashMap<>();
    private final Map<String, Integer> deliveries = new HashMap<>();
    private final Map<String, ExtensionState> extensions = new HashMap<>();

    /** Those whose state may be that of another generation. */
    private final Set<String> renewed = new HashSet<>();

    private EnvironmentPhase phase = EnvironmentPhase.NEW;
    private RuntimeState runtime = RuntimeState.STARTED;
    private Instant time = Instant.MIN;
    private boolean frozen;
    private boolean initialising;
    private EventLog.@Nullable Entry startedAmidInit;

    private Rules(LambdaSimulator lambda, Cast cast) {
        this.lambda = lambda;
        this.cast = cast;
    }

    /** Which rules a closed environment has broken; none is right. */
    static List<String> brokenBy(LambdaSimulator lambda, Cast cast) {
        Rules rules = new Rules(lambda, cast);
        for (EventLog.Entry entry : lambda.eventLog().entries()) {
            rules.read(entry);
        }
        rules.courses.forEach(rules::judge);
        rules.judgeTelemetry();
        return rules.broken;
    }

    private void unless(boolean holds, String what, Object where) {
        if (!holds) {
            broken.add(what + ": " + where);
        }
    }

    private void read(EventLog.Entry entry) {
        Event event = entry.event();
        unless(!entry.time().isBefore(time), "time goes back", entry);
        time = entry.time();
        if (event instanceof Event.PhaseChanged change) {
            boolean ends = change.to() == EnvironmentPhase.SHUTDOWN || change.to() == EnvironmentPhase.CLOSED;
            unless(
                    change.from() == phase && (ends || PHASES.get(change.from()).contains(change.to())),
                    "phase " + phase + " is not followed by this",
                    entry);
            phase = change.to();
            // What is given up by a shutdown begins and ends at once, and nobody reports on its init.
            unless(ends || startedAmidInit == null, "an invocation starts amid init", String.valueOf(startedAmidInit));
            if (phase == EnvironmentPhase.RESET || phase == EnvironmentPhase.FAILED) {
                renewed.add("runtime");
                renewed.addAll(extensions.keySet());
            }
        } else if (event instanceof Event.RuntimeStateChanged change) {
            boolean begins = renewed.contains("runtime") && change.from() == RuntimeState.STARTED;
            unless(change.from() == runtime || begins, "the runtime was " + runtime, entry);
            unless(RUNTIME.get(change.from()).contains(change.to()), "no such transition", entry);
            if (begins && phase != EnvironmentPhase.RESET) { // there may be one more, which begins in advance
                renewed.remove("runtime");
            }
            runtime = change.to();
        } else if (event instanceof Event.ExtensionStateChanged change) {
            ExtensionState before = extensions.getOrDefault(change.name(), ExtensionState.STARTED);
            boolean begins = renewed.contains(change.name()) && change.from() == ExtensionState.STARTED;
            unless(change.from() == before || begins, "the extension was " + before, entry);
            unless(EXTENSION.getOrDefault(change.from(), Set.of()).contains(change.to()), "no such transition", entry);
            if (begins && phase != EnvironmentPhase.RESET) {
                renewed.remove(change.name());
            }
            extensions.put(change.name(), change.to());
        } else if (event instanceof Event.InitStarted) {
            unless(phase == EnvironmentPhase.INIT && !initialising && !frozen, "init begins", entry);
            initialising = true;
        } else if (event instanceof Event.InitReported) {
            unless(initialising, "an init is reported that did not begin", entry);
            initialising = false;
        } else if (event instanceof Event.EnvironmentFrozen) {
            unless(
                    phase == EnvironmentPhase.READY && courses.values().stream().allMatch(this::isOver),
                    "frozen although there is something to do",
                    entry);
            frozen = true;
        } else if (event instanceof Event.EnvironmentThawed) {
            unless(frozen, "thawed without having been frozen", entry);
            frozen = false;
        } else if (event instanceof Event.PollWithdrawn left) {
            // What it was handed may come again.
            deliveries.keySet().removeIf(key -> key.startsWith(left.participant() + " "));
        } else if (event instanceof Event.ShutdownStarted) {
            deliveries.keySet().removeIf(key -> key.endsWith(" SHUTDOWN"));
        } else if (event instanceof Event.EventDelivered delivered) {
            judge(entry, delivered);
        } else {
            readInvocation(entry);
        }
    }

    private boolean isOver(Course course) {
        return !course.completed.isEmpty();
    }

    private void judge(EventLog.Entry entry, Event.EventDelivered delivered) {
        Participant whose = delivered.participant();
        unless(!frozen, "delivered while frozen", entry);
        String what = whose + " " + delivered.requestId().orElse("SHUTDOWN");
        unless(deliveries.merge(what, 1, Integer::sum) == 1, "delivered twice", entry);
        if (delivered.type() == ExtensionEventType.INVOKE) {
            Course course = course(delivered.requestId().orElseThrow());
            unless(phase == EnvironmentPhase.INVOKE && course.isUnderWay(), "nobody's invocation is delivered", entry);
        } else {
            unless(
                    phase == EnvironmentPhase.RESET || phase == EnvironmentPhase.SHUTDOWN,
                    "SHUTDOWN while nothing ends",
                    entry);
        }
    }

    private Course course(String requestId) {
        return courses.computeIfAbsent(requestId, id -> new Course());
    }

    private void readInvocation(EventLog.Entry entry) {
        Event event = entry.event();
        if (event instanceof Event.InvocationQueued queued) {
            course(queued.requestId()).accepted.add(entry.sequence());
        } else if (event instanceof Event.InvocationStarted started) {
            unless(!frozen, "an invocation starts while frozen", entry);
            startedAmidInit = initialising ? entry : null;
            unless(
                    courses.values().stream().noneMatch(Course::isUnderWay),
                    "an invocation starts beside another",
                    entry);
            course(started.requestId()).started.add(entry.sequence());
        } else if (event instanceof Event.InvocationAnswered answered) {
            unless(!frozen, "answered while frozen", entry);
            course(answered.requestId()).answered.add(entry.sequence());
        } else if (event instanceof Event.RuntimeDone done) {
            unless(!frozen, "the runtime is done while frozen", entry);
            course(done.requestId()).runtimeDone.add(entry.sequence());
        } else if (event instanceof Event.ExtensionReady ready) {
            unless(course(ready.requestId()).isUnderWay(), "an extension is done with what is over", entry);
        } else if (event instanceof Event.InvocationCompleted completed) {
            unless(!frozen, "an invocation ends while frozen", entry);
            course(completed.report().requestId()).completed.add(entry.sequence());
            judge(completed.report());
        }
    }

    /** Start, answer, runtimeDone and report come once each and in their order; who was never started has none of them. */
    private void judge(String requestId, Course course) {
        unless(course.accepted.size() == 1, "accepted other than once", requestId);
        int times = course.completed.size();
        unless(times <= 1, "completed more than once", requestId);
        unless(course.started.size() == times, "not started as often as completed", requestId);
        unless(course.answered.size() == times, "not answered as often as completed", requestId);
        unless(course.runtimeDone.size() <= times, "the runtime is done too often", requestId);
        if (times == 1) {
            unless(course.accepted.get(0) < course.started.get(0), "started before it was accepted", requestId);
            unless(course.started.get(0) < course.completed.get(0), "completed before it was started", requestId);
            unless(course.answered.get(0) < course.completed.get(0), "completed before it was answered", requestId);
            for (long done : course.runtimeDone) {
                unless(
                        course.started.get(0) < done && done < course.completed.get(0),
                        "the runtime is done too early or too late",
                        requestId);
            }
        }
    }

    private void judge(InvocationReport report) {
        Duration timeout = Duration.ofMillis(cast.timeout());
        unless(report.deadline().equals(report.startedAt().plus(timeout)), "the deadline is another", report);
        unless(
                report.status() == InvocationStatus.TIMEOUT
                        ? report.duration().equals(timeout)
                        : report.duration().compareTo(timeout) <= 0,
                "it took another time than it may",
                report);
        boolean typed = report.status() == InvocationStatus.ERROR || report.status() == InvocationStatus.FAILURE;
        unless(report.errorType().isPresent() == typed, "with or without an error type", report);
        unless(
                report.status() != InvocationStatus.SUCCESS
                        || report.runtimeDoneAt().isPresent(),
                "a success without the runtime",
                report);
    }

    /** The records of the Telemetry API tell the same. */
    private void judgeTelemetry() {
        Map<String, List<TelemetryRecord>> told = new HashMap<>();
        for (TelemetryRecord record : lambda.telemetry().events(TelemetryRecord.class)) {
            String id = record instanceof TelemetryRecord.PlatformStart start
                    ? start.requestId()
                    : record instanceof TelemetryRecord.PlatformRuntimeDone done
                            ? done.requestId()
                            : record instanceof TelemetryRecord.PlatformReport report ? report.requestId() : null;
            add(told, id, record);
        }
        courses.forEach((requestId, course) -> {
            List<String> expected = new ArrayList<>();
            if (!course.completed.isEmpty()) {
                expected.add("platform.start");
                course.runtimeDone.forEach(done -> expected.add("platform.runtimeDone"));
                expected.add("platform.report");
            }
            List<String> types = told.getOrDefault(requestId, List.of()).stream()
                    .map(TelemetryRecord::type)
                    .toList();
            unless(types.equals(expected), "telemetry tells " + types, requestId);
        });
        unless(courses.keySet().containsAll(told.keySet()), "telemetry tells of more", told.keySet());
    }

    private static void add(
            Map<String, List<TelemetryRecord>> told, @Nullable String requestId, TelemetryRecord record) {
        if (requestId != null) {
            told.computeIfAbsent(requestId, id -> new ArrayList<>()).add(record);
        }
    }
}

package io.lambdasimulator.internal.event;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads the event log into lanes: who was in which state from when to when, and what befell whom. */
final class TimelineLanes {

    /** What a stretch of a lane means, and its colour. */
    enum Kind {
        STARTING("#f3c667"),
        WAITING("#d5e8d8"),
        WORKING("#6aa5dd"),
        ENDING("#bda3da"),
        FAILED("#e8776d"),
        FROZEN("#e9eef3"),
        QUEUED("#9aa7b4");

        private final String colour;

        Kind(String colour) {
            this.colour = colour;
        }

        String colour() {
            return colour;
        }
    }

    /** A stretch of a lane. */
    record Bar(Instant from, Instant to, Kind kind, String text, Supplier<String> details) {}

    /** Something at one instant that is told in words. */
    record Mark(Instant at, String text, Event event, boolean isBad) {}

    /** One row of the picture. */
    static final class Lane {
        private final String title;
        private final String kind;
        private final List<Bar> bars = new ArrayList<>();
        private final List<Mark> marks = new ArrayList<>();
        private final List<Instant> output = new ArrayList<>();
        private final List<Bar> frozen = new ArrayList<>();
        private @Nullable Bar open;
        private boolean isGone;

        private Lane(String title, String kind) {
            this.title = title;
            this.kind = kind;
        }

        String title() {
            return title;
        }

        /** What it is, where its title is a name alone; else empty. */
        String kind() {
            return kind;
        }

        List<Bar> bars() {
            return bars;
        }

        List<Mark> marks() {
            return marks;
        }

        List<Instant> output() {
            return output;
        }

        List<Bar> frozen() {
            return frozen;
        }

        private void enter(Instant time, Kind kind, String text) {
            leave(time);
            open = new Bar(time, time, kind, text, () -> text);
        }

        /** Nothing that is told of it later counts, until it starts again. */
        private void gone(Instant time) {
            leave(time);
            isGone = true;
        }

        private void leave(Instant time) {
            if (open != null) {
                bars.add(new Bar(open.from, time, open.kind, open.text, open.details));
                open = null;
            }
        }
    }

    private final Lane environment = new Lane("environment", "");
    private final Lane invocations = new Lane("invocations", "");
    private final Map<Participant, Lane> participants = new LinkedHashMap<>();
    private final Map<String, Instant> queued = new HashMap<>();
    private final Map<String, Instant> started = new LinkedHashMap<>();
    private Instant now = Instant.EPOCH;
    private Instant initStarted = Instant.EPOCH;
    private final TreeMap<Instant, Bar> phases = new TreeMap<>();
    private Event.@Nullable EnvironmentFrozen frozen;
    private Instant frozenSince = Instant.EPOCH;

    /** @param entries at least one */
    TimelineLanes(List<EventLog.Entry> entries) {
        participants.put(Participant.RUNTIME, new Lane("runtime", ""));
        initStarted = entries.get(0).time();
        for (EventLog.Entry entry : entries) {
            now = entry.time();
            read(entry.event());
        }
        lanes().forEach(lane -> lane.leave(now));
        environment.bars.forEach(bar -> phases.put(bar.from(), bar));
        thawed();
        queued.forEach(
                (id, since) -> invocations.bars.add(new Bar(since, now, Kind.QUEUED, "", () -> id + " is queued")));
        started.forEach((id, since) ->
                invocations.bars.add(new Bar(since, now, Kind.WORKING, shortened(id), () -> id + " is under way")));
    }

    List<Lane> lanes() {
        List<Lane> lanes = new ArrayList<>(List.of(environment, invocations));
        lanes.addAll(participants.values());
        return lanes;
    }

    /** Whether an event is one that the picture shows by itself, beyond a tick. */
    static boolean isShown(Event event) {
        return !(event instanceof Event.ProcessOutput)
                && !(event instanceof Event.CallAnswered call && call.status() < 400);
    }

    private Lane lane(Participant participant) {
        return participants.computeIfAbsent(participant, unseen -> new Lane(unseen.name(), "extension"));
    }

    private void mark(Lane lane, String text, Event event, boolean isBad) {
        lane.marks.add(new Mark(now, text, event, isBad));
    }

    private void read(Event event) {
        if (event instanceof Event.PhaseChanged change) {
            phase(change.to());
        } else if (event instanceof Event.InitStarted init) {
            initStarted = now;
            participants.values().forEach(lane -> lane.isGone = false);
            if (environment.open == null || environment.open.kind != Kind.STARTING) {
                mark(environment, "init again", init, false);
            }
        } else if (event instanceof Event.InitReported init && init.status() != InvocationStatus.SUCCESS) {
            mark(environment, "init: " + init.status().wireName(), event, true);
        } else if (event instanceof Event.RuntimeStateChanged change) {
            state(
                    lane(Participant.RUNTIME),
                    kind(change.from()),
                    change.from().wireName(),
                    kind(change.to()),
                    change.to().wireName());
        } else if (event instanceof Event.ExtensionStateChanged change) {
            state(
                    lane(Participant.extension(change.name())),
                    kind(change.from()),
                    change.from().wireName(),
                    kind(change.to()),
                    change.to().wireName());
        } else if (event instanceof Event.EnvironmentFrozen freeze) {
            frozen = freeze;
            frozenSince = now;
        } else if (event instanceof Event.EnvironmentThawed) {
            thawed();
        } else if (event instanceof Event.FreezeFailed) {
            mark(environment, "not frozen", event, true);
        } else if (event instanceof Event.EnvironmentFailed failed) {
            mark(environment, failed.errorType(), event, true);
        } else if (event instanceof Event.ShutdownStarted shutdown) {
            mark(environment, "shutdown: " + shutdown.reason().wireName(), event, false);
        } else {
            readInvocation(event);
            readParticipant(event);
        }
    }

    private void readInvocation(Event event) {
        if (event instanceof Event.InvocationQueued queue) {
            queued.put(queue.requestId(), now);
        } else if (event instanceof Event.InvocationStarted start) {
            Instant since = queued.remove(start.requestId());
            if (since != null && since.isBefore(now)) {
                invocations.bars.add(new Bar(since, now, Kind.QUEUED, "", () -> start.requestId() + " was queued"));
            }
            started.put(start.requestId(), now);
        } else if (event instanceof Event.InvocationAnswered answer) {
            invocations.output.add(now);
            answer.errorType()
                    .ifPresent(type -> mark(invocations, shortened(answer.requestId()) + " " + type, event, true));
        } else if (event instanceof Event.InvocationCompleted completed) {
            String id = completed.report().requestId();
            Instant since = started.remove(id);
            InvocationStatus status = completed.report().status();
            String how = status == InvocationStatus.SUCCESS ? "" : " " + status.wireName();
            invocations.bars.add(new Bar(
                    since == null ? now : since,
                    now,
                    status == InvocationStatus.SUCCESS ? Kind.WORKING : Kind.FAILED,
                    shortened(id) + how,
                    event::describe));
        }
    }

    private void readParticipant(Event event) {
        if (event instanceof Event.ParticipantStarted start) {
            Lane lane = lane(start.participant());
            lane.isGone = false;
            lane.enter(now, Kind.STARTING, "Started");
        } else if (event instanceof Event.ParticipantExited exit) {
            Lane lane = lane(exit.participant());
            lane.gone(now);
            mark(lane, exit.exit().describe(), event, !exit.exit().isSuccess());
        } else if (event instanceof Event.LaunchFailed failed) {
            mark(lane(failed.participant()), "could not be started: " + failed.errorType(), event, true);
        } else if (event instanceof Event.SignalSent signal) {
            mark(lane(signal.participant()), signal.signal(), event, false);
        } else if (event instanceof Event.PollWithdrawn withdrawn && !lane(withdrawn.participant()).isGone) {
            mark(lane(withdrawn.participant()), "left its poll", event, false);
        } else if (event instanceof Event.EventDelivered delivered && delivered.type() == ExtensionEventType.SHUTDOWN) {
            mark(lane(delivered.participant()), "SHUTDOWN", event, false);
        } else if (event instanceof Event.ProcessOutput printed) {
            lane(printed.participant()).output.add(now);
        } else if (event instanceof Event.FaultInjected fault) {
            Lane lane = fault.caller().map(this::lane).orElse(environment);
            String call = fault.call().path().substring(fault.call().path().lastIndexOf('/') + 1);
            mark(lane, "fault: " + call + " " + fault.fault().describe(), event, true);
        } else if (event instanceof Event.CallAnswered call && call.status() >= 400) {
            Lane lane = call.path().contains("/runtime/") ? lane(Participant.RUNTIME) : environment;
            mark(lane, call.status() + call.errorType().map(type -> " " + type).orElse(""), event, true);
        }
    }

    private void phase(EnvironmentPhase phase) {
        environment.leave(now);
        switch (phase) {
            case NEW -> {}
            case INIT -> environment.enter(now, Kind.STARTING, "INIT");
            case READY -> environment.enter(now, Kind.WAITING, "READY");
            case FROZEN -> environment.enter(now, Kind.FROZEN, "FROZEN");
            case INVOKE -> environment.enter(now, Kind.WORKING, "INVOKE");
            case RESET -> environment.enter(now, Kind.ENDING, "RESET");
            case SHUTDOWN -> environment.enter(now, Kind.ENDING, "SHUTDOWN");
            case FAILED -> {
                environment.enter(now, Kind.FAILED, "FAILED");
                participants.values().forEach(lane -> lane.gone(now));
            }
            case CLOSED -> participants.values().forEach(lane -> lane.gone(now));
        }
    }

    /** Who connects by himself is not seen to start: what he was in until now began with init. */
    private void state(Lane lane, Optional<Kind> from, String fromText, Optional<Kind> to, String toText) {
        if (lane.isGone) {
            return;
        }
        if (lane.open == null && lane.bars.isEmpty()) {
            Instant end = now;
            from.ifPresent(kind -> lane.bars.add(new Bar(initStarted, end, kind, fromText, () -> fromText)));
        }
        lane.leave(now);
        to.ifPresent(kind -> lane.enter(now, kind, toText));
    }

    private void thawed() {
        if (frozen != null) {
            Bar interval = new Bar(frozenSince, now, Kind.FROZEN, "", frozen::describe);
            environment.frozen.add(interval);
            frozen.stopped().forEach(participant -> lane(participant).frozen.add(interval));
            frozen = null;
        }
    }

    private static Optional<Kind> kind(RuntimeState state) {
        return Optional.of(
                switch (state) {
                    case STARTED -> Kind.STARTING;
                    case READY -> Kind.WAITING;
                    case RUNNING, INVOCATION_RESPONSE, INVOCATION_ERROR_RESPONSE, RESPONSE_SENT -> Kind.WORKING;
                    case INIT_ERROR -> Kind.FAILED;
                });
    }

    /** Empty once it is gone. */
    private static Optional<Kind> kind(ExtensionState state) {
        return switch (state) {
            case STARTED, REGISTERED -> Optional.of(Kind.STARTING);
            case READY -> Optional.of(Kind.WAITING);
            case RUNNING -> Optional.of(Kind.WORKING);
            case INIT_ERROR, EXIT_ERROR -> Optional.of(Kind.FAILED);
            case EXITED, SHUTDOWN_FAILED, LAUNCH_ERROR -> Optional.empty();
        };
    }

    /** Whether the environment has nothing to do from an instant on. */
    boolean isIdle(Instant time) {
        Map.Entry<Instant, Bar> phase = phases.floorEntry(time);
        return phase != null
                && switch (phase.getValue().kind()) {
                    case WAITING, FROZEN, FAILED -> true;
                    case STARTING, WORKING, ENDING, QUEUED -> false;
                };
    }

    private static String shortened(String requestId) {
        return requestId.substring(0, Math.min(8, requestId.length()));
    }

    /** The instants at which something begins, ends or happens, from one instant on. */
    static Collection<Instant> instants(List<Lane> lanes, Instant from) {
        List<Instant> instants = new ArrayList<>();
        for (Lane lane : lanes) {
            lane.bars.forEach(bar -> instants.addAll(List.of(bar.from(), bar.to())));
            lane.frozen.forEach(bar -> instants.addAll(List.of(bar.from(), bar.to())));
            lane.marks.forEach(mark -> instants.add(mark.at()));
        }
        instants.removeIf(instant -> instant.isBefore(from));
        return instants;
    }
}

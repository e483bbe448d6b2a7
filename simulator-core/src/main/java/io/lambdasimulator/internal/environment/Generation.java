package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.environment.EnvironmentSettings.ExpectedExtension;
import io.lambdasimulator.internal.environment.Participants.Launch;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * One init and what came of it: extensions, runtime, and the first fatal thing that befell them. A reset ends it, and the
 * next init is another one. Guarded by the owner's lock.
 *
 * <p>It is there before its init begins, so that a client that connects by itself may be early.
 */
final class Generation {

    /** The end of a participant. */
    record Exit(ProcessExit how, Instant at) {}

    private final Owner owner;
    private final EnvironmentSettings settings;
    private final int number;
    private final ExtensionRegistry extensions;

    /** Null until it is started; a runtime that connects by itself is there from the start. */
    private @Nullable RuntimeAgent runtime;

    private InitPhase initPhase = InitPhase.INIT;
    private Instant initStartedAt = Instant.MAX;
    private @Nullable Future<?> initTimer;

    /** The first fatal error that a participant reported before its exit; it outranks the exit's own type. */
    private @Nullable String reportedType;

    private @Nullable Reported reported;

    private final Map<Participant, Exit> exits = new HashMap<>();

    /** Whose end or launch error came first. */
    private @Nullable Participant culprit;

    /** What befell it while no invocation was under way; the next one is answered with it. */
    private @Nullable Failure idleFailure;

    Generation(Owner owner, EnvironmentSettings settings, int number) {
        this.owner = owner;
        this.settings = settings;
        this.number = number;
        this.extensions = new ExtensionRegistry(owner, settings.onlyClients());
        for (ExpectedExtension expected : settings.extensions()) {
            extensions.expect(expected.name(), expected.supply());
        }
        if (settings.runtime() == Supply.CLIENT) {
            runtime = new RuntimeAgent(owner);
        }
    }

    int number() {
        return number;
    }

    Launch launchOf(Participant participant) {
        return new Launch(participant, number);
    }

    boolean has(Launch launch) {
        return launch.generation() == number;
    }

    ExtensionRegistry extensions() {
        return extensions;
    }

    @Nullable RuntimeAgent runtime() {
        return runtime;
    }

    RuntimeAgent addRuntime() {
        RuntimeAgent added = new RuntimeAgent(owner);
        runtime = added;
        return added;
    }

    /** Whether the runtime is something whose end can be seen, and has not ended. */
    boolean runtimeRuns() {
        return runtime != null && !runtime.isGone() && settings.runtime() != Supply.CLIENT;
    }

    /** An internal extension lives in the runtime. */
    Supply livesIn(ExtensionAgent agent) {
        return agent.isExternal() ? agent.supply() : settings.runtime();
    }

    /** A client that has come back while the generation before was ended stays. */
    void adoptRuntimeOf(Generation before) {
        if (runtime != null && before.runtime != null) {
            runtime.adoptPollsOf(before.runtime);
        }
    }

    /** Who lives beside the given ones; an internal extension lives in the runtime. */
    List<Participant> othersThan(List<Participant> some) {
        List<Participant> others = new ArrayList<>();
        others.add(Participant.RUNTIME);
        extensions.all().stream()
                .filter(ExtensionAgent::isExternal)
                .map(ExtensionAgent::participant)
                .forEach(others::add);
        others.removeAll(some);
        return List.copyOf(others);
    }

    // ---- its init

    void beginInit(InitPhase phase) {
        initPhase = phase;
        initStartedAt = owner.now();
        owner.record(new Event.InitStarted(phase, settings.instanceId()));
    }

    void endInitAt(Future<?> timer) {
        initTimer = timer;
    }

    void cancelInitTimer() {
        if (initTimer != null) {
            initTimer.cancel(false);
            initTimer = null;
        }
    }

    boolean isInitialised() {
        return runtime != null && runtime.state() == RuntimeState.READY && extensions.allAre(ExtensionState.READY);
    }

    /** The order of the records is that of the service: runtime done, one per extension, the report. */
    Duration reportInit(InvocationStatus status, Optional<String> errorType) {
        Duration duration = Duration.between(initStartedAt, owner.now());
        if (runtime != null) {
            owner.record(new Event.InitRuntimeDone(initPhase, status, errorType));
        }
        for (ExtensionAgent agent : extensions.all()) {
            if (!agent.hasAppeared()) {
                continue; // init failed before it was this one's turn to be launched
            }
            ExtensionInfo info = agent.info();
            owner.record(new Event.ExtensionReported(info.name(), info.state(), info.events(), info.errorType()));
        }
        owner.record(new Event.InitReported(initPhase, status, errorType, duration));
        return duration;
    }

    // ---- what befalls it

    void exited(Participant participant, ProcessExit how) {
        exits.put(participant, new Exit(how, owner.now()));
    }

    Optional<Exit> exitOf(Participant participant) {
        return Optional.ofNullable(exits.get(participant));
    }

    void reported(String errorType, @Nullable Reported body) {
        if (reportedType == null) {
            reportedType = errorType;
            reported = body;
        }
    }

    /** Whether a participant has reported a fatal error. */
    boolean hasReport() {
        return reportedType != null;
    }

    void blame(Participant participant) {
        if (culprit == null) {
            culprit = participant;
        }
    }

    /** The failure that an end is, unless an error report before it said more. */
    Failure failureOf(String exitType, String text) {
        String type = reportedType == null ? exitType : reportedType;
        return new Failure(type, type, text, InvocationStatus.ERROR, reported);
    }

    /** AWS's texts name nobody but the runtime. */
    String detailOf(Failure failure) {
        return culprit == null || culprit.equals(Participant.RUNTIME)
                ? failure.text()
                : failure.text() + " (" + culprit + ")";
    }

    @Nullable Failure idleFailure() {
        return idleFailure;
    }

    void failedWhileIdle(Failure failure) {
        if (idleFailure == null) {
            idleFailure = failure;
        }
    }

    // ---- what is due

    /** Gives what is due to whoever waits for it: extensions first, then the runtime. */
    void handOver() {
        extensions.all().forEach(ExtensionAgent::handOver);
        if (runtime != null) {
            runtime.handOver();
        }
    }

    void withdraw(Poll<?> poll) {
        if (runtime != null) {
            runtime.withdraw(poll);
        }
        extensions.all().forEach(agent -> agent.withdraw(poll));
    }

    void forgetWhatIsDue() {
        if (runtime != null) {
            runtime.forget();
        }
        extensions.all().forEach(ExtensionAgent::forget);
    }

    void dropPolls() {
        if (runtime != null) {
            runtime.dropPolls();
        }
        extensions.all().forEach(ExtensionAgent::dropPoll);
    }

    // ---- for people

    String waitingForInit() {
        List<String> waiting = new ArrayList<>();
        if (!extensions.missing().isEmpty()) {
            waiting.add(missingRegistrations());
        }
        if (runtime != null && runtime.state() != RuntimeState.READY) {
            boolean connectsByItself = settings.runtime() == Supply.CLIENT && runtime.state() == RuntimeState.STARTED;
            waiting.add((connectsByItself
                            ? "a runtime that connects by itself, since none was given,"
                            : "the runtime (" + runtime.state().wireName() + ")")
                    + " to ask for an invocation");
        }
        for (ExtensionAgent agent : extensions.all()) {
            if (agent.isRegistered() && !agent.isIn(ExtensionState.READY)) {
                waiting.add("extension " + agent.name() + " (" + agent.state().wireName() + ") to ask for an event");
            }
        }
        return "init waits for " + String.join(" and ", waiting);
    }

    String missingRegistrations() {
        List<String> internal = extensions.all().stream()
                .filter(agent -> !agent.isExternal())
                .map(ExtensionAgent::name)
                .toList();
        return "the registration of extension " + String.join(", ", extensions.missing())
                + (internal.isEmpty()
                        ? ""
                        : " (registered under another name, and so as internal: " + String.join(", ", internal) + ")");
    }
}

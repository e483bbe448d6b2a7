package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.ShutdownReport;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.environment.Participants.Launch;
import io.lambdasimulator.internal.environment.Participants.Supply;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The end of a generation, by a shutdown or a reset: the runtime first, within its share of the time; then {@code SHUTDOWN}
 * to the external extensions that registered for it and the end of those that did not; then everybody's exit, or the
 * deadline (spec: aws-contract §2.4). Guarded by the owner's lock.
 */
final class ShutdownSequence {

    private static final Duration WITH_INTERNAL_ONLY = Duration.ofMillis(500);
    private static final Duration WITH_EXTERNAL = Duration.ofSeconds(2);
    private static final Duration RUNTIME_SHARE_BESIDE_EXTERNAL = Duration.ofMillis(300);
    private static final Duration FLUSH = Duration.ofSeconds(1);

    private final Owner owner;
    private final Participants participants;
    private final Generation generation;
    private final ExtensionRegistry extensions;
    private final Subscriptions subscriptions;
    private final Runnable onFlushed;
    private final Consumer<ShutdownReport> onOver;
    private final ShutdownReason reason;
    private final Instant deadline;
    private final Duration total;
    private boolean flushing;
    private boolean flushed;
    private boolean extensionsTold;
    private boolean over;

    private final Set<Participant> received = new HashSet<>();
    private final Map<Participant, Instant> killed = new HashMap<>();

    ShutdownSequence(
            Owner owner,
            Participants participants,
            Generation generation,
            Subscriptions subscriptions,
            ShutdownReason reason,
            Runnable onFlushed,
            Consumer<ShutdownReport> onOver) {
        this.owner = owner;
        this.participants = participants;
        this.generation = generation;
        this.extensions = generation.extensions();
        this.subscriptions = subscriptions;
        this.reason = reason;
        this.onFlushed = onFlushed;
        this.onOver = onOver;
        this.total = extensions.hasExternal()
                ? WITH_EXTERNAL
                : extensions.hasInternal() ? WITH_INTERNAL_ONLY : Duration.ZERO;
        this.deadline = owner.now().plus(total);
    }

    void begin() {
        owner.record(new Event.ShutdownStarted(reason, deadline));
        if (generation.runtimeRuns()) {
            if (total.isZero()) {
                killRuntime();
            } else {
                Launch runtime = generation.launchOf(Participant.RUNTIME);
                owner.effect(() -> participants.terminate(runtime));
                Duration share = extensions.hasInternal() ? WITH_INTERNAL_ONLY : RUNTIME_SHARE_BESIDE_EXTERNAL;
                var unused = owner.schedule(share, this::killRuntime);
            }
        }
        if (!total.isZero()) {
            var unused = owner.schedule(total, this::deadlinePassed);
        }
        advance();
    }

    void advance() {
        if (over || generation.runtimeRuns()) {
            return;
        }
        if (!flushing) {
            flushing = true;
            flush();
        }
        if (!flushed) {
            return;
        }
        if (!extensionsTold) {
            extensionsTold = true;
            onFlushed.run();
            extensions.all().stream().filter(agent -> !agent.isGone()).forEach(this::tell);
        }
        for (ExtensionAgent agent : extensions.all()) {
            agent.handOver();
            if (agent.wasToldToShutDown()) {
                received.add(agent.participant());
                if (agent.supply() == Supply.CLIENT) {
                    agent.setGone(); // told, and that is all that can be seen of it
                }
            }
        }
        if (extensions.all().stream().allMatch(ExtensionAgent::isGone)) {
            over = true;
            onOver.accept(report());
        }
    }

    /** What the runtime has written until its end reaches extensions before their SHUTDOWN, or its time is over. */
    private void flush() {
        List<String> present = extensions.all().stream()
                .filter(agent -> !agent.isGone())
                .map(ExtensionAgent::name)
                .toList();
        flushed = !subscriptions.flush(present, this::flushed);
        if (!flushed) {
            var unused = owner.schedule(FLUSH, this::flushed);
        }
    }

    private void flushed() {
        if (!flushed) {
            flushed = true;
            advance();
        }
    }

    private void tell(ExtensionAgent agent) {
        boolean registered = agent.wants(ExtensionEventType.SHUTDOWN);
        boolean hasFailed = agent.isIn(ExtensionState.INIT_ERROR) || agent.isIn(ExtensionState.EXIT_ERROR);
        if (!agent.isExternal() || !agent.isLaunched()) {
            agent.setGone(); // it lives in the runtime and ended with it, or never lived
        } else if (agent.supply() == Supply.CLIENT && (!registered || hasFailed)) {
            agent.setGone();
        } else if (!registered) {
            kill(agent.participant(), "it did not register for SHUTDOWN");
        } else {
            if (!hasFailed) { // who has failed is told nothing, and has the same time to exit
                agent.send(new ExtensionEvent.Shutdown(deadline, reason), null);
            }
            Launch ending = generation.launchOf(agent.participant());
            owner.effect(() -> participants.expectEnd(ending));
        }
    }

    private void killRuntime() {
        if (generation.runtimeRuns()) {
            kill(Participant.RUNTIME, extensions.size() == 0 ? "there is no extension" : "its time is over");
        }
    }

    private void kill(Participant participant, String why) {
        if (killed.putIfAbsent(participant, owner.now()) == null) {
            Launch launch = generation.launchOf(participant);
            owner.effect(() -> participants.kill(launch, why));
        }
    }

    private void deadlinePassed() {
        if (over) {
            return;
        }
        killRuntime();
        for (ExtensionAgent agent : extensions.all()) {
            if (agent.supply() == Supply.CLIENT) {
                agent.setGone(); // its end cannot be seen, and its time is over
            } else if (!agent.isGone()) {
                kill(agent.participant(), "its time is over");
            }
        }
        advance();
    }

    /** Who was there and how they ended, as far as it has come. */
    ShutdownReport report() {
        List<ShutdownReport.End> ends = new ArrayList<>();
        if (generation.runtime() != null) {
            ends.add(end(Participant.RUNTIME));
        }
        extensions.all().forEach(agent -> ends.add(end(agent.participant())));
        return new ShutdownReport(reason, List.copyOf(ends));
    }

    private ShutdownReport.End end(Participant participant) {
        Optional<Generation.Exit> exit = generation.exitOf(participant);
        return new ShutdownReport.End(
                participant,
                received.contains(participant),
                Optional.ofNullable(killed.get(participant)),
                exit.map(Generation.Exit::how),
                exit.map(Generation.Exit::at));
    }

    /** Who has yet to end. */
    String waitingFor() {
        List<String> waiting = new ArrayList<>();
        if (generation.runtimeRuns()) {
            waiting.add("the runtime to end");
        }
        for (ExtensionAgent agent : extensions.all()) {
            if (!agent.isGone()) {
                waiting.add("extension " + agent.name() + " to end");
            }
        }
        return String.join(" and ", waiting);
    }
}

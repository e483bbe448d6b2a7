package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.environment.Participants.Supply;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;

/**
 * The end of an environment: the runtime first, within its share of the time; then {@code SHUTDOWN} to the external
 * extensions that registered for it and the end of those that did not; then everybody's exit, or the deadline (spec:
 * aws-contract §2.4). Guarded by the owner's lock.
 */
final class ShutdownSequence {

    private static final Duration WITH_INTERNAL_ONLY = Duration.ofMillis(500);
    private static final Duration WITH_EXTERNAL = Duration.ofSeconds(2);
    private static final Duration RUNTIME_SHARE_BESIDE_EXTERNAL = Duration.ofMillis(300);

    private final Owner owner;
    private final Participants participants;
    private final ExtensionRegistry extensions;
    private final BooleanSupplier runtimeRuns;
    private final Runnable onOver;
    private final ShutdownReason reason;
    private final Instant deadline;
    private final Duration total;
    private boolean extensionsTold;
    private boolean over;

    ShutdownSequence(
            Owner owner,
            Participants participants,
            ExtensionRegistry extensions,
            BooleanSupplier runtimeRuns,
            ShutdownReason reason,
            Runnable onOver) {
        this.owner = owner;
        this.participants = participants;
        this.extensions = extensions;
        this.runtimeRuns = runtimeRuns;
        this.reason = reason;
        this.onOver = onOver;
        this.total = extensions.hasExternal()
                ? WITH_EXTERNAL
                : extensions.hasInternal() ? WITH_INTERNAL_ONLY : Duration.ZERO;
        this.deadline = owner.now().plus(total);
    }

    void begin() {
        owner.record(new Event.ShutdownStarted(reason, deadline));
        if (runtimeRuns.getAsBoolean()) {
            if (total.isZero()) {
                killRuntime();
            } else {
                owner.effect(() -> participants.terminate(Participant.RUNTIME));
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
        if (over || runtimeRuns.getAsBoolean()) {
            return;
        }
        if (!extensionsTold) {
            extensionsTold = true;
            extensions.all().forEach(this::tell);
        }
        for (ExtensionAgent agent : extensions.all()) {
            agent.handOver();
            if (agent.supply() == Supply.CLIENT && agent.wasToldToShutDown()) {
                agent.setGone(); // told, and that is all that can be seen of it
            }
        }
        if (extensions.all().stream().allMatch(ExtensionAgent::isGone)) {
            over = true;
            onOver.run();
        }
    }

    private void tell(ExtensionAgent agent) {
        boolean registered = agent.wants(ExtensionEventType.SHUTDOWN);
        boolean hasFailed = agent.isIn(ExtensionState.INIT_ERROR) || agent.isIn(ExtensionState.EXIT_ERROR);
        if (!agent.isExternal()) {
            agent.setGone(); // it lives in the runtime and ended with it
        } else if (registered && !hasFailed) {
            agent.send(new ExtensionEvent.Shutdown(deadline, reason), null);
        } else if (agent.supply() == Supply.CLIENT) {
            agent.setGone();
        } else if (!registered) {
            owner.effect(() -> participants.kill(agent.participant(), "it did not register for SHUTDOWN"));
        } // who has failed is told nothing, and has until the deadline to exit
    }

    private void killRuntime() {
        if (runtimeRuns.getAsBoolean()) {
            owner.effect(() -> participants.kill(
                    Participant.RUNTIME, extensions.size() == 0 ? "there is no extension" : "its time is over"));
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
                owner.effect(() -> participants.kill(agent.participant(), "its time is over"));
            }
        }
        advance();
    }
}

package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.environment.InvocationTask.Readiness;
import io.lambdasimulator.internal.environment.Participants.Supply;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An extension of one init: its state, its parked poll and what is due to it. Guarded by the owner's lock. */
final class ExtensionAgent {

    /** An event and, for an {@code INVOKE}, the account of how far the extension is with it. */
    private record Due(ExtensionEvent event, @Nullable Readiness readiness) {}

    private final Owner owner;
    private final boolean external;
    private final Supply supply;
    private final Participant participant;

    private ExtensionState state = ExtensionState.STARTED;
    private Set<ExtensionEventType> events = Set.of();
    private @Nullable UUID identifier;
    private @Nullable String errorType;
    private @Nullable Poll<ExtensionEvent> poll;

    /** Where the state goes back to if the parked poll is withdrawn. */
    private ExtensionState beforeReady = ExtensionState.REGISTERED;

    /** Not yet handed to a poll. */
    private @Nullable Due pending;

    /** Handed over last, and not yet followed by a further poll. */
    private @Nullable Due delivered;

    /** The poll it was handed to, until the extension's next call shows that it arrived. */
    private @Nullable Poll<ExtensionEvent> unconfirmed;

    private boolean launched;
    private boolean started;
    private boolean gone;

    ExtensionAgent(Owner owner, String name, boolean external, Supply supply) {
        this.owner = owner;
        this.external = external;
        this.supply = supply;
        this.participant = Participant.extension(name);
    }

    String name() {
        return participant.name();
    }

    Participant participant() {
        return participant;
    }

    boolean isExternal() {
        return external;
    }

    Supply supply() {
        return supply;
    }

    ExtensionState state() {
        return state;
    }

    boolean isIn(ExtensionState wanted) {
        return state == wanted;
    }

    boolean wants(ExtensionEventType type) {
        return events.contains(type);
    }

    boolean has(UUID wanted) {
        return wanted.equals(identifier);
    }

    boolean isRegistered() {
        return identifier != null;
    }

    void move(ExtensionState next) {
        owner.record(new Event.ExtensionStateChanged(name(), state, next));
        state = next;
    }

    UUID register(Set<ExtensionEventType> wanted) throws CallRefused {
        ExtensionCall.REGISTER.check(state, name());
        UUID given = UUID.randomUUID();
        identifier = given;
        events = wanted;
        owner.record(new Event.ExtensionRegistered(name(), external, wanted));
        move(ExtensionState.REGISTERED);
        return given;
    }

    /** A call of the registered extension: checks its state and takes it as proof that the last event arrived. */
    void called(ExtensionCall call) throws CallRefused {
        call.check(state, String.valueOf(identifier));
        unconfirmed = null;
    }

    /** The poll before the next one, if it is not certain what became of it: still parked, or handed an event just now. */
    @Nullable Poll<ExtensionEvent> unsettledPoll() {
        return poll != null ? poll : unconfirmed;
    }

    /**
     * Parks a poll.
     *
     * @return the account of the {@code INVOKE} that this poll ends, if it ends one
     */
    @Nullable Readiness park(Poll<ExtensionEvent> parked) {
        setPoll(parked);
        beforeReady = state;
        move(ExtensionState.READY);
        Readiness readiness = delivered == null ? null : delivered.readiness();
        delivered = null;
        return readiness;
    }

    private void setPoll(@Nullable Poll<ExtensionEvent> parked) {
        poll = parked;
        owner.waits(participant, parked != null);
    }

    void send(ExtensionEvent event, @Nullable Readiness readiness) {
        pending = new Due(event, readiness);
    }

    /** The invocation has ended: its event is not to be handed over any more. */
    void forget() {
        pending = null;
        unconfirmed = null;
    }

    void handOver() {
        Due due = pending;
        Poll<ExtensionEvent> receiver = poll;
        if (due == null || receiver == null || state != ExtensionState.READY) {
            return;
        }
        pending = null;
        setPoll(null);
        delivered = due;
        unconfirmed = receiver;
        move(ExtensionState.RUNNING);
        if (due.readiness() != null) {
            due.readiness().received();
        }
        Optional<String> requestId = due.event() instanceof ExtensionEvent.Invoke invoke
                ? Optional.of(invoke.requestId())
                : Optional.empty();
        owner.record(new Event.EventDelivered(participant, due.event().type(), requestId));
        owner.effect(() -> receiver.deliver(due.event()));
    }

    /** Whether it was handed {@code SHUTDOWN} and has not polled since. */
    boolean wasToldToShutDown() {
        return delivered != null && delivered.event() instanceof ExtensionEvent.Shutdown;
    }

    /** A poll's client has gone, be it parked or in the middle of a delivery. */
    void withdraw(Poll<?> withdrawn) {
        if (poll == withdrawn) {
            owner.record(new Event.PollWithdrawn(participant));
            owner.effect(withdrawn::drop);
            setPoll(null);
            if (state == ExtensionState.READY) {
                move(beforeReady);
            }
        } else if (unconfirmed == withdrawn && state == ExtensionState.RUNNING) {
            owner.record(new Event.PollWithdrawn(participant));
            unconfirmed = null;
            pending = delivered;
            delivered = null;
            if (pending != null && pending.readiness() != null) {
                pending.readiness().notReceived();
            }
            move(beforeReady);
        }
    }

    /** It reported an error; a poll that it has parked meanwhile is refused. */
    void reportError(ExtensionState target, String type) {
        errorType = type;
        move(target);
        Poll<ExtensionEvent> parked = poll;
        if (parked != null) {
            setPoll(null);
            CallRefused refusal = CallRefused.extensionState(
                    target, ExtensionCall.NEXT, String.valueOf(identifier), "Concurrent state modification");
            owner.effect(() -> parked.refuse(refusal));
        }
    }

    void launchFailed(String type) {
        errorType = type;
        gone = true;
        move(ExtensionState.LAUNCH_ERROR);
    }

    boolean hasParkedPoll() {
        return poll != null;
    }

    void dropPoll() {
        Poll<ExtensionEvent> parked = poll;
        setPoll(null);
        pending = null;
        if (parked != null) {
            owner.effect(parked::drop);
        }
    }

    /** It is being started; a client that connects by itself needs none of this. */
    void launched() {
        launched = true;
    }

    /** Whether there is anything that could end. */
    boolean isLaunched() {
        return launched || supply == Supply.CLIENT;
    }

    void started() {
        started = true;
    }

    /** Whether there is anything to tell of it: it was started, could not be, or connected by itself. */
    boolean hasAppeared() {
        return started || supply == Supply.CLIENT || state != ExtensionState.STARTED;
    }

    /** Whether its end was seen, or is not to be waited for. */
    boolean isGone() {
        return gone;
    }

    void setGone() {
        gone = true;
    }

    ExtensionInfo info() {
        return new ExtensionInfo(
                name(),
                external,
                state,
                events,
                Optional.ofNullable(identifier).map(UUID::toString),
                Optional.ofNullable(errorType));
    }
}

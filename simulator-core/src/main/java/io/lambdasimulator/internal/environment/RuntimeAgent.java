package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The runtime of one init: its state, its parked polls and what is due to it. Guarded by the owner's lock. */
final class RuntimeAgent {

    private final Owner owner;
    private RuntimeState state = RuntimeState.STARTED;

    /** Oldest first; more than one only if the runtime polls again beside a live poll. */
    private final ArrayDeque<Poll<InvocationEvent>> polls = new ArrayDeque<>();

    /** Where the state goes back to if all parked polls are withdrawn. */
    private RuntimeState beforeReady = RuntimeState.STARTED;

    /** Dispatched and not yet handed to a poll. */
    private @Nullable InvocationEvent pending;

    /** Handed to {@link #unconfirmed}, none of whom has shown by a further call that it arrived. */
    private @Nullable InvocationEvent delivered;

    private final Set<Poll<?>> unconfirmed = new HashSet<>();

    private boolean gone;

    RuntimeAgent(Owner owner) {
        this.owner = owner;
    }

    RuntimeState state() {
        return state;
    }

    void move(RuntimeState next) {
        owner.record(new Event.RuntimeStateChanged(state, next));
        state = next;
    }

    /**
     * A call of the runtime: checks that its state allows it, and takes it as proof that the last event arrived. Who asks for an
     * event while another has it proves nothing: the other may be gone, and so may he.
     */
    void called(RuntimeCall call) throws CallRefused {
        call.check(state);
        if (call != RuntimeCall.NEXT || state != RuntimeState.RUNNING) {
            unconfirmed.clear();
        }
    }

    /** A poll while an invocation is under way gets the same event. */
    void replay(Poll<InvocationEvent> poll, InvocationEvent event) {
        delivered = event;
        unconfirmed.add(poll);
        owner.effect(() -> poll.deliver(event));
    }

    /** Parks a poll, in any state that allows it but {@link RuntimeState#RUNNING}. */
    void park(Poll<InvocationEvent> poll) {
        polls.addLast(poll);
        owner.waits(Participant.RUNTIME, true);
        if (state != RuntimeState.READY) {
            beforeReady = state;
            move(RuntimeState.READY);
        }
    }

    /** An invocation is dispatched: whichever poll comes first gets it. */
    void dispatch(InvocationEvent event) {
        pending = event;
    }

    /** The invocation has ended: nobody is to get it any more. */
    void forget() {
        pending = null;
        unconfirmed.clear();
    }

    boolean isPending() {
        return pending != null;
    }

    void handOver() {
        InvocationEvent event = pending;
        if (event == null || state != RuntimeState.READY || polls.isEmpty()) {
            return;
        }
        Poll<InvocationEvent> poll = polls.removeFirst();
        owner.waits(Participant.RUNTIME, false);
        pending = null;
        delivered = event;
        unconfirmed.add(poll);
        move(RuntimeState.RUNNING);
        owner.record(new Event.EventDelivered(
                Participant.RUNTIME, ExtensionEventType.INVOKE, Optional.of(event.requestId())));
        owner.effect(() -> poll.deliver(event));
    }

    /** A poll's client has gone, be it parked or in the middle of a delivery. */
    void withdraw(Poll<?> poll) {
        if (polls.remove(poll)) {
            owner.waits(Participant.RUNTIME, !polls.isEmpty());
            owner.record(new Event.PollWithdrawn(Participant.RUNTIME));
            owner.effect(poll::drop);
            if (polls.isEmpty() && state == RuntimeState.READY) {
                move(beforeReady);
            }
        } else if (unconfirmed.remove(poll) && state == RuntimeState.RUNNING) {
            owner.record(new Event.PollWithdrawn(Participant.RUNTIME));
            if (unconfirmed.isEmpty()) {
                pending = delivered;
                move(polls.isEmpty() ? beforeReady : RuntimeState.READY);
            }
        }
    }

    void adoptPollsOf(RuntimeAgent before) {
        before.polls.forEach(this::park);
        before.polls.clear();
    }

    int parkedPolls() {
        return polls.size();
    }

    void dropPolls() {
        for (Poll<InvocationEvent> poll : polls) {
            owner.effect(poll::drop);
        }
        polls.clear();
        owner.waits(Participant.RUNTIME, false);
        pending = null;
    }

    /** Whether its end was seen. */
    boolean isGone() {
        return gone;
    }

    void setGone() {
        gone = true;
    }
}

package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.RuntimeState;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The runtime of one init. Guarded by the environment's lock. */
final class RuntimeAgent {

    RuntimeState state = RuntimeState.STARTED;

    /** Parked polls, oldest first; more than one only if the runtime polls again beside a live poll. */
    final ArrayDeque<Poll<InvocationEvent>> polls = new ArrayDeque<>();

    /** Where the state goes back to if the parked polls are withdrawn. */
    RuntimeState beforeReady = RuntimeState.STARTED;

    /** Dispatched and not yet handed to a poll. */
    @Nullable InvocationTask pending;

    /** The poll that took the current invocation, until the runtime's next call shows that it arrived. */
    @Nullable Poll<InvocationEvent> unconfirmed;

    boolean gone;
}

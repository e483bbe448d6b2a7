package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.internal.environment.Participants.Supply;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An extension of one init. Guarded by the environment's lock. */
final class ExtensionAgent {

    final String name;
    final boolean external;
    final Supply supply;
    final Participant participant;

    ExtensionState state = ExtensionState.STARTED;
    Set<ExtensionEventType> events = EnumSet.noneOf(ExtensionEventType.class);

    @Nullable UUID identifier;

    @Nullable String errorType;

    @Nullable Poll<ExtensionEvent> poll;

    /** Where the state goes back to if the parked poll is withdrawn. */
    ExtensionState beforeReady = ExtensionState.REGISTERED;

    /** Due and not yet handed to a poll. */
    @Nullable ExtensionEvent pending;

    /** What was handed over last, and through which poll, until the next call shows that it arrived. */
    @Nullable ExtensionEvent delivered;

    @Nullable Poll<ExtensionEvent> unconfirmed;

    boolean gone;

    ExtensionAgent(String name, boolean external, Supply supply) {
        this.name = name;
        this.external = external;
        this.supply = supply;
        this.participant = Participant.extension(name);
    }

    boolean isRegistered() {
        return identifier != null;
    }

    boolean wants(ExtensionEventType type) {
        return events.contains(type);
    }

    /** The identifier in messages about a registered extension. */
    String printedIdentifier() {
        return String.valueOf(identifier);
    }

    ExtensionInfo info() {
        return new ExtensionInfo(
                name,
                external,
                state,
                events,
                Optional.ofNullable(identifier).map(UUID::toString),
                Optional.ofNullable(errorType));
    }
}

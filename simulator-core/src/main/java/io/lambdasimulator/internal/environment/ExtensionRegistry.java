package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.internal.environment.Participants.Supply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The extensions of one init, in order of launch or registration. Guarded by the owner's lock. */
final class ExtensionRegistry {

    private final Owner owner;
    private final boolean unexpectedOnesAreExternal;
    private final Map<String, ExtensionAgent> byName = new LinkedHashMap<>();
    private final List<ExtensionAgent> expected = new ArrayList<>();
    private boolean closed;

    ExtensionRegistry(Owner owner, boolean unexpectedOnesAreExternal) {
        this.owner = owner;
        this.unexpectedOnesAreExternal = unexpectedOnesAreExternal;
    }

    /** Adds an external extension that init waits for. */
    void expect(String name, Supply supply) {
        ExtensionAgent agent = new ExtensionAgent(owner, name, true, supply);
        byName.put(name, agent);
        expected.add(agent);
    }

    /** No extension that is not expected can register any more. */
    void close() {
        closed = true;
    }

    /** The order of the checks is that of AWS's core (spec: on-demand §1.8). */
    UUID register(String name, List<String> eventNames) throws CallRefused {
        ExtensionAgent known = byName.get(name);
        boolean external = known == null ? unexpectedOnesAreExternal : known.isExternal();
        Set<ExtensionEventType> events = Collections.unmodifiableSet(events(eventNames, external));
        if (known != null && external) {
            return known.register(events);
        }
        if (closed) {
            throw CallRefused.registrationClosed();
        }
        if (byName.size() >= Limits.EXTENSIONS) {
            throw CallRefused.tooManyExtensions();
        }
        if (known != null) {
            throw CallRefused.nameTaken();
        }
        ExtensionAgent agent = new ExtensionAgent(owner, name, external, Supply.CLIENT);
        UUID identifier = agent.register(events);
        byName.put(name, agent);
        return identifier;
    }

    private static Set<ExtensionEventType> events(List<String> names, boolean external) throws CallRefused {
        Set<ExtensionEventType> events = EnumSet.noneOf(ExtensionEventType.class);
        for (String name : names) {
            switch (name) {
                case "INVOKE" -> events.add(ExtensionEventType.INVOKE);
                case "SHUTDOWN" -> {
                    if (!external) {
                        throw CallRefused.shutdownForInternal();
                    }
                    events.add(ExtensionEventType.SHUTDOWN);
                }
                default -> throw CallRefused.unknownEvent(name);
            }
        }
        return events;
    }

    /** Those that init waits for, in the order in which they are launched. */
    List<ExtensionAgent> expected() {
        return List.copyOf(expected);
    }

    Collection<ExtensionAgent> all() {
        return byName.values();
    }

    @Nullable ExtensionAgent named(String name) {
        return byName.get(name);
    }

    @Nullable ExtensionAgent withIdentifier(UUID identifier) {
        for (ExtensionAgent agent : byName.values()) {
            if (agent.has(identifier)) {
                return agent;
            }
        }
        return null;
    }

    int size() {
        return byName.size();
    }

    boolean hasExternal() {
        return byName.values().stream().anyMatch(ExtensionAgent::isExternal);
    }

    boolean hasInternal() {
        return byName.values().stream().anyMatch(agent -> !agent.isExternal());
    }

    boolean allAre(ExtensionState state) {
        return byName.values().stream().allMatch(agent -> agent.isIn(state));
    }

    /** The names of those who have yet to register. */
    List<String> missing() {
        return byName.values().stream()
                .filter(agent -> agent.isIn(ExtensionState.STARTED))
                .map(ExtensionAgent::name)
                .toList();
    }
}

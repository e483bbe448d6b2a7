package io.lambdasimulator.environment;

import java.util.Optional;
import java.util.Set;

/**
 * An extension as the environment sees it at one moment.
 *
 * @param name its name
 * @param external whether it is external (has a life of its own beside the runtime) or internal
 * @param state its state
 * @param events what it registered for; empty before it registered
 * @param identifier the {@code Lambda-Extension-Identifier} it was given when it registered
 * @param errorType the error type it reported, or why it could not be launched
 */
public record ExtensionInfo(
        String name,
        boolean external,
        ExtensionState state,
        Set<ExtensionEventType> events,
        Optional<String> identifier,
        Optional<String> errorType) {}

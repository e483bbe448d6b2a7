package io.lambdasimulator.environment;

/** The life cycle events that an extension can register for; the constant's name is the wire name. */
public enum ExtensionEventType {
    /** An invocation begins. */
    INVOKE,
    /** The environment shuts down; for external extensions only. */
    SHUTDOWN
}

package io.lambdasimulator.environment;

/**
 * Who takes part in an execution environment: the runtime or an extension.
 *
 * @param kind what it is
 * @param name the extension's name; {@code runtime} for the runtime
 */
public record Participant(Kind kind, String name) {

    /** The runtime. */
    public static final Participant RUNTIME = new Participant(Kind.RUNTIME, "runtime");

    /** What a participant is. */
    public enum Kind {
        /** The runtime. */
        RUNTIME,
        /** An external or internal extension. */
        EXTENSION
    }

    /**
     * An extension.
     *
     * @param name its name
     * @return the participant
     */
    public static Participant extension(String name) {
        return new Participant(Kind.EXTENSION, name);
    }

    @Override
    public String toString() {
        return kind == Kind.RUNTIME ? "runtime" : "extension " + name;
    }
}

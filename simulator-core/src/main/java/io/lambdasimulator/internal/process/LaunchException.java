package io.lambdasimulator.internal.process;

/** A process could not be started. The message is worded as the service's: {@code fork/exec PATH: permission denied}. */
public final class LaunchException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Why, in the terms that the platform distinguishes. */
    public enum Reason {
        /** No such program. */
        NOT_FOUND,
        /** Not executable, or a directory. */
        PERMISSION_DENIED,
        /** Neither {@code #!} nor a native header. */
        EXEC_FORMAT,
        /** The working directory does not exist or is none. */
        WORKING_DIRECTORY,
        /** This platform cannot start a process in a session of its own, or the system refused. */
        UNSUPPORTED,
        /** The launcher is closed, or the JVM is shutting down. */
        CLOSED
    }

    private final Reason reason;

    public LaunchException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}

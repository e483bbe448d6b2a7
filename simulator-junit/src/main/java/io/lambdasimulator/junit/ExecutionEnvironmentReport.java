package io.lambdasimulator.junit;

/**
 * Carries what an execution environment saw to whoever prints a failure, as a suppressed exception: so every build tool and
 * IDE shows it.
 */
final class ExecutionEnvironmentReport extends Exception {

    private static final long serialVersionUID = 1L;

    ExecutionEnvironmentReport(String message) {
        super(message, null, false, false);
    }

    /** Without the name of the class, which tells a reader nothing. */
    @Override
    @SuppressWarnings("OverrideThrowableToString")
    public String toString() {
        return String.valueOf(getMessage());
    }
}

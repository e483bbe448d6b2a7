package io.lambdasimulator.environment;

/**
 * How a process ended. {@link #describe()} words it as the service's error messages do.
 */
public sealed interface ProcessExit {

    /**
     * Ended by itself.
     *
     * @param code the exit code
     */
    record Code(int code) implements ProcessExit {
        @Override
        public String describe() {
            return "exit status " + code;
        }
    }

    /**
     * Ended by a signal.
     *
     * @param number the signal's number, such as 9
     */
    record Signal(int number) implements ProcessExit {
        @Override
        public String describe() {
            return "signal: " + name(number);
        }

        // The names that Go prints, since they reach callers in AWS's error payloads.
        private static String name(int number) {
            return switch (number) {
                case 1 -> "hangup";
                case 2 -> "interrupt";
                case 3 -> "quit";
                case 4 -> "illegal instruction";
                case 5 -> "trace/breakpoint trap";
                case 6 -> "aborted";
                case 7 -> "bus error";
                case 8 -> "floating point exception";
                case 9 -> "killed";
                case 10 -> "user defined signal 1";
                case 11 -> "segmentation fault";
                case 12 -> "user defined signal 2";
                case 13 -> "broken pipe";
                case 14 -> "alarm clock";
                case 15 -> "terminated";
                default -> "signal " + number;
            };
        }
    }

    /**
     * The end in the service's words.
     *
     * @return {@code exit status 1}, {@code signal: killed} and the like
     */
    String describe();

    /**
     * Whether the process ended by itself with code 0.
     *
     * @return true for code 0
     */
    default boolean isSuccess() {
        return this instanceof Code exited && exited.code() == 0;
    }

    /**
     * Reads what Java reports for a process: 130 to 192 stand for a signal. So would 129, for SIGHUP, which terminals send and
     * Lambda has none; but it is the code that AWS's runtime interface client for Node.js exits with after an exception that
     * nobody caught.
     *
     * @param exitValue what {@link Process#exitValue()} returned
     * @return the end
     */
    static ProcessExit of(int exitValue) {
        return exitValue >= 130 && exitValue <= 192 ? new Signal(exitValue - 128) : new Code(exitValue);
    }
}

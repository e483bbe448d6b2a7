package io.lambdasimulator.participant;

/**
 * An extension in the test's own JVM. The simulator gives it a thread; it registers and polls over HTTP, as any extension
 * does.
 */
@FunctionalInterface
public interface ExtensionProgram {

    /**
     * Runs the extension until it has received {@code SHUTDOWN}. Returning stands for exit code 0, an exception for exit
     * code 1. The thread is interrupted when the environment ends without it.
     *
     * @throws Exception to end as a crash
     */
    void run() throws Exception;

    /** Makes an extension for one execution environment. */
    @FunctionalInterface
    interface Factory {

        /**
         * Makes the extension.
         *
         * @param context where the APIs are, and the time
         * @return the extension
         */
        ExtensionProgram create(ExtensionContext context);
    }
}

package io.lambdasimulator.participant;

import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/**
 * What an extension in the test's JVM is given: where the APIs are, and the time.
 *
 * @param runtimeApi host and port of the APIs, as in {@code AWS_LAMBDA_RUNTIME_API}
 * @param clock the environment's clock
 * @param scheduler for the extension's timers. It stands still while the environment is frozen: what became due meanwhile
 *     runs on thaw. It ends with the extension
 * @param output takes what the extension writes to its log, as the standard output of a process would; line by line
 */
public record ExtensionContext(
        String runtimeApi, Clock clock, ScheduledExecutorService scheduler, Consumer<String> output) {

    /**
     * Writes to the extension's log.
     *
     * @param text one or more lines
     */
    public void log(String text) {
        output.accept(text);
    }
}

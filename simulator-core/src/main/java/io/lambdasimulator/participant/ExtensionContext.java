package io.lambdasimulator.participant;

import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What an extension in the test's JVM is given: where the APIs are, and the time.
 *
 * @param runtimeApi host and port of the APIs, as in {@code AWS_LAMBDA_RUNTIME_API}
 * @param clock the environment's clock
 * @param scheduler for the extension's timers. It stands still while the environment is frozen: what became due meanwhile
 *     runs on thaw. It ends with the extension
 */
public record ExtensionContext(String runtimeApi, Clock clock, ScheduledExecutorService scheduler) {}

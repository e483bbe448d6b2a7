package io.lambdasimulator.internal.process;

import java.util.concurrent.TimeUnit;

/** Waits that an interrupt does not cut short: the interrupted thread is often the one that cleans up. */
final class Waiting {

    private Waiting() {}

    /** Waits for a process; the interrupt, if any, stays set. Returns whether the process ended. */
    static boolean forExit(Process process, long boundNanos) {
        long start = System.nanoTime();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor(boundNanos - (System.nanoTime() - start), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

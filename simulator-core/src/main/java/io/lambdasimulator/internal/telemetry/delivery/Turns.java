package io.lambdasimulator.internal.telemetry.delivery;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does one thing whenever it is asked to, never twice at a time, on threads of a pool. Requests that come meanwhile are one. */
final class Turns {

    private static final Logger LOG = LoggerFactory.getLogger(Turns.class);

    private final AtomicInteger asked = new AtomicInteger();
    private final Executor executor;
    private final Runnable turn;

    Turns(Executor executor, Runnable turn) {
        this.executor = executor;
        this.turn = turn;
    }

    /** After this call there is a turn, whole. Never blocks. */
    void ask() {
        if (asked.getAndIncrement() == 0) {
            try {
                executor.execute(this::run);
            } catch (RejectedExecutionException e) {
                run(); // all is closed, and whoever asks is told so
            }
        }
    }

    private void run() {
        int seen;
        do {
            seen = asked.get();
            try {
                turn.run();
            } catch (Throwable e) { // whatever it is, such as a full heap, there have to be turns afterwards
                LOG.error("a turn failed", e);
            }
        } while (!asked.compareAndSet(seen, 0));
    }
}

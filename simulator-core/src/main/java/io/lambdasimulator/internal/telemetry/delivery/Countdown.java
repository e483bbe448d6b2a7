package io.lambdasimulator.internal.telemetry.delivery;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A timer that can stand still. Its owner's lock guards it. */
final class Countdown {

    private final ScheduledExecutorService scheduler;
    private long nanosLeft;
    private Runnable atEnd = () -> {};
    private @Nullable ScheduledFuture<?> running;

    /** Does not run yet. */
    Countdown(ScheduledExecutorService scheduler, Duration duration) {
        this.scheduler = scheduler;
        this.nanosLeft = duration.toNanos();
    }

    void atEnd(Runnable action) {
        atEnd = action;
    }

    void run() {
        if (running == null) {
            try {
                running = scheduler.schedule(atEnd, nanosLeft, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                // The environment is closing, and closes its subscribers too.
            }
        }
    }

    void standStill() {
        if (running != null) {
            nanosLeft = Math.max(0, running.getDelay(TimeUnit.NANOSECONDS));
            cancel();
        }
    }

    void cancel() {
        if (running != null) {
            running.cancel(false);
            running = null;
        }
    }
}

package io.lambdasimulator.internal.time;

import io.lambdasimulator.time.Busy;
import java.util.function.Consumer;

/** A participant in this JVM: busy from its start to its end, but for while it waits for an event. */
public final class Presence {

    private final Busy busy;
    private final Consumer<Presence> onEnd;
    private boolean waiting;
    private boolean ending;

    Presence(Busy busy, Consumer<Presence> onEnd) {
        this.busy = busy;
        this.onEnd = onEnd;
    }

    synchronized void waits(boolean waits) {
        if (!ending && waits != waiting) {
            waiting = waits;
            if (waits) {
                busy.pause();
            } else {
                busy.resume();
            }
        }
    }

    /** Runs it. */
    public void run(Runnable body) {
        busy.run(body);
    }

    /** Asks its thread to end; from now on it is awaited wherever it is. */
    public synchronized void end(Thread thread) {
        if (!ending) {
            ending = true;
            if (waiting) {
                busy.resume();
            }
        }
        busy.interrupt(thread);
    }

    /** It is gone. */
    public void leave() {
        busy.close();
        onEnd.accept(this);
    }
}

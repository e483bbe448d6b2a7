package io.lambdasimulator.internal.time;

import io.lambdasimulator.time.Busy;
import java.util.function.Consumer;

/** A participant in this JVM: busy from its start to its end, but for while it waits for an event. */
public final class Presence {

    private final Busy busy;
    private final Consumer<Presence> onEnd;
    private boolean waiting;
    private int heldBack;
    private boolean paused;
    private boolean ending;

    Presence(Busy busy, Consumer<Presence> onEnd) {
        this.busy = busy;
        this.onEnd = onEnd;
    }

    synchronized void waits(boolean waits) {
        waiting = waits;
        pauseOrGoOn();
    }

    /** So many more of its calls wait for an instant. */
    synchronized void heldBack(int more) {
        heldBack += more;
        pauseOrGoOn();
    }

    private void pauseOrGoOn() {
        boolean pauses = waiting || heldBack > 0;
        if (!ending && pauses != paused) {
            paused = pauses;
            if (pauses) {
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
            if (paused) {
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

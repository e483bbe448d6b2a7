package io.lambdasimulator.internal.telemetry.delivery;

import java.util.List;
import java.util.function.Consumer;

/** The way to one destination. Used by one subscriber's turns, for one attempt at a time. */
interface Sender {

    /** Gets ready, before time counts. May take a while. */
    void prepare();

    /** Puts lines together as the destination wants them. */
    byte[] assemble(List<byte[]> lines);

    /**
     * Begins an attempt; does not wait for it.
     *
     * @param onEnd told once, by any thread, at the latest when the attempt is given up
     */
    Attempt send(byte[] body, Consumer<Outcome> onEnd);

    /** Ends what is left open. Does not block. */
    void close();

    /** An attempt under way. */
    interface Attempt {
        /** Ends it, for this reason; what has been seen of it decides what became of it. Does not block. */
        void giveUp(String why);
    }
}

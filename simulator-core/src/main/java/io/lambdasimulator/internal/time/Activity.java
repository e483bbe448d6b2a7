package io.lambdasimulator.internal.time;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.time.Busy;
import io.lambdasimulator.time.VirtualClock;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What an environment is busy with, as a virtual clock has to know before it moves. Under any other clock nothing is kept.
 *
 * <p>One rule makes it complete: whoever hands work on begins to be busy with it before he himself has ended.
 */
public final class Activity {

    private static final Busy NOT_KEPT = new NotKept();

    private final @Nullable VirtualClock clock;
    private final Map<Participant, Presence> hosted = new ConcurrentHashMap<>();

    private Activity(@Nullable VirtualClock clock) {
        this.clock = clock;
    }

    public static Activity under(Clock clock) {
        return new Activity(clock instanceof VirtualClock virtual ? virtual : null);
    }

    /** For whoever has no clock. */
    public static Activity notKept() {
        return new Activity(null);
    }

    /** Something begins, and is over when it is closed. */
    public Busy begin(String who) {
        return clock == null ? NOT_KEPT : clock.busy(who);
    }

    /** An executor whose tasks count from the moment in which they are handed to it. */
    public Executor counting(String who, Executor executor) {
        if (clock == null) {
            return executor;
        }
        return task -> {
            Busy busy = begin(who);
            try {
                executor.execute(() -> {
                    try {
                        busy.run(task);
                    } finally {
                        busy.close();
                    }
                });
            } catch (Throwable e) {
                busy.close();
                throw e;
            }
        };
    }

    /** A participant starts in this JVM. */
    public Presence enters(Participant participant) {
        Presence presence =
                new Presence(begin(participant + " in this JVM"), ended -> hosted.remove(participant, ended));
        hosted.put(participant, presence);
        return presence;
    }

    /** Whether a participant waits for an event; that of one that does not live in this JVM cannot be known to matter. */
    public void waits(Participant participant, boolean waits) {
        Presence presence = hosted.get(participant);
        if (presence != null) {
            presence.waits(waits);
        }
    }

    /** A call of a participant is held back until some instant: until then it waits. Returns what ends that. */
    public Runnable holdBack(Participant participant) {
        Presence presence = hosted.get(participant);
        if (presence == null) {
            return () -> {};
        }
        presence.heldBack(1);
        return () -> presence.heldBack(-1);
    }

    private static final class NotKept implements Busy {
        @Override
        public void pause() {}

        @Override
        public void resume() {}

        @Override
        public void run(Runnable task) {
            task.run();
        }

        @Override
        public void interrupt(Thread thread) {
            thread.interrupt();
        }

        @Override
        public void close() {}
    }
}

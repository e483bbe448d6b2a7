package io.lambdasimulator.internal.participant;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.internal.time.Presence;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A participant in this JVM: a thread whose end stands for a process's exit. */
public final class HostedThread {

    private static final Logger LOG = LoggerFactory.getLogger(HostedThread.class);
    private static final long GRACE_MILLIS = 500;
    private static final ProcessExit KILLED = new ProcessExit.Signal(9);

    /** What the thread does. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    private final Thread thread;
    private final Presence presence;
    private final Consumer<ProcessExit> onExit;
    private final AtomicBoolean reported = new AtomicBoolean();
    private volatile boolean ending;

    private HostedThread(Participant participant, Body body, Presence presence, Consumer<ProcessExit> onExit) {
        this.presence = presence;
        this.onExit = onExit;
        this.thread = new Thread(() -> presence.run(() -> run(participant, body)), "lambda-" + participant.name());
        thread.setDaemon(true);
    }

    static HostedThread start(Participant participant, Body body, Presence presence, Consumer<ProcessExit> onExit) {
        HostedThread hosted = new HostedThread(participant, body, presence, onExit);
        hosted.thread.start();
        return hosted;
    }

    private void run(Participant participant, Body body) {
        ProcessExit exit = new ProcessExit.Code(0);
        try {
            body.run();
        } catch (Throwable e) { // whatever ends the thread is the participant's end, an Error as well
            exit = ending ? KILLED : new ProcessExit.Code(1);
            if (!ending) {
                LOG.warn("{} ended with an exception", participant, e);
            }
        }
        report(exit);
    }

    private void report(ProcessExit exit) {
        if (reported.compareAndSet(false, true)) {
            onExit.accept(exit);
            presence.leave();
        }
    }

    /** Asks the thread to end, unless it was asked before: who cleans up must not be interrupted again. */
    void endUnlessEnding() {
        if (!ending) {
            end();
        }
    }

    /** Asks the thread to end, by interrupt. */
    void end() {
        ending = true;
        presence.end(thread);
    }

    /** Waits a moment for the end. A thread that ignores its interrupt is left behind, named, and counts as killed. */
    void awaitEnd() {
        if (reported.get() || thread == Thread.currentThread()) {
            return;
        }
        try {
            thread.join(GRACE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive() && !reported.get()) {
            LOG.warn(
                    "{} ignores its interrupt and stays behind; it is a daemon thread. It is at:\n    {}",
                    thread.getName(),
                    Arrays.toString(thread.getStackTrace()));
            report(KILLED);
        }
    }
}

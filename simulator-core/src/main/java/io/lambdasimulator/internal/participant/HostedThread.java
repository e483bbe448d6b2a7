package io.lambdasimulator.internal.participant;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A participant in this JVM: a thread whose end stands for a process's exit. */
public final class HostedThread {

    private static final Logger LOG = LoggerFactory.getLogger(HostedThread.class);
    private static final long END_MILLIS = 2_000;

    /** What the thread does. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    private final Thread thread;
    private volatile boolean ending;

    private HostedThread(Participant participant, Body body, Consumer<ProcessExit> onExit) {
        thread = new Thread(() -> run(participant, body, onExit), "lambda-" + participant.name());
        thread.setDaemon(true);
    }

    static HostedThread start(Participant participant, Body body, Consumer<ProcessExit> onExit) {
        HostedThread hosted = new HostedThread(participant, body, onExit);
        hosted.thread.start();
        return hosted;
    }

    private void run(Participant participant, Body body, Consumer<ProcessExit> onExit) {
        ProcessExit exit = new ProcessExit.Code(0);
        try {
            body.run();
        } catch (Throwable e) { // whatever ends the thread is the participant's end, an Error as well
            exit = ending ? new ProcessExit.Signal(9) : new ProcessExit.Code(1);
            if (!ending) {
                LOG.warn("{} ended with an exception", participant, e);
            }
        }
        onExit.accept(exit);
    }

    /** Asks the thread to end, by interrupt. */
    void end() {
        ending = true;
        thread.interrupt();
    }

    /** Waits a while for the end; a thread that ignores interrupts is left behind and named. */
    void awaitEnd() {
        try {
            thread.join(END_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.warn(
                    "{} ignores its interrupt and stays behind; it is a daemon thread. It is at:\n    {}",
                    thread.getName(),
                    java.util.Arrays.toString(thread.getStackTrace()));
        }
    }
}

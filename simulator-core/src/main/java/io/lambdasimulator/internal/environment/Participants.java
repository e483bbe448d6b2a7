package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.Participant;

/**
 * What the environment can do to those who take part in it. No method blocks or throws; outcomes come back as
 * {@link ExecutionEnvironment#launchFailed} and {@link ExecutionEnvironment#exited}.
 */
public interface Participants {

    /** How a participant comes into being. */
    enum Supply {
        /** The simulator launches a process. */
        PROCESS,
        /** The simulator runs it in this JVM. */
        HOSTED,
        /** It connects by itself; its end cannot be seen. */
        CLIENT
    }

    void launch(Participant participant);

    /** SIGTERM or its like. */
    void terminate(Participant participant);

    /** SIGKILL or its like; the reason is for people. */
    void kill(Participant participant, String reason);

    /** Runs a task once the event log holds every line that processes had written when this was called. */
    void afterOutput(Runnable task);
}

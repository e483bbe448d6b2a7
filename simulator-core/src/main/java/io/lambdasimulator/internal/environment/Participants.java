package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.Participant;
import java.util.OptionalLong;

/**
 * What the environment can do to those who take part in it. No method blocks or throws; outcomes come back as
 * {@link ExecutionEnvironment#launchFailed}, {@link ExecutionEnvironment#neverLaunched} and {@link ExecutionEnvironment#exited}.
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

    /**
     * One launch of a participant. After a reset it is launched again, as another generation: who ends late is not taken for
     * who has just started.
     */
    record Launch(Participant participant, int generation) {
        @Override
        public String toString() {
            return participant.toString();
        }
    }

    /** Launches it, unless the launch of another of its generation has failed before. */
    void launch(Launch launch);

    /** Has it said, when those before it have been launched, that this one is not. */
    void refuseToLaunch(Launch launch, String errorType, String message);

    /** SIGTERM or its like. */
    void terminate(Launch launch);

    /** It has been told to end, or knows that it has failed, and is to have a moment to end by itself. */
    void expectEnd(Launch launch);

    /** SIGKILL or its like; the reason is for people. */
    void kill(Launch launch, String reason);

    /** A reset is over: nobody of that generation is needed any more, nor whoever they left behind. */
    void endAll(int generation);

    /**
     * Stops everything that can be stopped, and says {@link ExecutionEnvironment#frozen} once all of it stands still; a
     * {@link #thaw} meanwhile cuts it short.
     */
    void freeze(long round);

    /** Wakes everything up, and says {@link ExecutionEnvironment#thawed}. */
    void thaw(long round);

    /** Looks at the memory that they use, soon. */
    void lookAtMemory();

    /** The most memory that they were seen to use at once, in bytes; empty where nothing could be seen. */
    OptionalLong maxMemoryUsed();

    /** Runs a task once the event log holds every line that processes had written when this was called. */
    void afterOutput(Runnable task);
}

package io.lambdasimulator.internal.process;

import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.process.FreezeResult.Outcome;
import io.lambdasimulator.participant.Command;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Freezing and thawing one group of processes, against the bare {@code kill(2)} that is at the heart of it. What has to be
 * undone for the next round is not measured.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class FreezeBenchmark {

    private static final Duration BOUND = Duration.ofSeconds(1);

    /** A process that leads a group, and as many children as make up the number. */
    @State(Scope.Thread)
    public abstract static class Group {

        @Param({"1", "3", "10"})
        public int processes;

        private final ProcessLauncher launcher = new ProcessLauncher();
        private final Posix posix = Posix.system();
        LaunchedProcess leader;

        @Setup
        public void launch() throws Exception {
            String script = "for i in $(seq 2 " + processes + "); do sleep 10000 & done; exec sleep 10000";
            leader = launcher.launch(
                    "group",
                    Command.of("sh", "-c", script),
                    Map.of("PATH", System.getenv("PATH")),
                    null,
                    new ProcessListener() {
                        @Override
                        public void started(long pid) {}

                        @Override
                        public void line(Event.OutputStream stream, String line) {}

                        @Override
                        public void exited(ProcessExit exit) {}
                    });
            while (confirmed(freezeAndCount()) < processes) {
                leader.thaw();
            }
            leader.thaw();
        }

        FreezeResult freezeAndCount() {
            return leader.freeze(BOUND);
        }

        static int confirmed(FreezeResult result) {
            if (result.outcome() != Outcome.CONFIRMED) {
                throw new IllegalStateException(result.toString());
            }
            return result.processes();
        }

        void kill(int signal) {
            posix.signalGroup(Math.toIntExact(leader.pid()), signal);
        }

        @TearDown
        public void close() {
            launcher.close();
        }
    }

    /** One that runs before each round. */
    public static class Running extends Group {
        @TearDown(Level.Invocation)
        public void thaw() {
            leader.thaw();
            kill(Posix.SIGCONT);
        }
    }

    /** One that is frozen before each round. */
    public static class Frozen extends Group {
        @Setup(Level.Invocation)
        public void freeze() {
            confirmed(freezeAndCount());
        }
    }

    @Benchmark
    public int freeze(Running group) {
        return Group.confirmed(group.freezeAndCount());
    }

    @Benchmark
    public void thaw(Frozen group) {
        group.leader.thaw();
    }

    @Benchmark
    public void killStop(Running group) {
        group.kill(Posix.SIGSTOP);
    }

    @Benchmark
    public void killContinue(Frozen group) {
        group.kill(Posix.SIGCONT);
    }
}

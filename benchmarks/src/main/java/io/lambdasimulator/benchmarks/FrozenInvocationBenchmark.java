package io.lambdasimulator.benchmarks;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import java.time.Duration;
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

/** What freezing costs an invocation of the example runtime beside the example extension, both in Python. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class FrozenInvocationBenchmark {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final InvocationRequest EVENT = InvocationRequest.of("{}");

    /** An environment that freezes between invocations, or does not. */
    @State(Scope.Thread)
    public static class Environment {

        @Param
        public FreezeMode freeze;

        LambdaSimulator lambda;

        @Setup
        public void start() {
            lambda = LambdaSimulator.builder()
                    .freeze(freeze)
                    .runtime(Command.of("python3", "../examples/python/runtime.py"))
                    .extension("extension.py", Command.of("python3", "../examples/python/extension.py"))
                    .start()
                    .awaitInit(LIMIT);
        }

        @TearDown
        public void close() {
            lambda.close();
        }
    }

    /** One that has come to rest before each invocation. */
    public static class Idle extends Environment {
        @Setup(Level.Invocation)
        public void rest() {
            lambda.awaitPhase(freeze == FreezeMode.SIGNAL ? EnvironmentPhase.FROZEN : EnvironmentPhase.READY, LIMIT);
        }
    }

    /** Each invocation comes as soon as the one before it is complete, and so cuts the freeze short. */
    @Benchmark
    public InvocationReport oneAfterTheOther(Environment environment) {
        return environment.lambda.submit(EVENT).awaitCompletion(LIMIT);
    }

    @Benchmark
    public InvocationReport afterAPause(Idle environment) {
        return environment.lambda.submit(EVENT).awaitCompletion(LIMIT);
    }
}

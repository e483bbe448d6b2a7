package io.lambdasimulator.assertj;

import io.lambdasimulator.SimulatedProcess;
import io.lambdasimulator.environment.ProcessExit;
import java.time.Duration;
import java.util.Optional;
import org.assertj.core.api.AbstractAssert;

/**
 * Assertions on the process of the runtime or of an extension. Those that wait are bounded in real time; the others look at what
 * is so now, which is the last word once the environment is closed.
 */
public final class ProcessAssert extends AbstractAssert<ProcessAssert, SimulatedProcess> {

    ProcessAssert(SimulatedProcess actual) {
        super(actual, ProcessAssert.class);
    }

    /**
     * Checks that it was started and has not ended.
     *
     * @return this
     */
    public ProcessAssert isRunning() {
        isNotNull();
        if (!actual.isRunning()) {
            throw unlike("to be running");
        }
        return this;
    }

    /**
     * Waits for its end.
     *
     * @param atMost how long to wait
     * @return this
     * @throws AssertionError when it has not ended in time; the message shows what is known of it
     */
    public ProcessAssert exitsWithin(Duration atMost) {
        isNotNull();
        Waits.orFail(this, () -> actual.awaitExit(atMost));
        return this;
    }

    /**
     * Checks that it has ended by itself.
     *
     * @param code the exit code
     * @return this
     */
    public ProcessAssert hasExitCode(int code) {
        return hasEnded(new ProcessExit.Code(code));
    }

    /**
     * Checks that it was ended by a signal.
     *
     * @param number the signal's number, such as 9 or 15
     * @return this
     */
    public ProcessAssert wasEndedBySignal(int number) {
        return hasEnded(new ProcessExit.Signal(number));
    }

    private ProcessAssert hasEnded(ProcessExit exit) {
        isNotNull();
        if (!actual.exit().equals(Optional.of(exit))) {
            throw unlike("to have ended with " + exit.describe());
        }
        return this;
    }

    /**
     * Waits for a line of output.
     *
     * @param text what the line has to hold
     * @param atMost how long to wait
     * @return this
     * @throws AssertionError when there is none in time; the message shows what it has printed
     */
    public ProcessAssert printsWithin(String text, Duration atMost) {
        isNotNull();
        Waits.orFail(this, () -> actual.awaitOutput(text, atMost));
        return this;
    }

    /**
     * Checks that a line of its output, on either stream, holds a text.
     *
     * @param text the text
     * @return this
     */
    public ProcessAssert hasPrinted(String text) {
        isNotNull();
        if (actual.output().stream().noneMatch(line -> line.contains(text))) {
            throw unlike("to have printed \"" + text + "\"");
        }
        return this;
    }

    /**
     * Checks that no line of its output, on either stream, holds a text.
     *
     * @param text the text
     * @return this
     */
    public ProcessAssert hasNotPrinted(String text) {
        isNotNull();
        if (actual.output().stream().anyMatch(line -> line.contains(text))) {
            throw unlike("not to have printed \"" + text + "\"");
        }
        return this;
    }

    private AssertionError unlike(String expectation) {
        return failure(
                "expected %s %s, but it is %s%n%s",
                actual.participant(), expectation, actual.describe(), actual.describeOutput());
    }
}

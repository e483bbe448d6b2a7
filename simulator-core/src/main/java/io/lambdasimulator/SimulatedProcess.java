package io.lambdasimulator;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.internal.event.Printable;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Waits;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The runtime or an extension as a process, as far as the event log tells: its id, its output, its end. Every method shows
 * what is so when it is called; after {@link LambdaSimulator#close()} that is the last word. Safe for use by any thread.
 *
 * <pre>{@code
 * SimulatedProcess extension = lambda.process(Participant.extension("my-extension"));
 *
 * extension.awaitOutput("flushed", Duration.ofSeconds(5));
 * lambda.close();
 *
 * assertEquals(Optional.of(new ProcessExit.Code(0)), extension.exit());
 * }</pre>
 */
public final class SimulatedProcess {

    private static final int SHOWN = 20;

    private final Participant participant;
    private final RecordingEventLog log;

    SimulatedProcess(Participant participant, RecordingEventLog log) {
        this.participant = participant;
        this.log = log;
    }

    /** The newest start and what is known of its end. */
    private record Life(
            Event.@Nullable ParticipantStarted started,
            @Nullable ProcessExit exit,
            Event.@Nullable LaunchFailed failed) {}

    private Life life() {
        Life life = new Life(null, null, null);
        for (EventLog.Entry entry : log.entries()) {
            Event event = entry.event();
            if (event instanceof Event.ParticipantStarted started && isOurs(started.participant())) {
                life = new Life(started, null, null);
            } else if (event instanceof Event.ParticipantExited exited && isOurs(exited.participant())) {
                life = new Life(life.started(), exited.exit(), null);
            } else if (event instanceof Event.LaunchFailed failed && isOurs(failed.participant())) {
                life = new Life(null, null, failed);
            }
        }
        return life;
    }

    private boolean isOurs(Participant other) {
        return other.equals(participant);
    }

    /**
     * Whose process it is.
     *
     * @return the runtime or an extension
     */
    public Participant participant() {
        return participant;
    }

    /**
     * The process id of its newest start.
     *
     * @return the id; empty before it was started, and for an object in this JVM
     */
    public Optional<Long> pid() {
        return Optional.ofNullable(life().started()).flatMap(Event.ParticipantStarted::pid);
    }

    /**
     * Whether it was started and has not ended.
     *
     * @return true while its end has not been seen
     */
    public boolean isRunning() {
        Life life = life();
        return life.started() != null && life.exit() == null;
    }

    /**
     * How it ended.
     *
     * @return the exit of its newest start; empty before it was started and while it runs
     */
    public Optional<ProcessExit> exit() {
        return Optional.ofNullable(life().exit());
    }

    /**
     * What it has printed so far, as far as the event log holds it.
     *
     * @return the lines of both streams, in the order in which they were read
     */
    public List<String> output() {
        return lines(output -> true);
    }

    /**
     * What it has printed to one stream so far, as far as the event log holds it.
     *
     * @param stream standard output or standard error
     * @return the lines, oldest first
     */
    public List<String> output(Event.OutputStream stream) {
        return lines(output -> output.stream() == stream);
    }

    private List<String> lines(Predicate<Event.ProcessOutput> condition) {
        return log.events(Event.ProcessOutput.class).stream()
                .filter(output -> isOurs(output.participant()))
                .filter(condition)
                .map(Event.ProcessOutput::line)
                .toList();
    }

    /**
     * Waits for the end of its newest start, which may have come already.
     *
     * @param atMost how long to wait, in real time
     * @return how it ended
     * @throws IllegalStateException when it has not ended in time; the message tells what is known of it
     */
    public ProcessExit awaitExit(Duration atMost) {
        long from = log.nextSequence();
        Optional<ProcessExit> known = exit();
        if (known.isPresent()) {
            return known.get();
        }
        return log.find(from, Event.ParticipantExited.class, exited -> isOurs(exited.participant()), atMost)
                .map(Event.ParticipantExited::exit)
                .orElseThrow(() -> inVain("ended", atMost));
    }

    /**
     * Waits for a line of output, which may have been printed already.
     *
     * @param text what the line holds
     * @param atMost how long to wait, in real time
     * @return the first such line
     * @throws IllegalStateException when there is none in time; the message shows what was printed instead
     */
    public String awaitOutput(String text, Duration atMost) {
        return log.find(
                        0,
                        Event.ProcessOutput.class,
                        output -> isOurs(output.participant()) && output.line().contains(text),
                        atMost)
                .map(Event.ProcessOutput::line)
                .orElseThrow(() -> inVain("printed \"" + log.secrets().hide(text) + "\"", atMost));
    }

    private IllegalStateException inVain(String what, Duration atMost) {
        return new IllegalStateException(participant + " has not " + what
                + (log.isClosed() ? " before the environment was closed" : " " + Waits.within(atMost))
                + "; it is " + describe() + "\n" + describeOutput());
    }

    /**
     * What is known of it, for people.
     *
     * @return one line, such as {@code process 4711: ./my-extension} or {@code ended with exit status 1: ./my-extension}
     */
    public String describe() {
        Life life = life();
        Event.LaunchFailed failed = life.failed();
        if (failed != null) {
            return log.secrets().hide("not launched, " + failed.errorType() + ": " + failed.message());
        }
        Event.ParticipantStarted started = life.started();
        if (started == null) {
            return log.dropped() > 0 ? "not known, since older events were dropped" : "not started";
        }
        String where = started.pid().map(id -> "process " + id).orElse("in this JVM");
        String command = ": " + started.command();
        ProcessExit exit = life.exit();
        return log.secrets().hide(where + (exit == null ? "" : ", which ended with " + exit.describe()) + command);
    }

    /**
     * The newest lines of its output, for people: {@code |} for standard output, {@code !} for standard error. Credentials
     * are replaced by {@code ***}, and control characters shown as in a Java string.
     *
     * @return several lines
     */
    public String describeOutput() {
        List<Event.ProcessOutput> all = log.events(Event.ProcessOutput.class).stream()
                .filter(output -> isOurs(output.participant()))
                .toList();
        if (all.isEmpty()) {
            return "it has printed nothing";
        }
        int leftOut = Math.max(0, all.size() - SHOWN);
        return "it has printed"
                + (leftOut == 0 ? ":\n" : ", beside " + leftOut + " earlier lines:\n")
                + all.subList(leftOut, all.size()).stream()
                        .map(output -> (output.stream() == Event.OutputStream.STDERR ? "  ! " : "  | ")
                                + Printable.of(log.secrets().hide(output.line()))
                                        .replace("\n", "\n    "))
                        .collect(Collectors.joining("\n"));
    }

    @Override
    public String toString() {
        return participant + ", " + describe();
    }
}

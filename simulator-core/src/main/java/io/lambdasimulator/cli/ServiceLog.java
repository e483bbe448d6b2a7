package io.lambdasimulator.cli;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.telemetry.SystemLogLines;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Prints what a function's log would hold, as it happens and in the order in which it happened: the service's own lines
 * and the output of the runtime and of extensions.
 *
 * <p>A thread of its own follows the event log, so that a reader who does not keep up holds nothing back but the printing.
 * What the event log drops meanwhile is told on standard error.
 */
final class ServiceLog {

    private final RecordingEventLog log;
    private final SystemLogLines lines;
    private final PrintStream out;
    private final PrintStream err;
    private final Consumer<Event> observer;
    private final Thread thread;

    private ServiceLog(
            RecordingEventLog log, SystemLogLines lines, PrintStream out, PrintStream err, Consumer<Event> observer) {
        this.log = log;
        this.lines = lines;
        this.out = out;
        this.err = err;
        this.observer = observer;
        this.thread = new Thread(this::follow, "lambda-service-log");
        thread.setDaemon(true);
    }

    /**
     * Starts to print, from the first event on.
     *
     * @param observer told of each event after its lines were printed
     */
    static ServiceLog start(
            EventLog log, SystemLogLines lines, PrintStream out, PrintStream err, Consumer<Event> observer) {
        // The log of every environment is one; following it is no part of the public interface.
        ServiceLog printer = new ServiceLog((RecordingEventLog) log, lines, out, err, observer);
        printer.thread.start();
        return printer;
    }

    private void follow() {
        try {
            long next = 0;
            List<EventLog.Entry> entries = log.awaitFrom(next);
            while (!entries.isEmpty()) {
                long missed = entries.get(0).sequence() - next;
                if (missed > 0) {
                    err.println(Main.NAME + ": standard output was not read in time: " + missed
                            + " events made room for newer ones and are not printed");
                }
                entries.forEach(this::print);
                out.flush();
                next = entries.get(entries.size() - 1).sequence() + 1;
                entries = log.awaitFrom(next);
            }
        } catch (InterruptedException e) {
            // Nobody waits for the rest.
        }
    }

    private void print(EventLog.Entry entry) {
        Event event = entry.event();
        if (event instanceof Event.ProcessOutput output) {
            out.println(output.line());
        } else {
            lines.of(entry).forEach(out::println);
        }
        observer.accept(event);
    }

    /**
     * Waits until everything is printed, which takes the event log to be closed.
     *
     * @return false when that takes longer
     */
    boolean awaitEnd(Duration atMost) {
        try {
            thread.join(atMost.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }
}

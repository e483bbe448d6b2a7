package io.lambdasimulator.internal.event;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Draws the event log as text. */
public final class Timeline {

    private static final int LONGEST_LINE = 160;

    private Timeline() {}

    /** The whole log. */
    public static String of(RecordingEventLog log) {
        return of(log, Integer.MAX_VALUE);
    }

    /** The newest lines, with a word on those before. */
    public static String of(RecordingEventLog log, int newest) {
        long dropped = log.dropped();
        List<EventLog.Entry> entries = log.entries();
        Instant start = entries.isEmpty() ? Instant.EPOCH : entries.get(0).time();
        List<EventLog.Entry> lines =
                entries.stream().filter(entry -> isWorthALine(entry.event())).toList();
        StringBuilder text = new StringBuilder();
        if (dropped > 0) {
            text.append("  (").append(dropped).append(" older events were dropped)\n");
        }
        int leftOut = Math.max(0, lines.size() - newest);
        if (leftOut > 0) {
            text.append("  (").append(leftOut).append(" earlier lines left out)\n");
        }
        for (EventLog.Entry entry : lines.subList(leftOut, lines.size())) {
            String line = line(start, entry, log.secrets());
            text.append(line, 0, Math.min(line.length(), LONGEST_LINE))
                    .append(line.length() > LONGEST_LINE ? "…\n" : "\n");
        }
        return text.toString();
    }

    private static String line(Instant start, EventLog.Entry entry, Secrets secrets) {
        double seconds = Duration.between(start, entry.time()).toNanos() / 1e9;
        String what = secrets.hide(entry.event().describe());
        return String.format(
                Locale.ROOT,
                "%10.4f s  %s",
                seconds,
                Printable.of(what.replace('\n', ' ').replace('\r', ' ')));
    }

    /** States and successful calls show in what they lead to. */
    private static boolean isWorthALine(Event event) {
        if (event instanceof Event.CallAnswered call) {
            return call.status() >= 400;
        }
        return !(event instanceof Event.RuntimeStateChanged
                || event instanceof Event.ExtensionStateChanged
                || event instanceof Event.InitStarted
                || event instanceof Event.InitRuntimeDone
                || event instanceof Event.InvocationQueued);
    }
}

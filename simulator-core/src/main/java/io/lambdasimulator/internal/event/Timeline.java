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

    public static String of(EventLog log) {
        List<EventLog.Entry> entries = log.entries();
        StringBuilder text = new StringBuilder();
        if (log.dropped() > 0) {
            text.append("  (").append(log.dropped()).append(" older events were dropped)\n");
        }
        Instant start = entries.isEmpty() ? Instant.EPOCH : entries.get(0).time();
        for (EventLog.Entry entry : entries) {
            if (isWorthALine(entry.event())) {
                double seconds = Duration.between(start, entry.time()).toNanos() / 1e9;
                String line = String.format(
                        Locale.ROOT,
                        "%10.4f s  %s",
                        seconds,
                        entry.event().describe().replace('\n', ' ').replace('\r', ' '));
                text.append(line, 0, Math.min(line.length(), LONGEST_LINE))
                        .append(line.length() > LONGEST_LINE ? "…\n" : "\n");
            }
        }
        return text.toString();
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

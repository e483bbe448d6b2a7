package io.lambdasimulator.internal.telemetry.delivery;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A log in a list. An entry is a list of events, often of one. */
final class ListFeed implements Feed {

    private final List<List<String>> entries = new ArrayList<>();
    private final List<Subscriber> subscribers = new ArrayList<>();
    private final boolean platform;
    private int gone;

    ListFeed(boolean platform) {
        this.platform = platform;
    }

    ListFeed() {
        this(true);
    }

    synchronized void wakes(Subscriber subscriber) {
        subscribers.add(subscriber);
    }

    /** Logs entries of one event each. Wakes under the lock, as the log does. */
    synchronized void log(String... events) {
        for (String event : events) {
            logEntry(event);
        }
    }

    /** Logs one entry, which yields these events. */
    synchronized void logEntry(String... events) {
        entries.add(List.of(events));
        subscribers.forEach(Subscriber::wake);
    }

    /** The retention takes what is before a place. */
    synchronized void forget(int before) {
        gone = before;
    }

    @Override
    public synchronized Chunk read(long from, int atMost) {
        long first = Math.max(from, gone);
        long next = Math.max(first, Math.min(entries.size(), first + atMost));
        List<Line> lines = new ArrayList<>();
        for (long place = first; place < next; place++) {
            for (String event : entries.get((int) place)) {
                lines.add(new Line(place, event.getBytes(StandardCharsets.UTF_8)));
            }
        }
        return new Chunk(lines, next, first - from);
    }

    @Override
    public synchronized long end() {
        return entries.size();
    }

    @Override
    public byte @Nullable [] logsDropped(long records, long bytes, String reason) {
        String notice = "{\"dropped\":" + records + ",\"bytes\":" + bytes + ",\"reason\":\"" + reason + "\"}";
        return platform ? notice.getBytes(StandardCharsets.UTF_8) : null;
    }
}

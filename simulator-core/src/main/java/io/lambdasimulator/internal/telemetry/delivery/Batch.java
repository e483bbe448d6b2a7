package io.lambdasimulator.internal.telemetry.delivery;

import io.lambdasimulator.internal.telemetry.delivery.Feed.Line;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchOutcome;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Events that go together. One without events is there for the sake of a notice. The subscriber's lock guards it. */
final class Batch {

    private final long number;
    private final Instant opened;
    private final Instant due;
    private List<Line> lines = new ArrayList<>();
    private long bytes;
    private int attempts;
    private int attemptsBeforeStart;
    private @Nullable Instant closed;

    Batch(long number, Instant opened, Instant due) {
        this.number = number;
        this.opened = opened;
        this.due = due;
    }

    long number() {
        return number;
    }

    Instant opened() {
        return opened;
    }

    /** What comes at this instant or later is for the next batch, whether or not its timer has been heard by then. */
    boolean isDue(Instant now) {
        return !now.isBefore(due);
    }

    void add(Line line) {
        lines.add(line);
        bytes += line.json().length;
    }

    boolean isFull(Buffering buffering) {
        return lines.size() >= buffering.maxItems() || bytes >= buffering.maxBytes();
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    long firstPlace() {
        return lines.get(0).place();
    }

    int events() {
        return lines.size();
    }

    long bytes() {
        return bytes;
    }

    void close(Instant now) {
        closed = now;
    }

    /** Takes out what is at a place or behind it. */
    List<Line> cutOff(long from) {
        int kept = lines.size();
        while (kept > 0 && lines.get(kept - 1).place() >= from) {
            kept--;
        }
        List<Line> tail = List.copyOf(lines.subList(kept, lines.size()));
        if (!tail.isEmpty()) {
            lines = new ArrayList<>(lines.subList(0, kept));
            bytes -= bytes(tail);
        }
        return tail;
    }

    static long bytes(List<Line> lines) {
        return lines.stream().mapToLong(line -> line.json().length).sum();
    }

    int attempts() {
        return attempts;
    }

    int attemptsSinceStart() {
        return attempts - attemptsBeforeStart;
    }

    /** What was tried so far does not count: it was for somebody else. */
    void startOver() {
        attemptsBeforeStart = attempts;
    }

    void attempted() {
        attempts++;
    }

    /** Its events behind a notice. Only when it is under way, for then nobody changes them. */
    List<byte[]> events(byte @Nullable [] notice) {
        List<byte[]> all = new ArrayList<>(lines.size() + 1);
        if (notice != null) {
            all.add(notice);
        }
        for (Line line : lines) {
            all.add(line.json());
        }
        return all;
    }

    BatchReport report(BatchOutcome outcome, @Nullable Instant settled) {
        return new BatchReport(
                isEmpty() ? -1 : firstPlace(),
                isEmpty() ? -1 : lines.get(lines.size() - 1).place(),
                lines.size(),
                bytes,
                attempts,
                opened,
                closed == null ? opened : closed,
                Optional.ofNullable(settled),
                outcome);
    }
}

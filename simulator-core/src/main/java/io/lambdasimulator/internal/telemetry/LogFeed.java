package io.lambdasimulator.internal.telemetry;

import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.telemetry.delivery.Feed;
import io.lambdasimulator.telemetry.TelemetryRecord;
import io.lambdasimulator.telemetry.TelemetryRecord.PlatformLogsDropped;
import io.lambdasimulator.telemetry.TelemetryType;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The event log as one subscriber sees it. */
final class LogFeed implements Feed {

    private final RecordingEventLog log;
    private final RecordingEventLog.Reader reader;
    private final Clock clock;
    private final TelemetryRecords records;
    private final Schema schema;
    private final Set<TelemetryType> types;
    private final TelemetryJson json;

    /** Reads from a place on, or from the oldest one that there is: what nobody had subscribed to is no loss. */
    LogFeed(RecordingEventLog log, long from, Clock clock, TelemetryRecords records, Subscription subscription) {
        this.log = log;
        this.clock = clock;
        this.records = records;
        this.schema = subscription.schema();
        this.types = EnumSet.copyOf(subscription.types());
        this.json = new TelemetryJson(schema, records.function().logFormat());
        this.reader = log.reader(from, event -> records.of(event, schema, types).size());
    }

    /** The place of the first entry. */
    long begin() {
        return reader.begin();
    }

    @Override
    public void close() {
        reader.close();
    }

    @Override
    public Chunk read(long from, int atMost) {
        RecordingEventLog.Turn turn = reader.read(from, atMost);
        List<Line> events = new ArrayList<>();
        for (EventLog.Entry entry : turn.entries()) {
            for (TelemetryRecord record : records.of(entry.event(), schema, types)) {
                events.add(new Line(entry.sequence(), json.bytes(entry.time(), record)));
            }
        }
        return new Chunk(events, turn.next(), turn.missed());
    }

    @Override
    public long end() {
        return log.nextSequence();
    }

    @Override
    public byte @Nullable [] logsDropped(long dropped, long bytes, String reason) {
        return types.contains(TelemetryType.PLATFORM)
                ? json.bytes(clock.instant(), new PlatformLogsDropped(bytes, dropped, reason))
                : null;
    }
}

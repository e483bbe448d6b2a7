package io.lambdasimulator.internal.telemetry;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Waits;
import io.lambdasimulator.telemetry.Telemetry;
import io.lambdasimulator.telemetry.TelemetryEvent;
import io.lambdasimulator.telemetry.TelemetryRecord;
import io.lambdasimulator.telemetry.TelemetrySubscription;
import io.lambdasimulator.telemetry.TelemetryType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The telemetry of an environment as a test sees it: drawn from the event log whenever it is asked for. */
public final class CapturedTelemetry implements Telemetry {

    private static final Schema SCHEMA = Schema.TELEMETRY_2025_01_29;
    private static final Set<TelemetryType> ALL = EnumSet.allOf(TelemetryType.class);
    private static final int SHOWN = 20;

    private final RecordingEventLog log;
    private final TelemetryRecords records;
    private final TelemetryDeliveries deliveries;
    private final TelemetryJson json;

    public CapturedTelemetry(RecordingEventLog log, TelemetryRecords records, TelemetryDeliveries deliveries) {
        this.log = log;
        this.records = records;
        this.deliveries = deliveries;
        this.json = new TelemetryJson(SCHEMA, records.function().logFormat());
    }

    /** A record of the log. */
    private record Captured(Instant time, TelemetryRecord record, TelemetryJson json) implements TelemetryEvent {
        @Override
        public String toJson() {
            return new String(json.bytes(time, record), StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return toJson();
        }
    }

    @Override
    public List<TelemetryEvent> events() {
        return log.entries().stream().flatMap(this::captured).toList();
    }

    private Stream<TelemetryEvent> captured(EventLog.Entry entry) {
        return records.of(entry.event(), SCHEMA, ALL).stream().map(record -> new Captured(entry.time(), record, json));
    }

    private Stream<TelemetryRecord> all() {
        return events().stream().map(TelemetryEvent::record);
    }

    @Override
    public <R extends TelemetryRecord> List<R> events(Class<R> type) {
        return all().filter(type::isInstance).map(type::cast).toList();
    }

    @Override
    public List<TelemetryRecord> of(String requestId) {
        return all().filter(record -> record instanceof TelemetryRecord.OfInvocation one
                        && one.requestId().equals(requestId))
                .toList();
    }

    @Override
    public <R extends TelemetryRecord> R awaitEvent(Class<R> type, Predicate<? super R> condition, Duration atMost) {
        AtomicReference<R> found = new AtomicReference<>();
        Predicate<Event> holdsOne = event -> {
            for (TelemetryRecord record : records.of(event, SCHEMA, ALL)) {
                if (type.isInstance(record) && condition.test(type.cast(record))) {
                    found.set(type.cast(record));
                    return true;
                }
            }
            return false;
        };
        if (log.find(0, Event.class, holdsOne, atMost).isEmpty()) {
            throw notSeen(type, atMost);
        }
        return Objects.requireNonNull(found.get());
    }

    private IllegalStateException notSeen(Class<?> type, Duration atMost) {
        List<TelemetryEvent> events = events();
        List<TelemetryEvent> ofType =
                events.stream().filter(event -> type.isInstance(event.record())).toList();
        List<TelemetryEvent> shown = ofType.isEmpty() ? events : ofType;
        String seen = shown.stream()
                .skip(Math.max(0, shown.size() - SHOWN))
                .map(event -> "  " + log.secrets().hide(event.toJson()))
                .collect(Collectors.joining("\n"));
        return new IllegalStateException("no " + type.getSimpleName() + " as expected "
                + (log.isClosed() ? "before the environment was closed" : Waits.within(atMost))
                + "; "
                + (shown.isEmpty()
                        ? "there is no telemetry at all"
                        : (ofType.isEmpty()
                                        ? "there is none of that type; the newest records are:\n"
                                        : "those that there are:\n")
                                + seen));
    }

    @Override
    public void writeJsonLines(Appendable out) throws IOException {
        for (TelemetryEvent event : events()) {
            out.append(log.secrets().hide(event.toJson())).append('\n');
        }
    }

    @Override
    public String toJsonLines() {
        StringBuilder text = new StringBuilder();
        try {
            writeJsonLines(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a builder takes everything
        }
        return text.toString();
    }

    @Override
    public List<TelemetrySubscription> subscriptions() {
        return List.copyOf(deliveries.subscriptions());
    }

    @Override
    public TelemetrySubscription subscription(String extension) {
        return deliveries.subscriptions().stream()
                .filter(subscription -> subscription.extension().equals(extension))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("extension " + extension
                        + " has not subscribed to telemetry; those that have: "
                        + deliveries.subscriptions().stream()
                                .map(TelemetrySubscription::extension)
                                .toList()));
    }
}

package io.lambdasimulator.internal.telemetry;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.internal.environment.Subscribers;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.telemetry.delivery.Deliveries;
import io.lambdasimulator.internal.telemetry.delivery.Statistics;
import io.lambdasimulator.internal.telemetry.delivery.Statistics.BatchOutcome;
import io.lambdasimulator.internal.telemetry.delivery.Subscriber;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.internal.time.Waits;
import io.lambdasimulator.telemetry.TelemetryApi;
import io.lambdasimulator.telemetry.TelemetrySubscription;
import io.lambdasimulator.telemetry.TelemetryType;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Delivers the telemetry of an environment to the extensions that have subscribed. */
public final class TelemetryDeliveries implements Subscribers, AutoCloseable {

    private final RecordingEventLog log;
    private final Clock clock;
    private final TelemetryRecords records;
    private final Deliveries deliveries;
    private final List<Subscribed> subscribed = new CopyOnWriteArrayList<>();

    /**
     * Where a new subscriber begins: what was before was for those who had subscribed when init was complete (spec:
     * managed-instances §5.2). The owner's lock guards it, as it does what follows.
     */
    private long replayFrom;

    private boolean replayIsOver;

    public TelemetryDeliveries(
            RecordingEventLog log,
            Clock clock,
            ScheduledExecutorService scheduler,
            Activity activity,
            TelemetryRecords records) {
        this.log = log;
        this.clock = clock;
        this.records = records;
        this.deliveries = new Deliveries(clock, scheduler, activity);
        log.followBy(() -> each(Subscriber::wake));
    }

    private void each(Consumer<Subscriber> action) {
        for (Subscribed one : subscribed) {
            action.accept(one.subscriber);
        }
    }

    @Override
    public void subscribe(String extension, Request request) {
        Subscription subscription = (Subscription) request;
        LogFeed feed = new LogFeed(log, replayFrom, clock, records, subscription);
        Subscriber subscriber = deliveries.subscribe(
                extension, feed, feed.begin(), subscription.buffering(), subscription.destination());
        subscribed.add(new Subscribed(extension, subscription, subscriber));
        subscriber.wake(); // for what was appended meanwhile
    }

    @Override
    public void pause() {
        each(Subscriber::pause);
    }

    @Override
    public void resume() {
        each(Subscriber::resume);
    }

    @Override
    public void hold(long place) {
        if (replayIsOver) {
            replayFrom = place;
            replayIsOver = false;
        }
        each(subscriber -> subscriber.hold(place));
    }

    @Override
    public void detach() {
        each(Subscriber::detach);
    }

    @Override
    public void release(String extension) {
        of(List.of(extension)).forEach(one -> one.subscriber.release());
    }

    @Override
    public void release() {
        replayIsOver = true;
        each(Subscriber::release);
    }

    @Override
    public CompletionStage<?> flush(Collection<String> extensions) {
        return CompletableFuture.allOf(of(extensions).stream()
                .map(one -> one.subscriber.flush().toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    }

    private List<Subscribed> of(Collection<String> extensions) {
        return subscribed.stream()
                .filter(one -> extensions.contains(one.extension))
                .toList();
    }

    List<? extends TelemetrySubscription> subscriptions() {
        return List.copyOf(subscribed);
    }

    @Override
    public void close() {
        deliveries.close();
    }

    /** An extension's subscription, for whoever looks at it. */
    private final class Subscribed implements TelemetrySubscription {
        private final String extension;
        private final Subscription subscription;
        private final Subscriber subscriber;

        Subscribed(String extension, Subscription subscription, Subscriber subscriber) {
            this.extension = extension;
            this.subscription = subscription;
            this.subscriber = subscriber;
        }

        @Override
        public String extension() {
            return extension;
        }

        @Override
        public TelemetryApi api() {
            return subscription.api();
        }

        @Override
        public String schemaVersion() {
            return subscription.schema().version();
        }

        @Override
        public List<TelemetryType> types() {
            return subscription.types();
        }

        @Override
        public Delivery delivery() {
            Statistics now = subscriber.statistics();
            return new Delivery(
                    now.accepted(),
                    now.dropped(),
                    now.droppedBytes(),
                    now.waiting(),
                    now.attempts(),
                    now.lag().entries(),
                    now.batches().stream().map(Subscribed::batch).toList());
        }

        private static Batch batch(Statistics.BatchReport batch) {
            return new Batch(
                    batch.events(),
                    batch.bytes(),
                    batch.attempts(),
                    batch.opened(),
                    batch.settled(),
                    batch.outcome() == BatchOutcome.ACCEPTED);
        }

        @Override
        public void awaitReport(String requestId, Duration atMost) {
            long end = System.nanoTime() + Waits.nanos(atMost);
            boolean reported = log.find(
                            0,
                            Event.InvocationCompleted.class,
                            completed -> completed.report().requestId().equals(requestId),
                            atMost)
                    .isPresent();
            if (!reported) {
                throw new IllegalStateException("invocation " + requestId + " has no report " + Waits.within(atMost)
                        + ", which extension " + extension + " could get");
            }
            CompletionStage<?> accepted = subscriber.accepted(placeOfReport(requestId));
            try {
                accepted.toCompletableFuture().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                throw new IllegalStateException("extension " + extension + " has not accepted the report of "
                        + requestId + " " + Waits.within(atMost) + ": " + subscriber.statistics());
            } catch (ExecutionException e) {
                throw new IllegalStateException(
                        "extension " + extension + " does not get everything up to the report of " + requestId + ": "
                                + Objects.requireNonNull(e.getCause()).getMessage(),
                        e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for extension " + extension, e);
            }
        }

        private long placeOfReport(String requestId) {
            return log.entries().stream()
                    .filter(entry -> entry.event() instanceof Event.InvocationCompleted completed
                            && completed.report().requestId().equals(requestId))
                    .mapToLong(EventLog.Entry::sequence)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(
                            "the event log has dropped the report of " + requestId + " already"));
        }
    }
}

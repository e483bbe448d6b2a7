package io.lambdasimulator.internal.environment;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.telemetry.TelemetryApi;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The telemetry subscriptions of an environment. They belong to names and survive a reset (spec: production-captures §7).
 * Guarded by the owner's lock.
 */
final class Subscriptions {

    private final Owner owner;
    private final Subscribers subscribers;
    private final Map<String, Subscribers.Request> requests = new HashMap<>();
    private @Nullable TelemetryApi api;

    Subscriptions(Owner owner, Subscribers subscribers) {
        this.owner = owner;
        this.subscribers = subscribers;
    }

    /** A second subscription of the same name changes nothing, and is not refused. */
    void add(String extension, Subscribers.Request request) throws CallRefused {
        if (api != null && api != request.api()) {
            throw CallRefused.otherTelemetryApi(request.api(), api);
        }
        api = request.api();
        Subscribers.Request first = requests.putIfAbsent(extension, request);
        owner.record(new Event.TelemetrySubscribed(
                extension,
                request.api(),
                first == null ? "Subscribed" : "Already subscribed",
                request.types(),
                first != null && !first.equals(request)));
        if (first == null) {
            subscribers.subscribe(extension, request);
        } else {
            subscribers.release(extension);
        }
    }

    /**
     * Delivers what there is to those of some extensions that have subscribed.
     *
     * @param onDone run under the lock when they have it, or it was given up
     * @return false when there is nobody to wait for; the callback is not run then
     */
    boolean flush(List<String> extensions, Runnable onDone) {
        List<String> present = extensions.stream().filter(requests::containsKey).toList();
        if (present.isEmpty()) {
            return false;
        }
        owner.effect(subscribers::resume); // a flush while paused would be over at once
        owner.effect(() -> {
            var unused = subscribers.flush(present).whenComplete((nothing, failure) -> owner.act(onDone));
        });
        return true;
    }

    /** From here on nothing is for this generation of extensions any more. */
    void hold() {
        subscribers.hold(owner.place());
    }

    /** This generation of extensions ends. */
    void detach() {
        subscribers.detach();
    }

    /** Every extension of the next generation is there. */
    void release() {
        subscribers.release();
    }
}

package io.lambdasimulator.internal.environment;

import io.lambdasimulator.event.Event;
import io.lambdasimulator.telemetry.TelemetryApi;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The telemetry subscriptions of an environment. They belong to names and survive a reset (spec: production-captures §7).
 * Guarded by the owner's lock.
 */
final class Subscriptions {

    private final Owner owner;
    private final Subscribers subscribers;
    private final Set<String> names = new LinkedHashSet<>();
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
        boolean added = names.add(extension);
        owner.record(new Event.TelemetrySubscribed(
                extension, request.api(), added ? "Subscribed" : "Already subscribed", request.types()));
        owner.effect(() -> {
            if (added) {
                subscribers.subscribe(extension, request);
            } else {
                subscribers.release(extension);
            }
        });
    }

    /**
     * Delivers what there is to those of some extensions that have subscribed.
     *
     * @param onDone run under the lock when they have it, or it was given up
     * @return false when there is nobody to wait for; the callback is not run then
     */
    boolean flush(List<String> extensions, Runnable onDone) {
        List<String> present = extensions.stream().filter(names::contains).toList();
        if (present.isEmpty()) {
            return false;
        }
        owner.effect(() -> {
            var unused = subscribers.flush(present).whenComplete((nothing, failure) -> owner.act(onDone));
        });
        return true;
    }

    /** From here on nothing is for this generation of extensions any more. */
    void hold() {
        subscribers.hold(owner.place());
    }

    /** Every extension of the next generation is there. */
    void release() {
        owner.effect(subscribers::release);
    }
}

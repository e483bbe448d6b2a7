package io.lambdasimulator.internal.telemetry;

import io.lambdasimulator.internal.environment.Subscribers;
import io.lambdasimulator.internal.telemetry.delivery.Buffering;
import io.lambdasimulator.internal.telemetry.delivery.Destination;
import io.lambdasimulator.telemetry.TelemetryApi;
import io.lambdasimulator.telemetry.TelemetryType;
import java.util.List;

/** What an extension has subscribed to. */
public record Subscription(Schema schema, List<TelemetryType> types, Buffering buffering, Destination destination)
        implements Subscribers.Request {
    @Override
    public TelemetryApi api() {
        return schema.api();
    }
}

package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ShutdownReason;
import java.time.Instant;

/** What an extension receives. */
public sealed interface ExtensionEvent {

    Instant deadline();

    default ExtensionEventType type() {
        return this instanceof Invoke ? ExtensionEventType.INVOKE : ExtensionEventType.SHUTDOWN;
    }

    record Invoke(String requestId, Instant deadline, String invokedFunctionArn, String traceId)
            implements ExtensionEvent {}

    record Shutdown(Instant deadline, ShutdownReason reason) implements ExtensionEvent {}
}

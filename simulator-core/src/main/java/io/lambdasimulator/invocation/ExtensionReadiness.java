package io.lambdasimulator.invocation;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How far one extension is with one invocation. An extension counts as ready when it has received this invocation's
 * {@code INVOKE} and has polled again after that.
 *
 * @param extension the extension's name
 * @param receivedAt when it was handed the {@code INVOKE}
 * @param polledAgainAt when it asked for its next event
 * @param overhead how long the invocation had to wait for it after the runtime was done; zero when it was ready before
 */
public record ExtensionReadiness(
        String extension, Optional<Instant> receivedAt, Optional<Instant> polledAgainAt, Optional<Duration> overhead) {

    /**
     * Whether the extension is done with the invocation.
     *
     * @return true once it polled again
     */
    public boolean isReady() {
        return polledAgainAt.isPresent();
    }
}

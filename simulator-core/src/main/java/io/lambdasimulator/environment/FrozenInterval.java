package io.lambdasimulator.environment;

import java.time.Instant;
import java.util.Optional;

/**
 * A time in which the environment was frozen.
 *
 * @param from when everybody stood still
 * @param until when the first of them was about to be woken; empty while it is frozen
 */
public record FrozenInterval(Instant from, Optional<Instant> until) {}

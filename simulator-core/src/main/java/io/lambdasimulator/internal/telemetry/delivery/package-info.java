/**
 * How telemetry reaches its subscribers: for each a cursor into the log, a batch that fills, those that wait, and one that is
 * under way to its destination. It knows bytes and places in a log; what they mean is the business of others.
 *
 * <p>All work for a subscriber is done in turns on a pool of threads, never two of one subscriber at a time. A turn reads the
 * log, begins an attempt when one is due, and completes what callers wait for. Whoever changes something (the log has more, a
 * timer ran out, a consumer answered) changes the state under the subscriber's lock, which is held for a few instructions and
 * takes none but that of the clock, and asks for a turn.
 */
@NullMarked
package io.lambdasimulator.internal.telemetry.delivery;

import org.jspecify.annotations.NullMarked;

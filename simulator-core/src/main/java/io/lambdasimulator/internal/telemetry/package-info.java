/** The Telemetry and Logs APIs: records drawn from the event log, subscriptions, and what a test sees of them. */
@NullMarked
package io.lambdasimulator.internal.telemetry;

import org.jspecify.annotations.NullMarked;

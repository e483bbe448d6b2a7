package io.lambdasimulator.environment;

/**
 * How much it takes for a line to be logged, from the least to the most.
 *
 * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html">Log levels</a>
 */
public enum LogLevel {
    /** The most detail. */
    TRACE,
    /** For debugging. */
    DEBUG,
    /** The usual course of things. */
    INFO,
    /** What may lead to an error. */
    WARN,
    /** What went wrong. */
    ERROR,
    /** What the application cannot go on from. */
    FATAL
}

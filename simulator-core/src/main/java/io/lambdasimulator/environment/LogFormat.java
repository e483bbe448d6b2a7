package io.lambdasimulator.environment;

/**
 * The format of a function's log.
 *
 * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html">Log formats</a>
 */
public enum LogFormat {
    /** Lines of text. */
    TEXT,
    /** One JSON object a line; what a function writes otherwise is wrapped in one. */
    JSON
}

package io.lambdasimulator.environment;

/**
 * How a function URL invokes the function (AWS: <a
 * href="https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html">Invoking a response streaming enabled
 * function using Lambda function URLs</a>).
 */
public enum InvokeMode {
    /** As {@code Invoke} does: the caller gets the response when it is complete. */
    BUFFERED,
    /** As {@code InvokeWithResponseStream} does: the caller gets the response as it arrives. */
    RESPONSE_STREAM
}

package io.lambdasimulator.environment;

/**
 * What becomes of {@code Lambda-Runtime-Invocation-Id}, the nonce that newer runtime interface clients echo with their
 * answer.
 */
public enum InvocationIdHeader {
    /** Not sent. */
    OFF,
    /** Sent with each invocation; what the runtime echoes is not looked at. */
    SENT,
    /** Sent, and an answer that echoes another value is refused with 410. */
    ENFORCED
}

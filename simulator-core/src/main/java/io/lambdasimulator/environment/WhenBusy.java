package io.lambdasimulator.environment;

/** What becomes of an invocation that arrives while another is under way or waits. */
public enum WhenBusy {
    /** It waits for its turn; AWS would start another execution environment for it. */
    QUEUE,
    /** It is refused with {@code TooManyRequestsException}, status 429. */
    REJECT
}

package io.lambdasimulator.assertj;

import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Duration;
import org.assertj.core.api.AbstractAssert;

/** Assertions on an invocation under way or over. They wait, bounded in real time. */
public final class InvocationAssert extends AbstractAssert<InvocationAssert, Invocation> {

    InvocationAssert(Invocation actual) {
        super(actual, InvocationAssert.class);
    }

    /**
     * Waits for the caller's answer and goes on to it.
     *
     * @param atMost how long to wait
     * @return assertions on the answer
     * @throws AssertionError when there is none in time; the message tells what the environment waits for
     * @throws io.lambdasimulator.invocation.InvocationRejectedException when it was never run
     */
    public InvocationResultAssert answersWithin(Duration atMost) {
        isNotNull();
        return new InvocationResultAssert(Waits.orFail(this, () -> actual.awaitAnswer(atMost)));
    }

    /**
     * Waits until the runtime and every extension that received it have asked for their next event, or the invocation failed,
     * and checks how it ended.
     *
     * @param status how it has to end
     * @param atMost how long to wait
     * @return this
     * @throws AssertionError when it is not complete in time, or ended otherwise
     * @throws io.lambdasimulator.invocation.InvocationRejectedException when it was never run
     */
    public InvocationAssert completesWithin(InvocationStatus status, Duration atMost) {
        isNotNull();
        InvocationReport report = Waits.orFail(this, () -> actual.awaitCompletion(atMost));
        if (report.status() != status) {
            throw failure(
                    "expected invocation %s to end with status %s, but it ended with %s%s",
                    actual.requestId(),
                    status.wireName(),
                    report.status().wireName(),
                    report.errorType().map(type -> ", " + type).orElse(""));
        }
        return this;
    }

    /**
     * Waits until an extension has received this invocation's {@code INVOKE} and polled again.
     *
     * @param extension the extension's name
     * @param atMost how long to wait
     * @return this
     * @throws AssertionError when it is not ready in time, or the invocation ended without it
     */
    public InvocationAssert extensionIsReadyWithin(String extension, Duration atMost) {
        isNotNull();
        Waits.orFail(this, () -> actual.awaitReadiness(extension, atMost));
        return this;
    }
}

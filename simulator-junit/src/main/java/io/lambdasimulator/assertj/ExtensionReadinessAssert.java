package io.lambdasimulator.assertj;

import io.lambdasimulator.invocation.ExtensionReadiness;
import java.time.Duration;
import org.assertj.core.api.AbstractAssert;

/** Assertions on how far an extension is with an invocation. */
public final class ExtensionReadinessAssert extends AbstractAssert<ExtensionReadinessAssert, ExtensionReadiness> {

    ExtensionReadinessAssert(ExtensionReadiness actual) {
        super(actual, ExtensionReadinessAssert.class);
    }

    /**
     * Checks that the extension has received the {@code INVOKE} and polled again.
     *
     * @return this
     */
    public ExtensionReadinessAssert isReady() {
        isNotNull();
        if (!actual.isReady()) {
            throw failure("expected extension %s to be ready, but it has %s", actual.extension(), progress());
        }
        return this;
    }

    /**
     * Checks that the extension has not polled again.
     *
     * @return this
     */
    public ExtensionReadinessAssert isNotReady() {
        isNotNull();
        if (actual.isReady()) {
            throw failure("expected extension %s not to be ready, but it has %s", actual.extension(), progress());
        }
        return this;
    }

    /**
     * Checks that the extension has received the {@code INVOKE}.
     *
     * @return this
     */
    public ExtensionReadinessAssert hasReceivedInvoke() {
        isNotNull();
        if (actual.receivedAt().isEmpty()) {
            throw failure(
                    "expected extension %s to have received its INVOKE, but it has %s", actual.extension(), progress());
        }
        return this;
    }

    /**
     * Checks how long the invocation had to wait for the extension after the runtime was done.
     *
     * @param limit the longest it may have taken
     * @return this
     */
    public ExtensionReadinessAssert hasOverheadAtMost(Duration limit) {
        isReady();
        Duration overhead = actual.overhead().orElse(Duration.ZERO);
        if (overhead.compareTo(limit) > 0) {
            throw failure(
                    "expected extension %s to hold the invocation up for at most %s, but it was %s",
                    actual.extension(), limit, overhead);
        }
        return this;
    }

    private String progress() {
        return actual.receivedAt().map(at -> "received its INVOKE at " + at).orElse("not received its INVOKE")
                + actual.polledAgainAt().map(at -> " and polled again at " + at).orElse(" and not polled again");
    }
}

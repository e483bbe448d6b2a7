package io.lambdasimulator.assertj;

import java.util.function.Supplier;
import org.assertj.core.api.AbstractAssert;

/** Waits whose failure is one of the assertion. */
final class Waits {

    private Waits() {}

    static <T> T orFail(AbstractAssert<?, ?> assertion, Supplier<T> wait) {
        try {
            return wait.get();
        } catch (IllegalStateException e) {
            String description = assertion.descriptionText();
            throw new AssertionError((description.isEmpty() ? "" : "[" + description + "] ") + e.getMessage(), e);
        }
    }
}

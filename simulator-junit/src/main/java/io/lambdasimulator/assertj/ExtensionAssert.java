package io.lambdasimulator.assertj;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.AbstractAssert;

/** Assertions on an extension as it was at one moment. */
public final class ExtensionAssert extends AbstractAssert<ExtensionAssert, ExtensionInfo> {

    ExtensionAssert(ExtensionInfo actual) {
        super(actual, ExtensionAssert.class);
    }

    /**
     * Checks the state.
     *
     * @param state what it has to be
     * @return this
     */
    public ExtensionAssert hasState(ExtensionState state) {
        isNotNull();
        if (actual.state() != state) {
            throw failure("expected extension %s to be %s, but it was %s", actual.name(), state.wireName(), it());
        }
        return this;
    }

    /**
     * Checks that it has registered, for exactly these events.
     *
     * @param events {@code INVOKE}, {@code SHUTDOWN}, both or none
     * @return this
     */
    public ExtensionAssert isRegisteredFor(ExtensionEventType... events) {
        isNotNull();
        if (actual.identifier().isEmpty()) {
            throw failure("expected extension %s to be registered, but it was %s", actual.name(), it());
        }
        if (!actual.events().equals(Set.of(events))) {
            throw failure(
                    "expected extension %s to be registered for %s, but it was for %s",
                    actual.name(), Set.of(events).stream().sorted().toList(), actual.events());
        }
        return this;
    }

    /**
     * Checks that it is external.
     *
     * @return this
     */
    public ExtensionAssert isExternal() {
        isNotNull();
        if (!actual.external()) {
            throw failure("expected extension %s to be external, but it was internal", actual.name());
        }
        return this;
    }

    /**
     * Checks that it is internal.
     *
     * @return this
     */
    public ExtensionAssert isInternal() {
        isNotNull();
        if (actual.external()) {
            throw failure("expected extension %s to be internal, but it was external", actual.name());
        }
        return this;
    }

    /**
     * Checks the error that it reported, or why it could not be launched.
     *
     * @param errorType the type
     * @return this
     */
    public ExtensionAssert hasErrorType(String errorType) {
        isNotNull();
        if (!actual.errorType().equals(Optional.of(errorType))) {
            throw failure("expected extension %s to have error %s, but it was %s", actual.name(), errorType, it());
        }
        return this;
    }

    /**
     * Checks that it has reported no error and could be launched.
     *
     * @return this
     */
    public ExtensionAssert hasNoError() {
        isNotNull();
        if (actual.errorType().isPresent()) {
            throw failure("expected extension %s to have no error, but it was %s", actual.name(), it());
        }
        return this;
    }

    private String it() {
        return actual.state().wireName()
                + actual.errorType().map(type -> " with error " + type).orElse(" without an error");
    }
}

package io.lambdasimulator.assertj;

import io.lambdasimulator.internal.json.JsonValues;
import io.lambdasimulator.invocation.InvocationResult;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.AbstractAssert;
import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/** Assertions on what the caller of an invocation received. */
public final class InvocationResultAssert extends AbstractAssert<InvocationResultAssert, InvocationResult> {

    private static final int SHOWN = 1_000;

    InvocationResultAssert(InvocationResult actual) {
        super(actual, InvocationResultAssert.class);
    }

    /**
     * Checks that there is no function error.
     *
     * @return this
     */
    public InvocationResultAssert isSuccess() {
        isNotNull();
        if (!actual.isSuccess()) {
            throw failure("expected invocation %s to succeed, but it %s", actual.requestId(), outcome());
        }
        return this;
    }

    /**
     * Checks that there is a function error, of whichever type.
     *
     * @return this
     */
    public InvocationResultAssert isFunctionError() {
        isNotNull();
        if (actual.isSuccess()) {
            throw failure(
                    "expected invocation %s to end with a function error, but it %s", actual.requestId(), outcome());
        }
        return this;
    }

    /**
     * Checks the type of the function error as the platform knows it, see {@link InvocationResult#errorType()}.
     *
     * @param errorType such as {@code Sandbox.Timedout}
     * @return this
     */
    public InvocationResultAssert hasErrorType(String errorType) {
        isNotNull();
        if (!actual.errorType().equals(Optional.of(errorType))) {
            throw failure(
                    "expected invocation %s to end with function error %s, but it %s",
                    actual.requestId(), errorType, outcome());
        }
        return this;
    }

    /**
     * Checks the type and message that the caller finds in the payload of a function error.
     *
     * @param errorType the payload's {@code errorType}
     * @param errorMessage the payload's {@code errorMessage}
     * @return this
     */
    public InvocationResultAssert hasError(String errorType, String errorMessage) {
        isFunctionError();
        Object payload = json();
        Object actualType = payload instanceof Map<?, ?> members ? members.get("errorType") : null;
        Object actualMessage = payload instanceof Map<?, ?> members ? members.get("errorMessage") : null;
        if (!errorType.equals(actualType) || !errorMessage.equals(actualMessage)) {
            throw failureWithActualExpected(
                    actualType + ": " + actualMessage,
                    errorType + ": " + errorMessage,
                    "expected invocation %s to fail with%n  %s: %s%nbut it %s",
                    actual.requestId(),
                    errorType,
                    errorMessage,
                    outcome());
        }
        return this;
    }

    /**
     * Goes on to the message that the caller finds in the payload of a function error.
     *
     * @return AssertJ's assertions on the payload's {@code errorMessage}
     */
    public AbstractStringAssert<?> errorMessage() {
        isFunctionError();
        if (json() instanceof Map<?, ?> members && members.get("errorMessage") instanceof String message) {
            return Assertions.assertThat(message).as("error message of invocation %s", actual.requestId());
        }
        throw failure("expected invocation %s to have an errorMessage, but it %s", actual.requestId(), outcome());
    }

    /**
     * Checks the payload.
     *
     * @param text the payload, read as UTF-8
     * @return this
     */
    public InvocationResultAssert hasPayload(String text) {
        isNotNull();
        if (!actual.payloadText().equals(text)) {
            throw failureWithActualExpected(
                    actual.payloadText(),
                    text,
                    "expected invocation %s to answer%n  %s%nbut it %s",
                    actual.requestId(),
                    cut(text),
                    outcome());
        }
        return this;
    }

    /**
     * Checks the payload as JSON: neither spaces, nor the order of an object's members, nor how a number is written matter.
     *
     * @param json the payload
     * @return this
     * @throws IllegalArgumentException when {@code json} is none
     */
    public InvocationResultAssert hasJsonPayload(String json) {
        isNotNull();
        Object expected = JsonValues.parse(json);
        Assertions.assertThat(json())
                .as(
                        "%spayload of invocation %s%s",
                        described(), actual.requestId(), actual.isSuccess() ? "" : ", which failed")
                .usingRecursiveComparison()
                .withComparatorForType(BigDecimal::compareTo, BigDecimal.class)
                .isEqualTo(expected);
        return this;
    }

    private String described() {
        return descriptionText().isEmpty() ? "" : descriptionText() + ": ";
    }

    /**
     * Goes on to the payload.
     *
     * @return AssertJ's assertions on the payload, read as UTF-8
     */
    public AbstractStringAssert<?> payload() {
        isNotNull();
        return Assertions.assertThat(actual.payloadText()).as("payload of invocation %s", actual.requestId());
    }

    /**
     * Checks the version that ran.
     *
     * @param version {@code $LATEST} or a number
     * @return this
     */
    public InvocationResultAssert hasExecutedVersion(String version) {
        isNotNull();
        if (!actual.executedVersion().equals(version)) {
            throw failureWithActualExpected(
                    actual.executedVersion(),
                    version,
                    "expected invocation %s to be run by version %s, but it was %s",
                    actual.requestId(),
                    version,
                    actual.executedVersion());
        }
        return this;
    }

    private @Nullable Object json() {
        try {
            return JsonValues.parse(actual.payloadText());
        } catch (IllegalArgumentException e) {
            throw failure("expected invocation %s to answer with JSON, but it %s", actual.requestId(), outcome());
        }
    }

    private String outcome() {
        return actual.errorType()
                        .map(type -> "ended with function error " + type + " and ")
                        .orElse("") + "answered" + System.lineSeparator() + "  " + cut(actual.payloadText());
    }

    private static String cut(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "… (" + text.length() + " characters)";
    }
}

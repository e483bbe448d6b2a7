package io.lambdasimulator.junit;

import io.lambdasimulator.LambdaSimulator;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Looks after {@link EnabledIfFreezingSupported}. */
final class FreezingCondition implements ExecutionCondition {

    private final Supplier<Optional<String>> unsupportedReason;

    FreezingCondition() {
        this(LambdaSimulator::freezingUnsupportedReason);
    }

    /** @param unsupportedReason tells why processes cannot be frozen */
    FreezingCondition(Supplier<Optional<String>> unsupportedReason) {
        this.unsupportedReason = unsupportedReason;
    }

    /** JUnit asks for each test of a class with the annotation too, which has been decided then. */
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (!AnnotationSupport.isAnnotated(context.getElement(), EnabledIfFreezingSupported.class)) {
            return ConditionEvaluationResult.enabled("@EnabledIfFreezingSupported is not there");
        }
        return unsupportedReason
                .get()
                .map(ConditionEvaluationResult::disabled)
                .orElseGet(() -> ConditionEvaluationResult.enabled("processes can be frozen"));
    }
}

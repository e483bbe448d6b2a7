package io.lambdasimulator.assertj;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.ProtocolViolation;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractAssert;

/** Assertions on an execution environment. Those that wait are bounded in real time. */
public final class LambdaSimulatorAssert extends AbstractAssert<LambdaSimulatorAssert, LambdaSimulator> {

    LambdaSimulatorAssert(LambdaSimulator actual) {
        super(actual, LambdaSimulatorAssert.class);
    }

    /**
     * Waits until init is complete.
     *
     * @param atMost how long to wait
     * @return this
     * @throws AssertionError when init failed or is not complete in time; the message tells why
     */
    public LambdaSimulatorAssert completesInitWithin(Duration atMost) {
        isNotNull();
        Waits.orFail(this, () -> actual.awaitInit(atMost));
        return this;
    }

    /**
     * Checks the phase.
     *
     * @param phase where it has to be now
     * @return this
     */
    public LambdaSimulatorAssert isInPhase(EnvironmentPhase phase) {
        isNotNull();
        if (actual.phase() != phase) {
            throw failure(
                    "expected the environment to be in phase %s, but this is how it stands:%n%s",
                    phase, actual.describe());
        }
        return this;
    }

    /**
     * Waits for a phase.
     *
     * @param phase where it has to be now or to get
     * @param atMost how long to wait
     * @return this
     * @throws AssertionError when it does not enter the phase in time; the message tells where it is
     */
    public LambdaSimulatorAssert entersPhaseWithin(EnvironmentPhase phase, Duration atMost) {
        isNotNull();
        Waits.orFail(this, () -> actual.awaitPhase(phase, atMost));
        return this;
    }

    /**
     * Waits for a state of an extension.
     *
     * @param name the extension's name
     * @param state what it has to be now or to become
     * @param atMost how long to wait
     * @return this
     * @throws AssertionError when it does not become that in time; the message tells the states of all extensions
     */
    public LambdaSimulatorAssert extensionBecomesWithin(String name, ExtensionState state, Duration atMost) {
        isNotNull();
        Waits.orFail(this, () -> actual.awaitExtension(name, state, atMost));
        return this;
    }

    /**
     * Goes on to an extension.
     *
     * @param name its name
     * @return assertions on the extension as it is now
     * @throws AssertionError when there is none of that name; the message names those that there are
     */
    public ExtensionAssert extension(String name) {
        isNotNull();
        List<ExtensionInfo> all = actual.extensions();
        for (ExtensionInfo extension : all) {
            if (extension.name().equals(name)) {
                return new ExtensionAssert(extension);
            }
        }
        String names = all.stream().map(ExtensionInfo::name).collect(Collectors.joining(", "));
        throw failure(
                "expected an extension named %s, but there is %s",
                name, all.isEmpty() ? "none at all" : (all.size() == 1 ? "only " : "") + names);
    }

    /**
     * Goes on to the process of an extension.
     *
     * @param name the extension's name
     * @return assertions on its process
     */
    public ProcessAssert extensionProcess(String name) {
        isNotNull();
        return new ProcessAssert(actual.process(Participant.extension(name)));
    }

    /**
     * Goes on to the process of the runtime.
     *
     * @return assertions on its process
     */
    public ProcessAssert runtimeProcess() {
        isNotNull();
        return new ProcessAssert(actual.process(Participant.RUNTIME));
    }

    /**
     * Checks that every client has kept to the protocol so far.
     *
     * @return this
     * @throws AssertionError when one has not; the message names each call
     */
    public LambdaSimulatorAssert hasNoProtocolViolations() {
        isNotNull();
        List<ProtocolViolation> violations = actual.protocolViolations();
        if (!violations.isEmpty()) {
            throw failure("expected no protocol violation, but there is%n%s", lines(violations));
        }
        return this;
    }

    /**
     * Checks that a client has broken the protocol so far.
     *
     * @param errorType the {@code errorType} of the answer, such as {@code Extension.InvalidExtensionState}
     * @return this
     */
    public LambdaSimulatorAssert hasProtocolViolation(String errorType) {
        isNotNull();
        List<ProtocolViolation> violations = actual.protocolViolations();
        if (violations.stream()
                .noneMatch(violation ->
                        violation.errorType().filter(errorType::equals).isPresent())) {
            throw failure(
                    "expected a protocol violation of type %s, but there is %s",
                    errorType, violations.isEmpty() ? "none at all" : "only%n%s".formatted(lines(violations)));
        }
        return this;
    }

    private String lines(List<ProtocolViolation> violations) {
        return violations.stream()
                .map(violation -> "  " + actual.redact(violation.describe()))
                .collect(Collectors.joining(System.lineSeparator()));
    }
}

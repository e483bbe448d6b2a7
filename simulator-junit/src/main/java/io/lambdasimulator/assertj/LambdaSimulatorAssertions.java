package io.lambdasimulator.assertj;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.SimulatedProcess;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.telemetry.Telemetry;

/**
 * Where the assertions start.
 *
 * <pre>{@code
 * import static io.lambdasimulator.assertj.LambdaSimulatorAssertions.assertThat;
 *
 * assertThat(lambda.invoke("{}")).isSuccess().hasJsonPayload("{}");
 * assertThat(lambda).extension("my-extension").hasState(ExtensionState.READY);
 * }</pre>
 */
public final class LambdaSimulatorAssertions {

    private LambdaSimulatorAssertions() {}

    /**
     * Asserts on an execution environment.
     *
     * @param actual the environment
     * @return its assertions
     */
    public static LambdaSimulatorAssert assertThat(LambdaSimulator actual) {
        return new LambdaSimulatorAssert(actual);
    }

    /**
     * Asserts on an invocation under way or over.
     *
     * @param actual the invocation
     * @return its assertions
     */
    public static InvocationAssert assertThat(Invocation actual) {
        return new InvocationAssert(actual);
    }

    /**
     * Asserts on what a caller received.
     *
     * @param actual the answer
     * @return its assertions
     */
    public static InvocationResultAssert assertThat(InvocationResult actual) {
        return new InvocationResultAssert(actual);
    }

    /**
     * Asserts on how far an extension is with an invocation.
     *
     * @param actual the readiness
     * @return its assertions
     */
    public static ExtensionReadinessAssert assertThat(ExtensionReadiness actual) {
        return new ExtensionReadinessAssert(actual);
    }

    /**
     * Asserts on an extension as it was at one moment.
     *
     * @param actual the extension
     * @return its assertions
     */
    public static ExtensionAssert assertThat(ExtensionInfo actual) {
        return new ExtensionAssert(actual);
    }

    /**
     * Asserts on a process.
     *
     * @param actual the process of the runtime or of an extension
     * @return its assertions
     */
    public static ProcessAssert assertThat(SimulatedProcess actual) {
        return new ProcessAssert(actual);
    }

    /**
     * Asserts on the telemetry of an environment.
     *
     * @param actual the telemetry
     * @return its assertions
     */
    public static TelemetryAssert assertThat(Telemetry actual) {
        return new TelemetryAssert(actual);
    }
}

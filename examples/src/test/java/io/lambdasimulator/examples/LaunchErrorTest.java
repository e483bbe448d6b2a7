package io.lambdasimulator.examples;

import static io.lambdasimulator.examples.support.SimulatorExtension.LIMIT;
import static io.lambdasimulator.examples.support.SimulatorExtension.patient;
import static java.nio.file.attribute.PosixFilePermissions.asFileAttribute;
import static java.nio.file.attribute.PosixFilePermissions.fromString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.examples.support.SimulatorExtension;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Run it: {@code mvn test -pl examples -am -Dtest=LaunchErrorTest -Dsurefire.failIfNoSpecifiedTests=false}. */
class LaunchErrorTest {

    @RegisterExtension
    final SimulatorExtension simulator = new SimulatorExtension();

    @TempDir
    Path folder;

    @Test
    void an_extension_without_the_permission_to_be_executed_is_a_launch_error() throws IOException {
        Path extension = Files.createFile(folder.resolve("not-executable"), asFileAttribute(fromString("rw-r--r--")));
        Files.writeString(extension, "#!/bin/sh\nexit 0\n");

        assertLaunchError(extension, "PermissionDenied", "permission denied");
    }

    @Test
    void an_extension_that_is_no_program_is_a_launch_error() throws IOException {
        Path extension = Files.createFile(folder.resolve("no-program"), asFileAttribute(fromString("rwxr-xr-x")));
        Files.writeString(extension, "echo there is no interpreter line above\n");

        assertLaunchError(extension, "UnknownError", "exec format error");
    }

    private void assertLaunchError(Path extension, String errorType, String complaint) {
        LambdaSimulator lambda =
                simulator.start(patient().runtime((event, context) -> event).extensionsDirectory(folder));

        Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

        assertThat(invocation.awaitAnswer(LIMIT).functionError()).contains("Unhandled");
        assertThat(invocation.awaitAnswer(LIMIT).payloadText())
                .isEqualTo("{\"errorMessage\":\"RequestId: " + invocation.requestId() + " Error: fork/exec " + extension
                        + ": " + complaint + "\",\"errorType\":\"Extension.LaunchError\"}");
        assertThat(lambda.extensions()).singleElement().satisfies(info -> {
            assertThat(info.state()).isEqualTo(ExtensionState.LAUNCH_ERROR);
            assertThat(info.errorType()).contains(errorType);
        });
        lambda.awaitPhase(EnvironmentPhase.FAILED, LIMIT);
    }

    @Test
    void a_runtime_that_does_not_exist_is_an_invalid_entrypoint() {
        Path missing = folder.resolve("bootstrap");
        LambdaSimulator lambda = simulator.start(patient().runtime(Command.of(missing.toString())));

        Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

        assertThat(invocation.awaitAnswer(LIMIT).payloadText())
                .isEqualTo("{\"errorType\":\"Runtime.InvalidEntrypoint\",\"errorMessage\":\"RequestId: "
                        + invocation.requestId() + " Error: fork/exec " + missing + ": no such file or directory\"}");
        assertThatThrownBy(() -> lambda.awaitInit(LIMIT))
                .hasMessage("init failed with Runtime.InvalidEntrypoint: fork/exec " + missing
                        + ": no such file or directory");
        assertThat(lambda.eventLog().events(Event.LaunchFailed.class))
                .extracting(Event.LaunchFailed::participant)
                .containsExactly(Participant.RUNTIME, Participant.RUNTIME); // in init, and again within the invocation
    }

    @Test
    void a_runtime_whose_name_is_not_on_the_path_is_an_invalid_entrypoint() {
        LambdaSimulator lambda = simulator.start(patient().runtime(Command.of("no-such-interpreter", "function.py")));

        assertThatThrownBy(() -> lambda.awaitInit(LIMIT))
                .hasMessage("init failed with Runtime.InvalidEntrypoint: exec: \"no-such-interpreter\": executable file"
                        + " not found in $PATH");
        lambda.awaitPhase(EnvironmentPhase.FAILED, LIMIT);
    }
}

package io.lambdasimulator.examples;

import static io.lambdasimulator.examples.support.SimulatorExtension.LIMIT;
import static io.lambdasimulator.examples.support.SimulatorExtension.awaitExit;
import static io.lambdasimulator.examples.support.SimulatorExtension.awaitOutput;
import static io.lambdasimulator.examples.support.SimulatorExtension.output;
import static io.lambdasimulator.examples.support.SimulatorExtension.patient;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.examples.support.ScriptLanguage;
import io.lambdasimulator.examples.support.SimulatorExtension;
import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Run it: {@code mvn test -pl examples -am -Dtest=MixedLanguagesTest -Dsurefire.failIfNoSpecifiedTests=false}. */
@Tag("python3")
@Tag("node")
class MixedLanguagesTest {

    @RegisterExtension
    final SimulatorExtension simulator = new SimulatorExtension();

    @ParameterizedTest
    @CsvSource({"PYTHON, NODE", "NODE, PYTHON"})
    void a_runtime_works_beside_an_extension_in_another_language(ScriptLanguage runtime, ScriptLanguage extension) {
        LambdaSimulator lambda = simulator.start(
                patient().runtime(runtime.runtime()).extension(extension.extensionName(), extension.extension()));

        Invocation cold = lambda.submit(InvocationRequest.of("[\"cold\"]"));
        Invocation warm = lambda.submit(InvocationRequest.of("[\"warm\"]"));

        assertThat(cold.awaitAnswer(LIMIT).payloadText()).isEqualTo("[\"cold\"]");
        assertThat(warm.awaitAnswer(LIMIT).payloadText()).isEqualTo("[\"warm\"]");
        assertThat(awaitOutput(lambda, extension.extensionParticipant(), cold.requestId()))
                .contains("INVOKE");
        assertThat(awaitOutput(lambda, extension.extensionParticipant(), warm.requestId()))
                .contains("INVOKE");
        assertThat(warm.awaitCompletion(LIMIT).readiness()).allMatch(ExtensionReadiness::isReady);

        lambda.close();

        assertThat(awaitExit(lambda, extension.extensionParticipant())).isEqualTo(new ProcessExit.Code(0));
        assertThat(output(lambda, extension.extensionParticipant()))
                .last()
                .asString()
                .contains("\"eventType\":\"SHUTDOWN\"");
    }

    @Test
    void every_file_of_a_folder_is_an_extension_by_the_name_of_the_file(@TempDir Path folder) throws IOException {
        Path optExtensions = Files.createDirectory(folder.resolve("extensions"));
        Files.copy(ScriptLanguage.PYTHON.extensionScript(), optExtensions.resolve("metrics"), COPY_ATTRIBUTES);
        Files.copy(ScriptLanguage.NODE.extensionScript(), optExtensions.resolve("logs"), COPY_ATTRIBUTES);
        LambdaSimulator lambda =
                simulator.start(patient().runtime((event, context) -> event).extensionsDirectory(optExtensions));

        Invocation invocation = lambda.submit(InvocationRequest.of("{}"));

        assertThat(invocation.awaitCompletion(LIMIT).readiness())
                .extracting(ExtensionReadiness::extension)
                .containsExactlyInAnyOrder("logs", "metrics");
        assertThat(lambda.extensions()).extracting(ExtensionInfo::name).containsExactly("logs", "metrics");
        for (String name : new String[] {"logs", "metrics"}) {
            assertThat(awaitOutput(lambda, Participant.extension(name), invocation.requestId()))
                    .contains("INVOKE");
        }

        lambda.close();

        assertThat(awaitExit(lambda, Participant.extension("logs"))).isEqualTo(new ProcessExit.Code(0));
        assertThat(awaitExit(lambda, Participant.extension("metrics"))).isEqualTo(new ProcessExit.Code(0));
    }
}

package io.lambdasimulator.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.platform.engine.OutputDirectoryCreator;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Test classes, run as a user's build runs them. */
final class TestRun {

    private final EngineExecutionResults results;
    private final Path output;
    private final Map<String, TestExecutionResult> byName = new ConcurrentHashMap<>();

    private TestRun(EngineExecutionResults results, Path output) {
        this.results = results;
        this.output = output;
        results.allEvents().finished().stream()
                .forEach(event -> byName.put(name(event), event.getRequiredPayload(TestExecutionResult.class)));
    }

    private static String name(Event event) {
        return name(event.getTestDescriptor());
    }

    private static String name(TestDescriptor test) {
        String name = test.getDisplayName();
        return name.endsWith(")") && name.contains("(") ? name.substring(0, name.indexOf('(')) : name;
    }

    /**
     * Runs a class with its nested classes.
     *
     * @param output where published files go
     * @param configuration parameters of JUnit; keys and values alternate
     */
    static TestRun of(Class<?> type, Path output, String... configuration) {
        EngineTestKit.Builder kit = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(type))
                .configurationParameter("junit.jupiter.execution.timeout.default", "60 s")
                .outputDirectoryCreator(new OutputDirectoryCreator() {
                    @Override
                    public Path getRootDirectory() {
                        return output;
                    }

                    @Override
                    public Path createOutputDirectory(TestDescriptor test) throws IOException {
                        return Files.createDirectories(output.resolve(name(test)));
                    }
                });
        for (int i = 0; i < configuration.length; i += 2) {
            kit.configurationParameter(configuration[i], configuration[i + 1]);
        }
        return new TestRun(kit.execute(), output);
    }

    /** Fails unless so many tests succeeded and none failed, and no class either. */
    void assertAllSucceeded(int tests) {
        assertThat(byName.entrySet())
                .as("what did not succeed")
                .filteredOn(entry -> entry.getValue().getStatus() != TestExecutionResult.Status.SUCCESSFUL)
                .isEmpty();
        assertThat(results.testEvents().succeeded().count()).isEqualTo(tests);
    }

    void assertSucceeded(String... names) {
        for (String name : names) {
            assertThat(status(name)).as("%s: %s", name, result(name)).isEqualTo(TestExecutionResult.Status.SUCCESSFUL);
        }
    }

    TestExecutionResult.Status status(String name) {
        return result(name).getStatus();
    }

    private TestExecutionResult result(String name) {
        assertThat(byName).containsKey(name);
        return byName.get(name);
    }

    /** The exception with which a test or class failed. */
    Throwable failure(String name) {
        assertThat(status(name)).as("%s", result(name)).isEqualTo(TestExecutionResult.Status.FAILED);
        return result(name).getThrowable().orElseThrow();
    }

    /** What a build tool prints of it. */
    String printed(String name) {
        StringWriter text = new StringWriter();
        failure(name).printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    /** The values that were published as report entries of a test. */
    List<String> reported(String name) {
        return results.allEvents().reportingEntryPublished().stream()
                .filter(event -> name(event).equals(name))
                .flatMap(event -> event.getRequiredPayload(ReportEntry.class).getKeyValuePairs().values().stream())
                .toList();
    }

    /** The names of the files that were published for a test. */
    Stream<String> files(String name) throws IOException {
        try (Stream<Path> files = Files.list(output.resolve(name))) {
            return files.map(file -> file.getFileName().toString()).toList().stream();
        }
    }

    String file(String name, String file) throws IOException {
        return Files.readString(output.resolve(name).resolve(file));
    }
}

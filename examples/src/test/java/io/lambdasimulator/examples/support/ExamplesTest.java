package io.lambdasimulator.examples.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Keeps examples what they are: files that tell whoever opens them how to run them. */
class ExamplesTest {

    @ParameterizedTest
    @MethodSource("scripts")
    void a_script_says_how_to_run_it_in_a_test(Path script) throws IOException {
        String interpreter = script.startsWith("python") ? "python3" : "node";

        assertThat(Files.isExecutable(script)).isTrue();
        assertThat(Files.readString(script))
                .startsWith("#!/usr/bin/env " + interpreter + "\n")
                .contains("Run it in a test: LambdaSimulator.builder().")
                .contains("Command.of(\"" + interpreter + "\", \"" + script + "\"))");
    }

    @ParameterizedTest
    @MethodSource("tests")
    void a_test_says_how_to_run_it(Path test) throws IOException {
        String name = test.getFileName().toString().replace(".java", "");

        assertThat(Files.readString(test))
                .containsPattern("Run it: \\{@code mvn test( -P[-a-z]+)? -pl examples -am -Dtest=" + name
                        + " -Dsurefire\\.failIfNoSpecifiedTests=false}\\.");
    }

    @ParameterizedTest
    @CsvSource({
        "../README.md, FirstTest",
        "../docs/extension-authors.md, FirstTest",
        "../docs/runtime-authors.md, RuntimeTest"
    })
    void a_document_shows_a_test_as_it_is(Path document, String test) throws IOException {
        String source = Files.readString(Path.of("src/test/java/io/lambdasimulator/examples/" + test + ".java"));

        assertThat(Files.readString(document))
                .contains("```java\n" + source.substring(source.indexOf("class " + test)) + "```");
    }

    static Stream<Path> scripts() throws IOException {
        return Stream.concat(files("python", ".py"), files("nodejs", ".js"));
    }

    static Stream<Path> tests() throws IOException {
        return files("src/test/java/io/lambdasimulator/examples", "Test.java");
    }

    private static Stream<Path> files(String directory, String ending) throws IOException {
        try (Stream<Path> files = Files.list(Path.of(directory))) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList().stream();
        }
    }
}

package io.lambdasimulator.examples.support;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the README tells users to paste is what the consumers' builds use. */
class DependencySnippetsTest {

    private static final Path MAVEN = Path.of("../consumers/junit6/pom.xml");
    private static final Path GRADLE = Path.of("../consumers/gradle/build.gradle.kts");

    private static final Pattern MAVEN_DEPENDENCY = Pattern.compile("<groupId>(io\\.lambdasimulator)</groupId>\\s*"
            + "<artifactId>(.+)</artifactId>\\s*<version>(.+)</version>\\s*<scope>test</scope>");
    private static final Pattern GRADLE_DEPENDENCY =
            Pattern.compile("testImplementation\\(\"(io\\.lambdasimulator):(.+):(.+)\"\\)");

    @Test
    void the_maven_snippet_is_part_of_a_build_that_is_run() throws IOException {
        assertThat(readme())
                .contains("```xml\n" + region(MAVEN, "<!-- readme: maven -->", "<!-- readme: end -->") + "```");
    }

    @Test
    void the_gradle_snippet_is_part_of_the_gradle_build() throws IOException {
        assertThat(readme()).contains("```kotlin\n" + region(GRADLE, "// readme: gradle", "// readme: end") + "```");
    }

    /** Gradle is not run: what its build asks for is what the Maven build asks for. */
    @Test
    void gradle_asks_for_what_maven_asks_for() throws IOException {
        assertThat(dependencies(GRADLE, GRADLE_DEPENDENCY)).isEqualTo(dependencies(MAVEN, MAVEN_DEPENDENCY));
    }

    @Test
    void every_consumer_asks_for_the_version_of_this_build() throws IOException {
        MatchResult version = Pattern.compile("</artifactId>\\s*<version>(.+)</version>")
                .matcher(Files.readString(Path.of("../pom.xml")))
                .results()
                .findFirst()
                .orElseThrow();

        for (Path pom : consumers()) {
            assertThat(dependencies(pom, MAVEN_DEPENDENCY))
                    .as("%s", pom)
                    .containsExactly("io.lambdasimulator:simulator-junit:" + version.group(1));
        }
    }

    private static List<Path> consumers() throws IOException {
        try (Stream<Path> directories = Files.list(Path.of("../consumers"))) {
            return directories
                    .filter(directory -> !directory.endsWith("target"))
                    .map(directory -> directory.resolve("pom.xml"))
                    .filter(Files::exists)
                    .toList();
        }
    }

    private static List<String> dependencies(Path build, Pattern pattern) throws IOException {
        return pattern.matcher(Files.readString(build))
                .results()
                .map(found -> found.group(1) + ":" + found.group(2) + ":" + found.group(3))
                .toList();
    }

    private static String region(Path file, String start, String end) throws IOException {
        String lines = Files.readAllLines(file).stream()
                .dropWhile(line -> !line.strip().equals(start))
                .skip(1)
                .takeWhile(line -> !line.strip().equals(end))
                .collect(joining("\n"));
        return lines.stripIndent() + "\n";
    }

    private static String readme() throws IOException {
        return Files.readString(Path.of("../README.md"));
    }
}

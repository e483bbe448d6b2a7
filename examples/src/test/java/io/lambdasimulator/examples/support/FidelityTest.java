package io.lambdasimulator.examples.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The tests that {@code docs/fidelity.md} names as proof are there, and run what it says. */
class FidelityTest {

    private static final Path PAGE = Path.of("../docs/fidelity.md");
    private static final Pattern TEST = Pattern.compile("`(\\w+Tests?)(?:#(\\w+))?`");

    @ParameterizedTest
    @MethodSource("namedTests")
    void a_test_that_is_named_as_proof_exists(String type, String method) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : List.of("simulator-core", "simulator-junit", "examples")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "test"))) {
                files.filter(file -> file.endsWith(type + ".java")).forEach(sources::add);
            }
        }

        assertThat(sources).as(type).hasSize(1);
        if (method != null) {
            assertThat(Files.readString(sources.get(0)).contains("void " + method + "("))
                    .as("%s has a test %s", type, method)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "../pom.xml, <aws-lambda-java-runtime-interface-client.version>, client for Java",
        "nodejs/aws-lambda-ric/package.json, \"aws-lambda-ric\": \", `aws-lambda-ric`",
        "../pom.xml, <dd-java-agent.version>, `dd-java-agent`",
        "nodejs/sentry-extension/package.json, \"@sentry/aws-serverless\": \", `@sentry/aws-serverless`",
        "../pom.xml, <aws-sdk.version>, AWS SDK for Java"
    })
    void a_client_has_the_version_that_is_run(Path build, String before, String name) throws IOException {
        Matcher version = Pattern.compile(Pattern.quote(before) + "([\\d.]+)").matcher(Files.readString(build));

        assertThat(version.find()).isTrue();
        assertThat(Files.readString(PAGE)).containsPattern(Pattern.quote(name + " " + version.group(1)) + "[ ,]");
    }

    static Stream<String[]> namedTests() throws IOException {
        return TEST.matcher(Files.readString(PAGE))
                .results()
                .map(match -> new String[] {match.group(1), match.group(2)})
                .distinct();
    }
}

package io.lambdasimulator.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the documents show is what compiles and runs here. */
class DocumentationTest {

    private static String example() throws IOException {
        return Files.readString(Path.of("src/test/java/com/example/MyExtensionTest.java"));
    }

    @Test
    void the_page_opens_with_the_example() throws IOException {
        assertThat(Files.readString(Path.of("../docs/junit.md"))).contains("```java\n" + example() + "```");
    }

    @Test
    void the_package_shows_the_class_of_the_example() throws IOException {
        String type = example().substring(example().indexOf("class MyExtensionTest"));
        String comment =
                type.lines().map(line -> line.isEmpty() ? " *" : " * " + line).collect(Collectors.joining("\n"));

        assertThat(Files.readString(Path.of("src/main/java/io/lambdasimulator/junit/package-info.java")))
                .contains(" * <pre>{@code\n" + comment + "\n * }</pre>");
    }
}

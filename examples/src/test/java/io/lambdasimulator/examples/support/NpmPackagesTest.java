package io.lambdasimulator.examples.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

class NpmPackagesTest {

    @TempDir
    Path directory;

    @Test
    void an_installed_file_is_found() throws IOException {
        Path installed = Files.createDirectories(directory.resolve("node_modules/@scope/name"))
                .resolve("index.mjs");
        Files.createFile(installed);

        assertThat(new NpmPackages(directory, Map.of("CI", "true")).file("@scope/name/index.mjs"))
                .isEqualTo(installed);
    }

    @Test
    void what_is_not_installed_skips_the_test() {
        assertThatThrownBy(() -> new NpmPackages(directory, Map.of("CI", "false")).file("name/index.mjs"))
                .isInstanceOf(TestAbortedException.class)
                .hasMessageContaining(directory.resolve("node_modules/name/index.mjs") + " is not there: install npm");
    }

    @Test
    void what_is_not_installed_fails_the_test_in_CI() {
        assertThatThrownBy(() -> new NpmPackages(directory, Map.of("CI", "true")).file("name/index.mjs"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith("with CI=true no test is skipped");
    }
}

package io.lambdasimulator.examples.support;

import static java.nio.file.attribute.PosixFilePermissions.asFileAttribute;
import static java.nio.file.attribute.PosixFilePermissions.fromString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;

class ProgramsOnPathTest {

    @TempDir
    Path directory;

    @Test
    void a_program_on_the_path_enables_its_tests() throws IOException {
        Files.createFile(directory.resolve("python3"), asFileAttribute(fromString("rwxr-xr-x")));

        assertThat(evaluate(Map.of("PATH", "/no/such:" + directory), "python3").isDisabled())
                .isFalse();
        assertThat(evaluate(Map.of("PATH", directory.toString(), "CI", "true"), "python3")
                        .isDisabled())
                .isFalse();
    }

    @Test
    void a_missing_program_skips_its_tests_and_no_others() throws IOException {
        Files.createFile(directory.resolve("node"), asFileAttribute(fromString("rw-r--r--")));
        Map<String, String> environment = Map.of("PATH", directory.toString(), "CI", "false");

        ConditionEvaluationResult result = evaluate(environment, "node");

        assertThat(result.isDisabled()).isTrue();
        assertThat(result.getReason()).contains("node is not on the PATH; install it to run SomeTest");
        assertThat(evaluate(environment, "slow").isDisabled()).isFalse();
        assertThat(evaluate(Map.of(), "python3").isDisabled()).isTrue();
    }

    @Test
    void a_missing_program_fails_its_tests_in_CI() {
        assertThatThrownBy(() -> evaluate(Map.of("PATH", directory.toString(), "CI", "true"), "node"))
                .hasMessage("node is not on the PATH; install it to run SomeTest: with CI=true no test is skipped");
    }

    private static ConditionEvaluationResult evaluate(Map<String, String> environment, String tag) {
        ExtensionContext context = (ExtensionContext) Proxy.newProxyInstance(
                ProgramsOnPathTest.class.getClassLoader(),
                new Class<?>[] {ExtensionContext.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getTags" -> Set.of(tag);
                    case "getDisplayName" -> "SomeTest";
                    default -> throw new UnsupportedOperationException(method.getName());
                });
        return new ProgramsOnPath(environment).evaluateExecutionCondition(context);
    }
}

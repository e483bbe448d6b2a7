package io.lambdasimulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class DemoTest {

    @TempDir
    Path folder;

    private Path copy;

    /** In a folder with a space in its name, since jars are kept in such folders too. */
    @BeforeEach
    void copy_the_classes() throws IOException {
        copy = folder.resolve("lambda simulator");
        Path classes = CliProcess.classes();
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, copy.resolve(classes.relativize(file).toString()));
            }
        }
    }

    private CliProcess demo() throws IOException {
        String others = System.getProperty("java.class.path")
                .replace(CliProcess.classes().toString(), copy.toString());
        return CliProcess.start(copy + File.pathSeparator + others, folder, Map.of(), "demo");
    }

    @Test
    void shows_the_life_of_an_environment_phase_by_phase() throws Exception {
        try (CliProcess demo = demo()) {

            assertThat(demo.awaitExit()).as(demo.toString()).isZero();
            assertThat(demo.errors()).isEmpty();
            assertThat(demo.output())
                    .hasSizeBetween(50, 75)
                    .allSatisfy(line -> assertThat(line).matches("\\p{Print}{0,100}"));
            assertThat(String.join("\n", demo.output()))
                    .containsSubsequence(
                            "INIT ---",
                            "  registers as demo-extension for INVOKE and SHUTDOWN",
                            "  ends init: success after ",
                            "INVOKE, COLD ---",
                            "        sent  {\"order\":\"A-1\",\"price\":4.50,\"quantity\":2}",
                            "  hands the caller the answer, 28 bytes",
                            "    returned  {\"order\":\"A-1\",\"total\":9.00}",
                            "ms, init ",
                            "INVOKE, WARM ---",
                            "    returned  {\"order\":\"A-2\",\"total\":10.00}",
                            "INVOKE, WITH AN ERROR ---",
                            "        sent  {\"fail\":true}",
                            "  hands the caller the error, Function.OrderRejected",
                            "       error  {\"errorMessage\":\"the order asked to fail\",\"errorType\":\"OrderRejected\"}",
                            "status success: the runtime handled the error",
                            "SHUTDOWN ---",
                            "  sends SIGTERM to the runtime",
                            "  | SHUTDOWN received, reason spindown: flushing, then goodbye",
                            "extension    ends: exit status 0",
                            "Everything went as it should, and no process is left.");
        }
    }

    @Test
    void ends_with_1_and_a_reason_when_something_goes_wrong() throws Exception {
        Files.delete(copy.resolve("io/lambdasimulator/cli/demo/LambdaApi.class"));
        try (CliProcess demo = demo()) {

            assertThat(demo.awaitExit()).as(demo.toString()).isEqualTo(1);
            assertThat(demo.errors())
                    .singleElement()
                    .asString()
                    .startsWith("lambda-simulator demo: ")
                    .contains("exit status 1");
            assertThat(demo.output())
                    .anyMatch(line -> line.contains("java.lang.NoClassDefFoundError"))
                    .noneMatch(line -> line.contains("Everything went as it should"));
        }
    }
}

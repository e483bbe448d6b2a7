package io.lambdasimulator.examples.support;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** What the build has installed from npm, below {@code target}. */
public final class NpmPackages {

    private final Path directory;
    private final Map<String, String> environment;

    NpmPackages(Path directory, Map<String, String> environment) {
        this.directory = directory;
        this.environment = environment;
    }

    /** The packages of an example: those that the {@code package.json} in its folder of {@code nodejs} names. */
    public static NpmPackages of(String example) {
        return new NpmPackages(Path.of("target", "npm", example).toAbsolutePath(), System.getenv());
    }

    /** A file of a package. Skips the test when the build could not install it; with {@code CI=true} that is a failure. */
    public Path file(String name) {
        Path file = directory.resolve("node_modules").resolve(name);
        if (!Files.isRegularFile(file)) {
            String reason = file + " is not there: install npm and run `mvn generate-test-resources -pl examples -am`,"
                    + " which tells what npm says";
            if ("true".equals(environment.get("CI"))) {
                throw new IllegalStateException(reason + "; with CI=true no test is skipped");
            }
            Assumptions.abort(reason);
        }
        return file;
    }
}

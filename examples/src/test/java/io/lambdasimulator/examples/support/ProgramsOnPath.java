package io.lambdasimulator.examples.support;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a test that is tagged with the name of a program when that program is not on the {@code PATH}, and for no other
 * reason. With {@code CI=true} the missing program is a failure. Applies to every test of this module, see
 * {@code META-INF/services}.
 */
public final class ProgramsOnPath implements ExecutionCondition {

    private static final List<String> PROGRAMS = List.of("python3", "node");

    private final Map<String, String> environment;

    /** Made by JUnit. */
    public ProgramsOnPath() {
        this(System.getenv());
    }

    ProgramsOnPath(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        for (String program : new TreeSet<>(context.getTags())) {
            if (PROGRAMS.contains(program) && !isOnPath(program)) {
                String reason = program + " is not on the PATH; install it to run " + context.getDisplayName();
                if ("true".equals(environment.get("CI"))) {
                    throw new IllegalStateException(reason + ": with CI=true no test is skipped");
                }
                return ConditionEvaluationResult.disabled(reason);
            }
        }
        return ConditionEvaluationResult.enabled("no program is missing");
    }

    private boolean isOnPath(String program) {
        return Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, program))
                .anyMatch(file -> Files.isRegularFile(file) && Files.isExecutable(file));
    }
}

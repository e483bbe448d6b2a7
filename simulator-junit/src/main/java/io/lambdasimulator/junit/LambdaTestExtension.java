package io.lambdasimulator.junit;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.participant.FunctionHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;

/** What {@link LambdaTest} stands for. JUnit makes one for a class and all of its nested classes. */
final class LambdaTestExtension extends LambdaSimulatorExtension {

    LambdaTestExtension() {
        super(LambdaTestExtension::nearest);
    }

    /** The nearest annotation counts, from the test class outwards. */
    private static Plan nearest(ExtensionContext context) {
        List<Class<?>> classes = new ArrayList<>(context.getEnclosingTestClasses());
        classes.add(context.getRequiredTestClass());
        Collections.reverse(classes);
        for (Class<?> type : classes) {
            Optional<LambdaTest> annotation = AnnotationSupport.findAnnotation(type, LambdaTest.class);
            if (annotation.isPresent()) {
                LambdaTest wanted = annotation.get();
                return new Plan(
                        "", () -> builder(type, wanted), wanted.environment(), wanted.failOnProtocolViolation(), type);
            }
        }
        throw new ExtensionConfigurationException("@LambdaTest has to stand on a test class; there is none on "
                + context.getRequiredTestClass().getName() + " or a class around it");
    }

    private static LambdaSimulator.Builder builder(Class<?> type, LambdaTest wanted) {
        if (wanted.timeout() < 1) {
            throw wrong(type, "timeout = " + wanted.timeout() + ": use one second or more");
        }
        LambdaSimulator.Builder builder = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofSeconds(wanted.timeout()))
                        .build());
        boolean hasHandler = wanted.handler() != FunctionHandler.class;
        if (wanted.runtime().length > 0) {
            if (hasHandler) {
                throw wrong(type, "a runtime and a handler: an execution environment has one of them");
            }
            builder.runtime(Command.of(List.of(wanted.runtime())));
        } else if (hasHandler) {
            builder.runtime(ReflectionSupport.newInstance(wanted.handler()));
        } else {
            builder.runtime((event, context) -> event);
        }
        if (!wanted.extensionsDirectory().isEmpty()) {
            Path directory = Path.of(wanted.extensionsDirectory());
            if (!Files.isDirectory(directory)) {
                throw wrong(
                        type,
                        "extensionsDirectory = \"" + directory + "\": there is no directory "
                                + directory.toAbsolutePath());
            }
            builder.extensionsDirectory(directory);
        }
        return builder;
    }

    private static ExtensionConfigurationException wrong(Class<?> type, String what) {
        return new ExtensionConfigurationException("@LambdaTest on " + type.getName() + " has " + what);
    }
}

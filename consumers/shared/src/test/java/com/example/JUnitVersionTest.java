package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lambdasimulator.LambdaSimulator;
import org.junit.jupiter.api.Test;

class JUnitVersionTest {

    @Test
    void the_engine_that_runs_the_tests_is_the_one_this_build_asked_for() throws ClassNotFoundException {
        String version = Class.forName("org.junit.jupiter.engine.JupiterTestEngine")
                .getPackage()
                .getImplementationVersion();

        String expected = System.getProperty("junit.version.expected");
        assertTrue(version.startsWith(expected), () -> version + " is not " + expected);
    }

    @Test
    void an_invocation_is_answered() {
        try (LambdaSimulator lambda =
                LambdaSimulator.builder().runtime((event, context) -> event).start()) {

            assertEquals("{\"id\":42}", lambda.invoke("{\"id\":42}").payloadText());
        }
    }
}

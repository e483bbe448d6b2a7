package io.lambdasimulator.junit;

/** How long an execution environment lives in a test class. */
public enum EnvironmentLifecycle {
    /** Each test has a fresh environment, which is closed after it: nothing of one test reaches the next. */
    PER_TEST,
    /**
     * All tests of a class and of its nested classes share one environment, which is closed after the last of them. Tests then
     * see what tests before them left: a warm or failed environment, and their events in the log.
     */
    PER_CLASS
}

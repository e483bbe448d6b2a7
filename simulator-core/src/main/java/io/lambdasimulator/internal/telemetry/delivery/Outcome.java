package io.lambdasimulator.internal.telemetry.delivery;

/** What became of an attempt. */
sealed interface Outcome {

    record Accepted() implements Outcome {}

    /**
     * It was not.
     *
     * @param why in a few words
     * @param again whether it may be tried again
     */
    record Failed(String why, boolean again) implements Outcome {}
}

package io.lambdasimulator.internal.environment;

/** What a runtime says of its failed init; the caller gets it as it is. */
public record Reported(byte[] body, String contentType) {}

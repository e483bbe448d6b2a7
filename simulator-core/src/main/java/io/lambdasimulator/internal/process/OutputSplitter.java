package io.lambdasimulator.internal.process;

/** Cuts a stream of bytes into what it holds. Not for use by several threads. */
interface OutputSplitter {

    /** Takes the first {@code length} bytes of the buffer. */
    void accept(byte[] buffer, int length);

    /** Hands out what was begun, if anything. */
    void end();
}

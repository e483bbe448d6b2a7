package io.lambdasimulator.internal.environment;

/** The service's limits, in bytes unless named otherwise. */
public final class Limits {

    /** What AWS calls a megabyte of memory. */
    public static final long MEBIBYTE = 1_048_576;

    /** A synchronous request. */
    public static final long REQUEST_BYTES = 6_291_456;

    /** The request of an asynchronous invocation. */
    public static final long ASYNCHRONOUS_REQUEST_BYTES = 1_048_576;

    /** A buffered response: 6 MiB and 100 bytes. */
    public static final long RESPONSE_BYTES = 6_291_556;

    /** A streamed response. */
    public static final long STREAMED_RESPONSE_BYTES = 200L * 1_048_576;

    /** External and internal extensions together. */
    public static final int EXTENSIONS = 10;

    private Limits() {}
}

package io.lambdasimulator.invocation;

/**
 * An invocation that was not run: too large, not accepted now, or given up by a shutdown. Function errors are no
 * exceptions; they are {@linkplain InvocationResult#functionError() part of the result}.
 */
public final class InvocationRejectedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The service's exception name. */
    private final String errorType;

    /** The status of the front door's answer. */
    private final int statusCode;

    /**
     * Makes a rejection.
     *
     * @param errorType the service's exception name, such as {@code TooManyRequestsException}
     * @param statusCode the HTTP status the service answers with
     * @param message what was wrong
     */
    public InvocationRejectedException(String errorType, int statusCode, String message) {
        super(message);
        this.errorType = errorType;
        this.statusCode = statusCode;
    }

    /**
     * The service's exception name.
     *
     * @return the value of {@code x-amzn-ErrorType}
     */
    public String errorType() {
        return errorType;
    }

    /**
     * The status of the front door's answer.
     *
     * @return an HTTP status
     */
    public int statusCode() {
        return statusCode;
    }
}

package io.lambdasimulator.fault;

/** A call of the Runtime, Extensions, Telemetry or Logs API, as AWS documents it. */
public enum ApiCall {
    /** Runtime API, next invocation. */
    RUNTIME_NEXT("GET", "/2018-06-01/runtime/invocation/next"),
    /** Runtime API, invocation response. */
    RUNTIME_RESPONSE("POST", "/2018-06-01/runtime/invocation/{AwsRequestId}/response"),
    /** Runtime API, invocation error. */
    RUNTIME_ERROR("POST", "/2018-06-01/runtime/invocation/{AwsRequestId}/error"),
    /** Runtime API, initialization error. */
    RUNTIME_INIT_ERROR("POST", "/2018-06-01/runtime/init/error"),
    /** Extensions API, register. */
    EXTENSION_REGISTER("POST", "/2020-01-01/extension/register"),
    /** Extensions API, next. */
    EXTENSION_NEXT("GET", "/2020-01-01/extension/event/next"),
    /** Extensions API, init error. */
    EXTENSION_INIT_ERROR("POST", "/2020-01-01/extension/init/error"),
    /** Extensions API, exit error. */
    EXTENSION_EXIT_ERROR("POST", "/2020-01-01/extension/exit/error"),
    /** Telemetry API, subscribe. */
    TELEMETRY_SUBSCRIBE("PUT", "/2022-07-01/telemetry"),
    /** Logs API, subscribe. */
    LOGS_SUBSCRIBE("PUT", "/2020-08-15/logs");

    private final String method;
    private final String path;

    ApiCall(String method, String path) {
        this.method = method;
        this.path = path;
    }

    /**
     * The HTTP method.
     *
     * @return such as {@code GET}
     */
    public String method() {
        return method;
    }

    /**
     * The path as AWS documents it.
     *
     * @return such as {@code /2018-06-01/runtime/invocation/{AwsRequestId}/response}
     */
    public String path() {
        return path;
    }
}

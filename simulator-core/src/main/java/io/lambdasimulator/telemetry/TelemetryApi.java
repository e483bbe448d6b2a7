package io.lambdasimulator.telemetry;

/** The two APIs through which an extension receives telemetry; the extensions of one function use only one of them. */
public enum TelemetryApi {
    /** {@code PUT /2022-07-01/telemetry}. */
    TELEMETRY("Telemetry API"),
    /** {@code PUT /2020-08-15/logs}, which the Telemetry API supersedes. */
    LOGS("Logs API");

    private final String title;

    TelemetryApi(String title) {
        this.title = title;
    }

    /**
     * What AWS calls it.
     *
     * @return the name in texts for people
     */
    public String title() {
        return title;
    }
}

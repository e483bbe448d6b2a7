package io.lambdasimulator.internal.telemetry;

import io.lambdasimulator.telemetry.TelemetryApi;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A version of the records (spec: aws-contract §3.3, §4). */
public enum Schema {
    LOGS_2020_08_15(TelemetryApi.LOGS, "2020-08-15"),
    /** Adds {@code platform.runtimeDone}. */
    LOGS_2021_03_18(TelemetryApi.LOGS, "2021-03-18"),
    TELEMETRY_2022_07_01(TelemetryApi.TELEMETRY, "2022-07-01"),
    /** Structured lines are objects. */
    TELEMETRY_2022_12_13(TelemetryApi.TELEMETRY, "2022-12-13"),
    TELEMETRY_2025_01_29(TelemetryApi.TELEMETRY, "2025-01-29");

    private final TelemetryApi api;
    private final String version;

    Schema(TelemetryApi api, String version) {
        this.api = api;
        this.version = version;
    }

    TelemetryApi api() {
        return api;
    }

    String version() {
        return version;
    }

    boolean hasStructuredLines() {
        return compareTo(TELEMETRY_2022_12_13) >= 0;
    }

    static Optional<Schema> of(TelemetryApi api, String version) {
        return Arrays.stream(values())
                .filter(schema -> schema.api == api && schema.version.equals(version))
                .findFirst();
    }

    static List<String> versions(TelemetryApi api) {
        return Arrays.stream(values())
                .filter(schema -> schema.api == api)
                .map(Schema::version)
                .toList();
    }
}

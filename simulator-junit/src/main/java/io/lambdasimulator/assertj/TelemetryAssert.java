package io.lambdasimulator.assertj;

import io.lambdasimulator.telemetry.Telemetry;
import io.lambdasimulator.telemetry.TelemetryEvent;
import io.lambdasimulator.telemetry.TelemetryRecord;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractAssert;

/** Assertions on the telemetry of an environment, as it is when they are made. */
public final class TelemetryAssert extends AbstractAssert<TelemetryAssert, Telemetry> {

    private static final int SHOWN = 40;

    private final String requestId;

    TelemetryAssert(Telemetry actual) {
        this(actual, "");
    }

    private TelemetryAssert(Telemetry actual, String requestId) {
        super(actual, TelemetryAssert.class);
        this.requestId = requestId;
    }

    /**
     * Goes on with the records of one invocation, which are there from its {@code platform.start} to its report.
     *
     * @param id the request id
     * @return assertions on these alone
     */
    public TelemetryAssert ofInvocation(String id) {
        isNotNull();
        return new TelemetryAssert(actual, id);
    }

    /**
     * Checks that records of these types are there in this order. Others may be between them.
     *
     * @param types such as {@code platform.start}, {@code function}
     * @return this
     */
    public TelemetryAssert containsSubsequence(String... types) {
        isNotNull();
        Iterator<String> seen = seen().iterator();
        for (int i = 0; i < types.length; i++) {
            if (!contains(seen, types[i])) {
                throw failure(
                        "expected telemetry%s to hold %s in this order, but there is no %s%s; there is%s",
                        whose(), String.join(", ", types), types[i], i == 0 ? "" : " after " + types[i - 1], shown());
            }
        }
        return this;
    }

    /**
     * Checks that there are records of these types in this order and no others.
     *
     * @param types such as {@code platform.start}, {@code platform.runtimeDone}, {@code platform.report}
     * @return this
     */
    public TelemetryAssert containsExactly(String... types) {
        isNotNull();
        if (!seen().equals(List.of(types))) {
            throw failure(
                    "expected telemetry%s to hold exactly %s, but there is%s",
                    whose(), String.join(", ", types), shown());
        }
        return this;
    }

    /**
     * Checks that there is no record of a type.
     *
     * @param type such as {@code platform.logsDropped}
     * @return this
     */
    public TelemetryAssert doesNotContain(String type) {
        isNotNull();
        if (seen().contains(type)) {
            throw failure("expected telemetry%s to hold no %s, but there is%s", whose(), type, shown());
        }
        return this;
    }

    /**
     * Checks that there is a record of a type that satisfies what is asked of it; the first one does not have to.
     *
     * @param type the type
     * @param requirements assertions on the record
     * @param <R> the type
     * @return this
     */
    public <R extends TelemetryRecord> TelemetryAssert contains(Class<R> type, Consumer<? super R> requirements) {
        isNotNull();
        AssertionError newest = null;
        for (TelemetryRecord record : records()) {
            if (type.isInstance(record)) {
                try {
                    requirements.accept(type.cast(record));
                    return this;
                } catch (AssertionError e) {
                    newest = e;
                }
            }
        }
        AssertionError failure = failure(
                "expected telemetry%s to hold a %s as required, but %s; there is%s",
                whose(),
                type.getSimpleName(),
                newest == null ? "there is none" : "of the newest one " + newest.getMessage(),
                shown());
        if (newest != null) {
            failure.initCause(newest);
        }
        throw failure;
    }

    private static boolean contains(Iterator<String> types, String type) {
        while (types.hasNext()) {
            if (types.next().equals(type)) {
                return true;
            }
        }
        return false;
    }

    private List<TelemetryRecord> records() {
        return requestId.isEmpty()
                ? actual.events().stream().map(TelemetryEvent::record).toList()
                : actual.of(requestId);
    }

    private List<String> seen() {
        return records().stream().map(TelemetryRecord::type).toList();
    }

    private String whose() {
        return requestId.isEmpty() ? "" : " of " + requestId;
    }

    private String shown() {
        List<String> types = seen();
        if (types.isEmpty()) {
            return " nothing";
        }
        int leftOut = Math.max(0, types.size() - SHOWN);
        return types.stream()
                .skip(leftOut)
                .map(type -> "\n  " + type)
                .collect(Collectors.joining("", leftOut == 0 ? "" : "\n  (" + leftOut + " before)", ""));
    }
}

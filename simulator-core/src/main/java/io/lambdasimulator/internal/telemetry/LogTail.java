package io.lambdasimulator.internal.telemetry;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.LogFormat;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The end of a function's log as {@code LogType=Tail} returns it: from {@code START} to {@code REPORT} of one invocation,
 * with what processes wrote meanwhile. Of init there is nothing, unless the log format is JSON (spec: production-captures
 * §2.1, §2.10).
 */
public final class LogTail {

    private static final int BYTES = 4096;

    private LogTail() {}

    /** At most the last 4 KB of an invocation's log, in UTF-8. */
    public static byte[] of(EventLog log, FunctionConfiguration function, String requestId) {
        SystemLogLines service = new SystemLogLines(function);
        List<String> lines = new ArrayList<>();
        List<String> end = List.of();
        boolean started = false;
        for (EventLog.Entry entry : log.entries()) {
            Event event = entry.event();
            if (event instanceof Event.InvocationStarted start) {
                if (started) {
                    break; // the next one
                }
                started = start.requestId().equals(requestId);
                if (!started) {
                    lines.clear();
                } else {
                    lines.addAll(service.of(entry));
                }
            } else if (event instanceof Event.InitStarted && started) {
                break; // that of the next one
            } else if (event instanceof Event.InvocationCompleted completed) {
                if (completed.report().requestId().equals(requestId)) {
                    // What is read from a pipe after it was still written before it.
                    end = service.of(entry);
                } else {
                    lines.clear(); // what was before it was its own
                }
            } else if (event instanceof Event.ProcessOutput output) {
                if (started) {
                    lines.add(output.line());
                }
            } else if (function.logFormat() == LogFormat.JSON) {
                lines.addAll(service.of(entry));
            }
        }
        lines.addAll(end);
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        return text.length <= BYTES ? text : Arrays.copyOfRange(text, text.length - BYTES, text.length);
    }
}

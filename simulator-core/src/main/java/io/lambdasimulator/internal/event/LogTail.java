package io.lambdasimulator.internal.event;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The end of a function's log as {@code LogType=Tail} returns it: from {@code START} to {@code REPORT} of one invocation,
 * with what processes wrote meanwhile, and nothing of init (spec: production-captures §2.1).
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
                if (started) {
                    lines.addAll(service.of(event));
                }
            } else if (started && event instanceof Event.ProcessOutput output) {
                lines.add(output.line());
            } else if (event instanceof Event.InvocationCompleted completed
                    && completed.report().requestId().equals(requestId)) {
                // What is read from a pipe after it was still written before it.
                end = service.of(event);
            }
        }
        lines.addAll(end);
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        return text.length <= BYTES ? text : Arrays.copyOfRange(text, text.length - BYTES, text.length);
    }
}

package io.lambdasimulator.cli;

import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tells what happened in an environment, phase by phase, in lines of at most 100 characters. */
final class Transcript {

    private static final int WIDTH = 100;
    /** Of a request id the first part will do. */
    private static final Pattern REQUEST_ID = Pattern.compile("([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final EventLog log;
    private final PrintStream out;
    private long next;

    Transcript(EventLog log, PrintStream out) {
        this.log = log;
        this.out = out;
    }

    /** What happened since the phase before. */
    void phase(String title) {
        List<EventLog.Entry> entries = entries();
        heading(title);
        tell(entries);
        out.flush();
    }

    /** What happened since the phase before, between what was sent and what came back. */
    void invocation(String title, String event, InvocationResult result, InvocationReport report) {
        List<EventLog.Entry> entries = entries();
        heading(title);
        line("sent", event);
        tell(entries);
        line(result.isSuccess() ? "returned" : "error", result.payloadText());
        line(
                "report",
                "duration " + millis(report.duration()) + ", "
                        + report.initDuration()
                                .map(init -> "init " + millis(init) + ", ")
                                .orElse("")
                        + "billed " + report.billedDuration().toMillis() + " ms, status "
                        + report.status().wireName()
                        + (handled(result, report) ? ": the runtime handled the error" : ""));
        out.flush();
    }

    private static boolean handled(InvocationResult result, InvocationReport report) {
        return !result.isSuccess() && report.status() == InvocationStatus.SUCCESS;
    }

    private List<EventLog.Entry> entries() {
        List<EventLog.Entry> entries =
                log.entries().stream().filter(entry -> entry.sequence() >= next).toList();
        if (!entries.isEmpty()) {
            next = entries.get(entries.size() - 1).sequence() + 1;
        }
        return entries;
    }

    private void heading(String title) {
        out.println();
        out.println(title + " " + "-".repeat(WIDTH - title.length() - 1));
    }

    private void tell(List<EventLog.Entry> entries) {
        for (EventLog.Entry entry : entries) {
            Instant start = entries.get(0).time();
            Words.of(entry)
                    .ifPresent(words -> line(
                            millis(Duration.between(start, entry.time())),
                            String.format(Locale.ROOT, "%-11s  %s", words.who(), words.what())));
        }
    }

    private void line(String left, String right) {
        String line = String.format(
                Locale.ROOT, "%12s  %s", left, REQUEST_ID.matcher(right).replaceAll("$1"));
        out.println(line.length() <= WIDTH ? line : line.substring(0, WIDTH - 3) + "...");
    }

    private static String millis(Duration duration) {
        return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toNanos() / 1e9);
    }

    /** Who did what. */
    private record Words(String who, String what) {

        /** The events that tell the story; states and calls show in what they lead to. */
        static Optional<Words> of(EventLog.Entry entry) {
            Event event = entry.event();
            Words words = ofLife(event, entry.time());
            if (words == null) {
                words = ofInvocation(event, entry.time());
            }
            return Optional.ofNullable(words == null ? ofTrouble(event) : words);
        }

        private static @Nullable Words ofLife(Event event, Instant time) {
            if (event instanceof Event.InitStarted) {
                return environment("begins init");
            } else if (event instanceof Event.ParticipantStarted started) {
                return of(
                        started.participant(),
                        "starts"
                                + started.pid().map(pid -> " as process " + pid).orElse(""));
            } else if (event instanceof Event.ExtensionRegistered registered) {
                String events =
                        registered.events().stream().sorted().map(Enum::name).collect(Collectors.joining(" and "));
                return extension("registers as " + registered.name() + " for " + events);
            } else if (event instanceof Event.InitReported init) {
                return environment("ends init: " + init.status().wireName() + " after " + millis(init.duration()));
            } else if (event instanceof Event.ShutdownStarted shutdown) {
                return environment("begins to shut down, reason "
                        + shutdown.reason().wireName() + ", within "
                        + seconds(Duration.between(time, shutdown.deadline())));
            } else if (event instanceof Event.SignalSent signal) {
                return environment("sends " + signal.signal() + " to the "
                        + of(signal.participant(), "").who());
            } else if (event instanceof Event.ParticipantExited exited) {
                return of(exited.participant(), "ends: " + exited.exit().describe());
            }
            return null;
        }

        private static @Nullable Words ofInvocation(Event event, Instant time) {
            if (event instanceof Event.InvocationStarted started) {
                return environment("starts request " + started.requestId() + ", to be complete within "
                        + seconds(Duration.between(time, started.deadline())));
            } else if (event instanceof Event.EventDelivered delivered) {
                return of(delivered.participant(), "receives " + delivered.type());
            } else if (event instanceof Event.ProcessOutput output) {
                boolean plain = output.stream() == Event.OutputStream.STDOUT;
                return of(output.participant(), (plain ? "| " : "! ") + output.line());
            } else if (event instanceof Event.InvocationAnswered answered) {
                return environment("hands the caller the "
                        + answered.errorType()
                                .map(type -> "error, " + type)
                                .orElse("answer, " + answered.bytes() + " bytes"));
            } else if (event instanceof Event.RuntimeStateChanged runtime && runtime.to() == RuntimeState.READY) {
                return runtime("asks for the next invocation");
            } else if (event instanceof Event.ExtensionStateChanged extension
                    && extension.to() == ExtensionState.READY) {
                return extension("asks for the next event");
            } else if (event instanceof Event.InvocationCompleted completed) {
                return environment("completes request " + completed.report().requestId());
            }
            return null;
        }

        private static @Nullable Words ofTrouble(Event event) {
            boolean trouble = event instanceof Event.EnvironmentFailed
                    || event instanceof Event.LaunchFailed
                    || (event instanceof Event.CallAnswered call && call.status() >= 400);
            return trouble ? environment(event.describe()) : null;
        }

        private static Words environment(String what) {
            return new Words("environment", what);
        }

        private static Words runtime(String what) {
            return new Words("runtime", what);
        }

        private static Words extension(String what) {
            return new Words("extension", what);
        }

        private static Words of(Participant participant, String what) {
            return participant.kind() == Participant.Kind.RUNTIME ? runtime(what) : extension(what);
        }
    }
}

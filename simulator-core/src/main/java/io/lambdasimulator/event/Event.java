package io.lambdasimulator.event;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.fault.ApiCall;
import io.lambdasimulator.fault.ApiFault;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.invocation.Span;
import io.lambdasimulator.telemetry.TelemetryApi;
import io.lambdasimulator.telemetry.TelemetryType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Something that happened in an execution environment. The event log adds the instant and the place in the order.
 */
public sealed interface Event {

    /**
     * What happened, in one line for people.
     *
     * @return a text without the time
     */
    String describe();

    /**
     * The environment went from one phase to another.
     *
     * @param from the phase it left
     * @param to the phase it entered
     */
    record PhaseChanged(EnvironmentPhase from, EnvironmentPhase to) implements Event {
        @Override
        public String describe() {
            return "phase " + to;
        }
    }

    /**
     * Init began.
     *
     * @param phase whether it is the first one or part of an invocation
     * @param instanceId the environment, as in the name of its log stream
     */
    record InitStarted(InitPhase phase, String instanceId) implements Event {
        @Override
        public String describe() {
            return "init started" + (phase == InitPhase.INVOKE ? " again, within the invocation" : "");
        }
    }

    /**
     * The runtime's part of init ended; once per init in which the runtime was started.
     *
     * @param phase whether it was the first one or part of an invocation
     * @param status success, error or timeout
     * @param errorType the cause of an error
     */
    record InitRuntimeDone(InitPhase phase, InvocationStatus status, Optional<String> errorType) implements Event {
        @Override
        public String describe() {
            return "init of the runtime: " + status.wireName() + error(errorType);
        }
    }

    /**
     * Init ended; what became of one extension, as in the {@code EXTENSION} log line.
     *
     * @param name the extension's name
     * @param state its state at the end of init
     * @param events what it registered for
     * @param errorType its error, if it has one
     */
    record ExtensionReported(
            String name, ExtensionState state, Set<ExtensionEventType> events, Optional<String> errorType)
            implements Event {
        @Override
        public String describe() {
            return "extension " + name + ": " + state.wireName() + " " + events + error(errorType);
        }
    }

    /**
     * Init ended.
     *
     * @param phase whether it was the first one or part of an invocation
     * @param status success, error or timeout
     * @param errorType the cause of an error
     * @param duration how long init took
     */
    record InitReported(InitPhase phase, InvocationStatus status, Optional<String> errorType, Duration duration)
            implements Event {
        @Override
        public String describe() {
            return "init: " + status.wireName() + error(errorType) + " after " + millis(duration);
        }
    }

    /**
     * The runtime's state changed.
     *
     * @param from the state it left
     * @param to the state it entered
     */
    record RuntimeStateChanged(RuntimeState from, RuntimeState to) implements Event {
        @Override
        public String describe() {
            return "runtime: " + from.wireName() + " -> " + to.wireName();
        }
    }

    /**
     * An extension registered.
     *
     * @param name its name
     * @param external whether it is external or internal
     * @param events what it registered for
     */
    record ExtensionRegistered(String name, boolean external, Set<ExtensionEventType> events) implements Event {
        @Override
        public String describe() {
            return "extension " + name + " registered" + (external ? "" : " (internal)") + " for " + events;
        }
    }

    /**
     * An extension's state changed.
     *
     * @param name its name
     * @param from the state it left
     * @param to the state it entered
     */
    record ExtensionStateChanged(String name, ExtensionState from, ExtensionState to) implements Event {
        @Override
        public String describe() {
            return "extension " + name + ": " + from.wireName() + " -> " + to.wireName();
        }
    }

    /**
     * A call of an API was answered.
     *
     * @param method the HTTP method
     * @param path the path as received
     * @param status the status of the answer
     * @param errorType the {@code errorType} of an error answer
     * @param errorMessage the {@code errorMessage} of an error answer
     */
    record CallAnswered(
            String method, String path, int status, Optional<String> errorType, Optional<String> errorMessage)
            implements Event {

        /**
         * An answer without an error message.
         *
         * @param method the HTTP method
         * @param path the path as received
         * @param status the status of the answer
         * @param errorType the {@code errorType} of an error answer
         */
        public CallAnswered(String method, String path, int status, Optional<String> errorType) {
            this(method, path, status, errorType, Optional.empty());
        }

        @Override
        public String describe() {
            return method + " " + path + " was answered with " + status + error(errorType);
        }
    }

    /**
     * A fault that a test had injected struck a call.
     *
     * @param call which call
     * @param caller who made it, as far as the call tells
     * @param fault what became of it
     */
    record FaultInjected(ApiCall call, Optional<Participant> caller, ApiFault fault) implements Event {
        @Override
        public String describe() {
            return "injected fault: " + call.method() + " " + call.path()
                    + caller.map(participant -> " of the " + participant).orElse("") + " was " + fault.describe();
        }
    }

    /**
     * A poll ended without an answer because its client went away; the participant is back in the state before it.
     *
     * @param participant whose poll it was
     */
    record PollWithdrawn(Participant participant) implements Event {
        @Override
        public String describe() {
            return participant + " withdrew its poll";
        }
    }

    /**
     * An event was handed to a participant's poll.
     *
     * @param participant who received it
     * @param type {@code INVOKE} or {@code SHUTDOWN}
     * @param requestId the invocation, for {@code INVOKE}
     */
    record EventDelivered(Participant participant, ExtensionEventType type, Optional<String> requestId)
            implements Event {
        @Override
        public String describe() {
            return participant + " received " + type
                    + requestId.map(id -> " " + id).orElse("");
        }
    }

    /**
     * An invocation was accepted and waits for its turn.
     *
     * @param requestId the invocation
     */
    record InvocationQueued(String requestId) implements Event {
        @Override
        public String describe() {
            return "invocation " + requestId + " accepted";
        }
    }

    /**
     * An invocation was dispatched.
     *
     * @param requestId the invocation
     * @param version the function's version
     * @param deadline when it times out
     * @param traceId its trace header
     * @param tenantId its tenant
     */
    record InvocationStarted(
            String requestId, String version, Instant deadline, String traceId, Optional<String> tenantId)
            implements Event {
        @Override
        public String describe() {
            return "invocation " + requestId + " started";
        }
    }

    /**
     * The caller of an invocation has its answer.
     *
     * @param requestId the invocation
     * @param bytes the size of the answer
     * @param errorType the type of a function error
     */
    record InvocationAnswered(String requestId, long bytes, Optional<String> errorType) implements Event {
        @Override
        public String describe() {
            return "invocation " + requestId + " answered: " + bytes + " bytes" + error(errorType);
        }
    }

    /**
     * The runtime is done with an invocation: it asked for the next one, or the invocation was ended.
     *
     * @param requestId the invocation
     * @param status how the runtime's part ended
     * @param errorType the cause of an error
     * @param duration from the dispatch until then
     * @param producedBytes the size of the response, or of what came of one that was streamed and cut short; 0 without one
     * @param spans the parts of that time, when the runtime responded; of a response that was cut short the first alone
     * @param traceId the invocation's trace header
     * @param tenantId its tenant
     */
    record RuntimeDone(
            String requestId,
            InvocationStatus status,
            Optional<String> errorType,
            Duration duration,
            long producedBytes,
            List<Span> spans,
            String traceId,
            Optional<String> tenantId)
            implements Event {
        @Override
        public String describe() {
            return "runtime done with " + requestId + ": " + status.wireName() + error(errorType) + " after "
                    + millis(duration);
        }
    }

    /**
     * An extension is done with an invocation: it received the {@code INVOKE} and polled again.
     *
     * @param requestId the invocation
     * @param extension its name
     * @param overhead how long the invocation waited for it after the runtime was done, as far as known now
     */
    record ExtensionReady(String requestId, String extension, Duration overhead) implements Event {
        @Override
        public String describe() {
            return "extension " + extension + " done with " + requestId + ", overhead " + millis(overhead);
        }
    }

    /**
     * An invocation is complete.
     *
     * @param report its outcome
     */
    record InvocationCompleted(InvocationReport report) implements Event {
        @Override
        public String describe() {
            return "invocation " + report.requestId() + " complete: "
                    + report.status().wireName() + error(report.errorType()) + " after " + millis(report.duration());
        }
    }

    /**
     * An extension subscribed to the Telemetry API or the Logs API.
     *
     * @param extension its name
     * @param api which of the two
     * @param state {@code Subscribed}, or {@code Already subscribed} when it did before
     * @param types what it asked for
     * @param differs whether it subscribed before and asks for something else now, which does not count
     */
    record TelemetrySubscribed(
            String extension, TelemetryApi api, String state, List<TelemetryType> types, boolean differs)
            implements Event {
        @Override
        public String describe() {
            return "extension " + extension + ": " + api.title() + ", " + state.toLowerCase(Locale.ROOT) + ": " + types
                    + (differs ? "; what it asks for differs from the first time, and does not count" : "");
        }
    }

    /**
     * Something fatal happened.
     *
     * @param errorType the cause, such as {@code Runtime.ExitError}
     * @param message what happened
     */
    record EnvironmentFailed(String errorType, String message) implements Event {
        @Override
        public String describe() {
            return "FAILED with " + errorType + ": " + message;
        }
    }

    /**
     * The environment was frozen: every thread of every process that was stopped stands still.
     *
     * @param took how long stopping took, in real time
     * @param stopped who stands still, in the JVM by way of its scheduler
     * @param running who goes on: clients that connect by themselves, which nobody can stop
     */
    record EnvironmentFrozen(Duration took, List<Participant> stopped, List<Participant> running) implements Event {
        @Override
        public String describe() {
            return "frozen within " + millis(took)
                    + (running.isEmpty() ? "" : ", but for " + running + ", which the simulator did not start");
        }
    }

    /**
     * The environment could not be frozen and goes on running; it is tried again after the next invocation.
     *
     * @param message who does not stand still, or what went wrong
     */
    record FreezeFailed(String message) implements Event {
        @Override
        public String describe() {
            return "not frozen: " + message;
        }
    }

    /** The environment was thawed. */
    record EnvironmentThawed() implements Event {
        @Override
        public String describe() {
            return "thawed";
        }
    }

    /**
     * The environment began to shut down.
     *
     * @param reason why
     * @param deadline when everything has to be over
     */
    record ShutdownStarted(ShutdownReason reason, Instant deadline) implements Event {
        @Override
        public String describe() {
            return "shutdown (" + reason.wireName() + ")";
        }
    }

    /**
     * A participant was started: as a process, or in the JVM.
     *
     * @param participant which one
     * @param pid the process id; empty in the JVM
     * @param command the command line, or what runs in the JVM
     */
    record ParticipantStarted(Participant participant, Optional<Long> pid, String command) implements Event {
        @Override
        public String describe() {
            return participant + " started" + pid.map(id -> ", process " + id).orElse("") + ": " + command;
        }
    }

    /**
     * A participant could not be started.
     *
     * @param participant which one
     * @param errorType why, such as {@code PermissionDenied}
     * @param message what the system said
     */
    record LaunchFailed(Participant participant, String errorType, String message) implements Event {
        @Override
        public String describe() {
            return participant + " could not be started: " + errorType + ": " + message;
        }
    }

    /**
     * A line of a participant's output, or a message of its framed log. One in the JVM writes it through what it was given.
     *
     * @param participant whose line it is
     * @param stream where it was written
     * @param line the line without its line feed, or a message, which may have line feeds within; bytes that are no UTF-8 show as
     *     U+FFFD
     */
    record ProcessOutput(Participant participant, OutputStream stream, String line) implements Event {
        @Override
        public String describe() {
            return participant + (stream == OutputStream.STDERR ? " ! " : " | ") + line;
        }
    }

    /** Where a process writes. */
    enum OutputStream {
        /** Standard output. */
        STDOUT,
        /** Standard error. */
        STDERR,
        /** The descriptor {@code _LAMBDA_TELEMETRY_LOG_FD}. */
        FRAMED_LOG
    }

    /**
     * A signal was sent to a participant's process group.
     *
     * @param participant which one
     * @param signal the signal's name, such as {@code SIGKILL}
     * @param reason why, for people
     */
    record SignalSent(Participant participant, String signal, String reason) implements Event {
        @Override
        public String describe() {
            return signal + " to " + participant + ": " + reason;
        }
    }

    /**
     * A participant ended.
     *
     * @param participant which one
     * @param exit how
     */
    record ParticipantExited(Participant participant, ProcessExit exit) implements Event {
        @Override
        public String describe() {
            return participant + " ended: " + exit.describe();
        }
    }

    private static String error(Optional<String> errorType) {
        return errorType.map(type -> ", " + type).orElse("");
    }

    private static String millis(Duration duration) {
        return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
    }
}

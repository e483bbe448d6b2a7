package io.lambdasimulator.internal.environment;

import static java.util.Objects.requireNonNull;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.environment.EnvironmentSettings.Bandwidth;
import io.lambdasimulator.internal.environment.EnvironmentSettings.ExpectedExtension;
import io.lambdasimulator.internal.environment.InvocationTask.Readiness;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One execution environment: the owner of all its state. Calls and time come in, answers and {@linkplain Effects effects}
 * go out.
 *
 * <p>Every method takes {@link #lock} for a few instructions, decides, and carries out what was decided after it has let
 * the lock go. No I/O, callback or wait happens under it, so no transition can interleave with another. After each change
 * {@link #advance()} looks at the state and takes whichever step is due: there are no counted gates that could miss one.
 */
public final class ExecutionEnvironment {

    private static final Duration INTERNAL_SHUTDOWN = Duration.ofMillis(500);
    private static final Duration EXTERNAL_SHUTDOWN = Duration.ofMillis(2000);
    private static final Duration RUNTIME_SHARE_BESIDE_EXTERNAL = Duration.ofMillis(300);

    private final ReentrantLock lock = new ReentrantLock();
    private final Effects effects = new Effects();
    private final EnvironmentSettings settings;
    private final Clock clock;
    private final ScheduledExecutorService scheduler;
    private final Executor callbacks;
    private final RecordingEventLog log;
    private final Identifiers identifiers;
    private final Participants participants;

    /** The instant of the change under way: everything one change does happens at one instant. */
    private Instant now = Instant.EPOCH;

    private EnvironmentPhase phase = EnvironmentPhase.NEW;
    private @Nullable RuntimeAgent runtime;
    private final Map<String, ExtensionAgent> extensions = new LinkedHashMap<>();
    private boolean registrationClosed;
    private Instant initStartedAt = Instant.MAX;
    private @Nullable Duration initDuration;
    private @Nullable Future<?> timer;
    private final CompletableFuture<@Nullable Void> initialised = new CompletableFuture<>();

    /** The first fatal error that a participant reported before its exit; it outranks the exit's own type. */
    private @Nullable String reportedType;

    private byte @Nullable [] reportedBody;

    private @Nullable Failure failure;

    /** What invocations after the failure are answered with. */
    private @Nullable Failure aftermath;

    private final ArrayDeque<InvocationTask> queue = new ArrayDeque<>();
    private @Nullable InvocationTask current;
    private @Nullable AnswerInProgress answering;
    private final ArrayDeque<InvocationReport> history = new ArrayDeque<>();

    private final CompletableFuture<@Nullable Void> shutDown = new CompletableFuture<>();
    private Instant shutdownDeadline = Instant.MAX;
    private ShutdownReason shutdownReason = ShutdownReason.SPINDOWN;
    private boolean extensionsTold;

    public ExecutionEnvironment(
            EnvironmentSettings settings,
            Clock clock,
            ScheduledExecutorService scheduler,
            Executor callbacks,
            RecordingEventLog log,
            Participants participants) {
        this.settings = settings;
        this.clock = clock;
        this.scheduler = scheduler;
        this.callbacks = callbacks;
        this.log = log;
        this.participants = participants;
        this.identifiers = new Identifiers(clock);
    }

    // ---- life cycle

    /** Begins init; returns at once. */
    public void start() {
        act(() -> {
            if (phase != EnvironmentPhase.NEW) {
                throw new IllegalStateException("this execution environment was started before");
            }
            enter(EnvironmentPhase.INIT);
            initStartedAt = now;
            log.append(now, new Event.InitStarted());
            if (settings.deadlines()) {
                timer = schedule(settings.initTimeout(), this::initTimedOut);
            }
            for (ExpectedExtension expected : settings.extensions()) {
                ExtensionAgent agent = new ExtensionAgent(expected.name(), true, expected.supply());
                extensions.put(agent.name, agent);
                if (extensions.size() > Limits.EXTENSIONS) {
                    launchError(
                            agent,
                            "TooManyExtensions",
                            CallRefused.tooManyExtensions().getMessage());
                    return;
                }
                launch(agent.participant, agent.supply);
            }
            // A runtime that connects by itself is there from the start; its author knows when to start it.
            if (settings.runtime() == Supply.CLIENT) {
                runtime = new RuntimeAgent();
            }
            advance();
        });
    }

    /** Completes when init succeeded; exceptionally when it failed or the environment was closed. */
    public CompletableFuture<@Nullable Void> initialised() {
        return initialised;
    }

    /**
     * Ends the environment as Lambda does (spec: aws-contract §2.4): the runtime first, then the extensions.
     *
     * @return completes when nothing is left to wait for
     */
    public CompletableFuture<@Nullable Void> shutDown(ShutdownReason reason) {
        return change(() -> {
            if (phase == EnvironmentPhase.SHUTDOWN || phase == EnvironmentPhase.CLOSED) {
                return shutDown;
            }
            boolean started = phase != EnvironmentPhase.NEW && phase != EnvironmentPhase.FAILED;
            Failure closing = Failure.platform("the execution environment was shut down (" + reason.wireName() + ")");
            endCurrent(closing);
            InvocationRejectedException rejection = new InvocationRejectedException(
                    "ServiceUnavailableException",
                    503,
                    "the execution environment was shut down before it was this" + " invocation's turn ("
                            + reason.wireName() + ")");
            rejectQueue(rejection);
            cancelTimer();
            enter(EnvironmentPhase.SHUTDOWN);
            effects.add(() -> initialised.completeExceptionally(
                    new IllegalStateException("the execution environment was shut down before init was complete")));
            if (!started) {
                finishShutdown();
                return shutDown;
            }
            boolean external = extensions.values().stream().anyMatch(agent -> agent.external);
            Duration total = external ? EXTERNAL_SHUTDOWN : extensions.isEmpty() ? Duration.ZERO : INTERNAL_SHUTDOWN;
            boolean internal = extensions.values().stream().anyMatch(agent -> !agent.external);
            Duration runtimeShare = external && !internal
                    ? RUNTIME_SHARE_BESIDE_EXTERNAL
                    : extensions.isEmpty() ? Duration.ZERO : INTERNAL_SHUTDOWN;
            shutdownReason = reason;
            shutdownDeadline = now.plus(total);
            log.append(now, new Event.ShutdownStarted(reason, shutdownDeadline));
            if (runtimeRuns()) {
                if (runtimeShare.isZero()) {
                    effects.add(() -> participants.kill(Participant.RUNTIME));
                } else {
                    effects.add(() -> participants.terminate(Participant.RUNTIME));
                    schedule(runtimeShare, this::runtimeShareOver);
                }
            }
            if (!total.isZero()) {
                schedule(total, this::shutdownOver);
            }
            advance();
            return shutDown;
        });
    }

    /** The last word: whatever still is there is given up. Called once all processes are gone. */
    public void close() {
        act(() -> {
            if (phase != EnvironmentPhase.CLOSED) {
                endCurrent(Failure.platform("the execution environment was closed"));
                rejectQueue(new InvocationRejectedException(
                        "ServiceUnavailableException", 503, "the execution environment was closed"));
                finishShutdown();
                enter(EnvironmentPhase.CLOSED);
                dropPolls();
                effects.add(() -> initialised.completeExceptionally(
                        new IllegalStateException("the execution environment was closed before init was complete")));
            }
        });
    }

    // ---- invocations

    /** Accepts an invocation; it waits for init and for its turn. */
    public Invocation invoke(InvocationRequest request, boolean streaming) {
        if (request.payload().length > Limits.REQUEST_BYTES) {
            throw new InvocationRejectedException(
                    "RequestEntityTooLargeException",
                    413,
                    "Request must be smaller than " + Limits.REQUEST_BYTES + " bytes for the InvokeFunction operation");
        }
        return change(() -> {
            String requestId = request.requestId().orElseGet(identifiers::requestId);
            String traceId = request.traceId().orElseGet(identifiers::traceId);
            InvocationTask task = new InvocationTask(this, request, requestId, traceId, streaming);
            switch (phase) {
                case SHUTDOWN, CLOSED ->
                    throw new InvocationRejectedException(
                            "ServiceUnavailableException", 503, "the execution environment is shut down");
                case FAILED -> {
                    answerWithout(task, requireNonNull(aftermath));
                    return task;
                }
                case NEW, INIT, READY, INVOKE -> {
                    if (settings.whenBusy() == WhenBusy.REJECT && (current != null || !queue.isEmpty())) {
                        throw new InvocationRejectedException("TooManyRequestsException", 429, "Rate Exceeded.");
                    }
                }
            }
            if (isInFlight(requestId)) {
                throw new InvocationRejectedException(
                        "InvalidParameterValueException",
                        400,
                        "an invocation with the request id " + requestId + " is under way; request ids are used once");
            }
            queue.addLast(task);
            log.append(now, new Event.InvocationQueued(requestId));
            advance();
            return task;
        });
    }

    /** Accepts an invocation for a caller who needs its answer at once; the callback must not block. */
    public void invoke(
            InvocationRequest request, BiConsumer<@Nullable InvocationResult, @Nullable Throwable> callback) {
        InvocationTask task = (InvocationTask) invoke(request, false);
        var unused = task.answered.whenComplete(callback);
    }

    private boolean isInFlight(String requestId) {
        return (current != null && current.requestId.equals(requestId))
                || queue.stream().anyMatch(task -> task.requestId.equals(requestId));
    }

    // ---- the runtime's calls

    /** {@code GET /runtime/invocation/next}. */
    public void runtimeNext(Poll<InvocationEvent> poll) {
        act(() -> {
            try {
                RuntimeAgent agent = runningRuntime();
                RuntimeCall.NEXT.check(agent.state);
                agent.unconfirmed = null;
                if (agent.state == RuntimeState.RUNNING) {
                    InvocationEvent again = requireNonNull(requireNonNull(current).event);
                    effects.add(() -> poll.deliver(again));
                    return;
                }
                if (poll.isGone()) {
                    log.append(now, new Event.PollWithdrawn(Participant.RUNTIME));
                    effects.add(poll::drop);
                    return;
                }
                agent.polls.addLast(poll);
                registrationClosed = true;
                if (agent.state != RuntimeState.READY) {
                    agent.beforeReady = agent.state;
                    boolean answered = agent.state == RuntimeState.RESPONSE_SENT;
                    move(agent, RuntimeState.READY);
                    if (answered && current != null && current.runtimeDoneAt == null) {
                        runtimeDone(current, InvocationStatus.SUCCESS, Optional.empty());
                    }
                }
                advance();
            } catch (CallRefused refusal) {
                effects.add(() -> poll.refuse(refusal));
            }
        });
    }

    /**
     * {@code POST /runtime/invocation/ID/response} as far as its headers go; the body follows through the returned object.
     *
     * @param mode the value of {@code Lambda-Runtime-Function-Response-Mode}, or null
     */
    public AnswerInProgress beginResponse(
            String requestId, @Nullable String invocationId, @Nullable String mode, @Nullable String contentType)
            throws CallRefused {
        return changeOrRefuse(() -> {
            InvocationTask task = checkAnswer(requestId, invocationId, RuntimeCall.RESPONSE);
            RuntimeAgent agent = requireNonNull(runtime);
            move(agent, RuntimeState.INVOCATION_RESPONSE);
            if (mode != null && !mode.isEmpty() && !mode.equals("streaming")) {
                // AWS's core stays in InvocationResponse here for ever; the runtime gets on instead.
                Failure invalid = Failure.of(
                        "Runtime.InvalidResponseModeHeader", "Invalid function response mode \"" + mode + "\"");
                answer(task, invalid.result(task.requestId, settings.function(), task.traceId));
                move(agent, RuntimeState.RESPONSE_SENT);
                throw CallRefused.invalidResponseMode();
            }
            answering = new AnswerInProgress(this, task, "streaming".equals(mode), contentType, null);
            return answering;
        });
    }

    /** {@code POST /runtime/invocation/ID/error} as far as its headers go. */
    public AnswerInProgress beginError(
            String requestId, @Nullable String invocationId, String errorType, @Nullable String contentType)
            throws CallRefused {
        return changeOrRefuse(() -> {
            InvocationTask task = checkAnswer(requestId, invocationId, RuntimeCall.ERROR);
            move(requireNonNull(runtime), RuntimeState.INVOCATION_ERROR_RESPONSE);
            answering = new AnswerInProgress(this, task, false, contentType, errorType);
            return answering;
        });
    }

    // The order matters: request id (400), invocation id (410), state (403).
    private InvocationTask checkAnswer(String requestId, @Nullable String invocationId, RuntimeCall call)
            throws CallRefused {
        InvocationTask task = current;
        if (task == null || !task.requestId.equals(requestId)) {
            throw CallRefused.invalidRequestId();
        }
        InvocationEvent event = requireNonNull(task.event);
        if (settings.invocationIdHeader() == InvocationIdHeader.ENFORCED
                && invocationId != null
                && !invocationId.equals(event.invocationId().orElse(""))) {
            throw CallRefused.staleInvocationId();
        }
        RuntimeAgent agent = runningRuntime();
        call.check(agent.state);
        agent.unconfirmed = null;
        return task;
    }

    /** {@code POST /runtime/init/error}. */
    public void runtimeInitError(String errorType, byte[] body) throws CallRefused {
        actOrRefuse(() -> {
            RuntimeAgent agent = runningRuntime();
            RuntimeCall.INIT_ERROR.check(agent.state);
            move(agent, RuntimeState.INIT_ERROR);
            report(errorType, body);
            if (settings.runtime() != Supply.PROCESS) {
                gone(agent, new ProcessExit.Code(1));
            }
        });
    }

    private RuntimeAgent runningRuntime() throws CallRefused {
        if (failure != null && phase == EnvironmentPhase.FAILED) {
            throw CallRefused.environmentOver(
                    "InvalidStateTransition", "it has failed with " + failure.errorType() + ": " + failure.text());
        }
        if (runtime == null) {
            throw CallRefused.runtimeNotStarted(describeMissingRegistrations());
        }
        return runtime;
    }

    // ---- the extensions' calls

    /** What a successful registration tells the extension. */
    public record Registration(UUID identifier, FunctionFacts function) {}

    /** The function as extensions see it. */
    public record FunctionFacts(String name, String version, String handler, String accountId) {}

    /** {@code POST /extension/register}, with a name that is not empty. */
    public Registration register(String name, List<String> eventNames) throws CallRefused {
        return changeOrRefuse(() -> {
            refuseExtensionsAfterFailure();
            ExtensionAgent agent = extensions.get(name);
            boolean external = agent == null ? settings.onlyClients() : agent.external;
            Set<ExtensionEventType> events = EnumSet.noneOf(ExtensionEventType.class);
            for (String event : eventNames) {
                switch (event) {
                    case "INVOKE" -> events.add(ExtensionEventType.INVOKE);
                    case "SHUTDOWN" -> {
                        if (!external) {
                            throw CallRefused.shutdownForInternal();
                        }
                        events.add(ExtensionEventType.SHUTDOWN);
                    }
                    default -> throw CallRefused.unknownEvent(event);
                }
            }
            if (agent != null && external) {
                ExtensionCall.REGISTER.check(agent.state, name);
            } else if (registrationClosed || phase != EnvironmentPhase.INIT) {
                throw CallRefused.registrationClosed();
            } else if (extensions.size() >= Limits.EXTENSIONS) {
                throw CallRefused.tooManyExtensions();
            } else if (agent != null) {
                throw CallRefused.nameTaken();
            }
            if (agent == null) {
                agent = new ExtensionAgent(name, external, Supply.CLIENT);
                extensions.put(name, agent);
            }
            agent.identifier = UUID.randomUUID();
            agent.events = events;
            log.append(now, new Event.ExtensionRegistered(name, external, Set.copyOf(events)));
            move(agent, ExtensionState.REGISTERED);
            advance();
            return new Registration(
                    agent.identifier,
                    new FunctionFacts(
                            settings.function().name(),
                            settings.function().version(),
                            settings.function().handler(),
                            settings.function().accountId()));
        });
    }

    /** {@code GET /extension/event/next}. */
    public void extensionNext(UUID identifier, Poll<ExtensionEvent> poll) {
        act(() -> {
            try {
                refuseExtensionsAfterFailure();
                ExtensionAgent agent = extension(identifier);
                if (agent == null) {
                    throw CallRefused.unknownExtension(identifier);
                }
                ExtensionCall.NEXT.check(agent.state, agent.printedIdentifier());
                agent.unconfirmed = null;
                if (poll.isGone()) {
                    log.append(now, new Event.PollWithdrawn(agent.participant));
                    effects.add(poll::drop);
                    return;
                }
                agent.poll = poll;
                agent.beforeReady = agent.state;
                move(agent, ExtensionState.READY);
                if (agent.delivered instanceof ExtensionEvent.Invoke invoke) {
                    polledAgain(agent, invoke);
                }
                agent.delivered = null;
                advance();
            } catch (CallRefused refusal) {
                effects.add(() -> poll.refuse(refusal));
            }
        });
    }

    private void polledAgain(ExtensionAgent agent, ExtensionEvent.Invoke invoke) {
        InvocationTask task = current;
        Readiness readiness = task == null ? null : task.readiness.get(agent);
        if (task == null || readiness == null || !task.requestId.equals(invoke.requestId())) {
            return;
        }
        readiness.polledAgainAt = now;
        effects.add(() -> readiness.ready.complete(null));
        Duration overhead = task.runtimeDoneAt == null
                ? Duration.ZERO
                : Duration.between(task.runtimeDoneAt, readiness.polledAgainAt);
        log.append(now, new Event.ExtensionReady(task.requestId, agent.name, overhead));
    }

    /** {@code POST /extension/init/error}. */
    public void extensionInitError(UUID identifier, String errorType) throws CallRefused {
        extensionError(
                identifier, errorType, ExtensionCall.INIT_ERROR, ExtensionState.INIT_ERROR, "Extension.InitError");
    }

    /** {@code POST /extension/exit/error}. */
    public void extensionExitError(UUID identifier, String errorType) throws CallRefused {
        extensionError(
                identifier, errorType, ExtensionCall.EXIT_ERROR, ExtensionState.EXIT_ERROR, "Extension.ExitError");
    }

    private void extensionError(
            UUID identifier, String errorType, ExtensionCall call, ExtensionState target, String fatalType)
            throws CallRefused {
        actOrRefuse(() -> {
            refuseExtensionsAfterFailure();
            ExtensionAgent agent = extension(identifier);
            if (agent == null) {
                throw CallRefused.unknownIdentifier();
            }
            call.check(agent.state, agent.printedIdentifier());
            if (agent.state == target) {
                return; // told before; the first error type stays
            }
            agent.errorType = errorType;
            move(agent, target);
            Poll<ExtensionEvent> parked = agent.poll;
            if (parked != null) {
                agent.poll = null;
                CallRefused refusal = CallRefused.extensionState(
                        target, ExtensionCall.NEXT, agent.printedIdentifier(), "Concurrent state modification");
                effects.add(() -> parked.refuse(refusal));
            }
            report(fatalType, null);
            if (agent.supply != Supply.PROCESS) {
                gone(agent, new ProcessExit.Code(1));
            }
        });
    }

    /** Whether an identifier belongs to a registered extension. */
    public void checkKnown(UUID identifier) throws CallRefused {
        actOrRefuse(() -> {
            if (extension(identifier) == null) {
                throw CallRefused.unknownExtension(identifier);
            }
        });
    }

    private @Nullable ExtensionAgent extension(UUID identifier) {
        for (ExtensionAgent agent : extensions.values()) {
            if (identifier.equals(agent.identifier)) {
                return agent;
            }
        }
        return null;
    }

    private void refuseExtensionsAfterFailure() throws CallRefused {
        if (failure != null && phase == EnvironmentPhase.FAILED) {
            throw CallRefused.environmentOver(
                    "Extension.InvalidExtensionState",
                    "it has failed with " + failure.errorType() + ": " + failure.text());
        }
    }

    /** The client of a poll has gone, or what was sent did not reach it. */
    public void withdraw(Poll<?> poll) {
        poll.markGone();
        act(() -> {
            RuntimeAgent agent = runtime;
            if (agent != null && agent.polls.remove(poll)) {
                log.append(now, new Event.PollWithdrawn(Participant.RUNTIME));
                if (agent.polls.isEmpty() && agent.state == RuntimeState.READY) {
                    move(agent, agent.beforeReady);
                }
                effects.add(poll::drop);
            } else if (agent != null && agent.unconfirmed == poll && agent.state == RuntimeState.RUNNING) {
                log.append(now, new Event.PollWithdrawn(Participant.RUNTIME));
                agent.unconfirmed = null;
                agent.pending = current;
                move(agent, agent.polls.isEmpty() ? agent.beforeReady : RuntimeState.READY);
                advance();
            } else {
                withdrawFromExtension(poll);
            }
        });
    }

    private void withdrawFromExtension(Poll<?> poll) {
        for (ExtensionAgent agent : extensions.values()) {
            if (agent.poll == poll) {
                log.append(now, new Event.PollWithdrawn(agent.participant));
                agent.poll = null;
                if (agent.state == ExtensionState.READY) {
                    move(agent, agent.beforeReady);
                }
                effects.add(poll::drop);
            } else if (agent.unconfirmed == poll && agent.state == ExtensionState.RUNNING) {
                log.append(now, new Event.PollWithdrawn(agent.participant));
                agent.unconfirmed = null;
                agent.pending = agent.delivered;
                agent.delivered = null;
                Readiness readiness = current == null ? null : current.readiness.get(agent);
                if (readiness != null) {
                    readiness.receivedAt = null;
                }
                move(agent, agent.beforeReady);
                advance();
            }
        }
    }

    // ---- what participants do beside calling

    /** A participant could not be started. */
    public void launchFailed(Participant participant, String errorType, String message) {
        act(() -> {
            if (isOver()) {
                return;
            }
            if (participant.equals(Participant.RUNTIME)) {
                log.append(now, new Event.LaunchFailed(participant, errorType, message));
                fail(Failure.of(errorType, message));
            } else {
                ExtensionAgent agent = extensions.get(participant.name());
                if (agent != null) {
                    launchError(agent, errorType, message);
                }
            }
        });
    }

    private void launchError(ExtensionAgent agent, String errorType, String message) {
        log.append(now, new Event.LaunchFailed(agent.participant, errorType, message));
        agent.errorType = errorType;
        agent.gone = true;
        move(agent, ExtensionState.LAUNCH_ERROR);
        fail(Failure.of("Extension.LaunchError", message));
    }

    /** A participant ended. */
    public void exited(Participant participant, ProcessExit exit) {
        act(() -> {
            log.append(now, new Event.ParticipantExited(participant, exit));
            if (participant.equals(Participant.RUNTIME)) {
                if (runtime != null && !runtime.gone) {
                    gone(runtime, exit);
                }
            } else {
                ExtensionAgent agent = extensions.get(participant.name());
                if (agent != null && !agent.gone) {
                    gone(agent, exit);
                }
            }
        });
    }

    private void gone(RuntimeAgent agent, ProcessExit exit) {
        agent.gone = true;
        failOrAdvance(
                "Runtime.ExitError",
                exit.isSuccess()
                        ? "Runtime exited without providing a reason"
                        : "Runtime exited with error: " + exit.describe());
    }

    private void gone(ExtensionAgent agent, ProcessExit exit) {
        agent.gone = true;
        if (phase == EnvironmentPhase.SHUTDOWN && agent.state == ExtensionState.RUNNING) {
            move(agent, exit.isSuccess() ? ExtensionState.EXITED : ExtensionState.SHUTDOWN_FAILED);
        }
        failOrAdvance("Extension.Crash", exit.isSuccess() ? "exit code 0" : exit.describe());
    }

    private void failOrAdvance(String exitType, String text) {
        if (isOver()) {
            advance();
        } else {
            fail(new Failure(
                    reportedType == null ? exitType : reportedType, text, InvocationStatus.ERROR, reportedBody));
        }
    }

    private void report(String errorType, byte @Nullable [] body) {
        if (reportedType == null) {
            reportedType = errorType;
            reportedBody = body;
        }
    }

    private boolean isOver() {
        return phase == EnvironmentPhase.FAILED
                || phase == EnvironmentPhase.SHUTDOWN
                || phase == EnvironmentPhase.CLOSED;
    }

    // ---- steps, all under the lock

    /** Takes every step that the state allows. */
    private void advance() {
        handOver();
        switch (phase) {
            case INIT -> advanceInit();
            case INVOKE -> completeIfDone();
            case SHUTDOWN -> advanceShutdown();
            case READY -> dispatch();
            case NEW, FAILED, CLOSED -> {}
        }
    }

    /** Gives what is pending to whoever waits for it. */
    private void handOver() {
        for (ExtensionAgent agent : extensions.values()) {
            ExtensionEvent event = agent.pending;
            Poll<ExtensionEvent> poll = agent.poll;
            if (event != null && poll != null && agent.state == ExtensionState.READY) {
                agent.pending = null;
                agent.poll = null;
                agent.delivered = event;
                agent.unconfirmed = poll;
                move(agent, ExtensionState.RUNNING);
                Readiness readiness = current == null ? null : current.readiness.get(agent);
                Optional<String> requestId = Optional.empty();
                if (event instanceof ExtensionEvent.Invoke invoke && readiness != null) {
                    readiness.receivedAt = now;
                    requestId = Optional.of(invoke.requestId());
                }
                log.append(now, new Event.EventDelivered(agent.participant, event.type(), requestId));
                effects.add(() -> poll.deliver(event));
            }
        }
        RuntimeAgent agent = runtime;
        if (agent != null && agent.pending != null && agent.state == RuntimeState.READY && !agent.polls.isEmpty()) {
            InvocationEvent event = requireNonNull(agent.pending.event);
            Poll<InvocationEvent> poll = agent.polls.removeFirst();
            agent.pending = null;
            agent.unconfirmed = poll;
            move(agent, RuntimeState.RUNNING);
            log.append(
                    now,
                    new Event.EventDelivered(
                            Participant.RUNTIME, ExtensionEventType.INVOKE, Optional.of(event.requestId())));
            effects.add(() -> poll.deliver(event));
        }
    }

    private void advanceInit() {
        // The runtime starts after every external extension has registered.
        if (runtime == null && missingRegistrations().isEmpty()) {
            runtime = new RuntimeAgent();
            launch(Participant.RUNTIME, settings.runtime());
        }
        boolean ready = runtime != null
                && runtime.state == RuntimeState.READY
                && extensions.values().stream().allMatch(agent -> agent.state == ExtensionState.READY);
        if (!ready) {
            return;
        }
        cancelTimer();
        registrationClosed = true;
        initDuration = reportInit(InvocationStatus.SUCCESS, Optional.empty());
        enter(EnvironmentPhase.READY);
        effects.add(() -> initialised.complete(null));
        dispatch();
    }

    private List<String> missingRegistrations() {
        return extensions.values().stream()
                .filter(agent -> agent.state == ExtensionState.STARTED)
                .map(agent -> agent.name)
                .toList();
    }

    /** The order of the records is that of the service: runtime done, one per extension, the report. */
    private Duration reportInit(InvocationStatus status, Optional<String> errorType) {
        Duration duration = Duration.between(initStartedAt, now);
        if (runtime != null) {
            log.append(now, new Event.InitRuntimeDone(status, errorType));
        }
        for (ExtensionAgent agent : extensions.values()) {
            log.append(
                    now,
                    new Event.ExtensionReported(
                            agent.name, agent.state, Set.copyOf(agent.events), Optional.ofNullable(agent.errorType)));
        }
        log.append(now, new Event.InitReported(status, errorType, duration));
        return duration;
    }

    private void dispatch() {
        InvocationTask task = queue.pollFirst();
        if (task == null) {
            return;
        }
        enter(EnvironmentPhase.INVOKE);
        current = task;
        task.startedAt = now;
        task.deadline = task.startedAt.plus(settings.function().timeout());
        task.initDuration = initDuration;
        initDuration = null;
        String arn =
                task.request.invokedFunctionArn().orElse(settings.function().arn());
        task.event = new InvocationEvent(
                task.requestId,
                settings.invocationIdHeader() == InvocationIdHeader.OFF
                        ? Optional.empty()
                        : Optional.of(UUID.randomUUID().toString()),
                task.deadline,
                arn,
                task.traceId,
                task.request.clientContext().orElse(""),
                task.request.cognitoIdentity(),
                task.request.tenantId().orElse(""),
                task.request.contentType(),
                task.request.payload());
        log.append(
                now,
                new Event.InvocationStarted(task.requestId, settings.function().version(), task.deadline));
        if (settings.deadlines()) {
            task.timer = schedule(settings.function().timeout(), () -> timedOut(task));
        }
        // External extensions first, then internal ones, then the runtime.
        List<ExtensionAgent> subscribers = new ArrayList<>(extensions.values());
        subscribers.removeIf(agent -> !agent.wants(ExtensionEventType.INVOKE));
        subscribers.sort(Comparator.comparing(agent -> !agent.external));
        ExtensionEvent invoke = new ExtensionEvent.Invoke(task.requestId, task.deadline, arn, task.traceId);
        for (ExtensionAgent agent : subscribers) {
            task.readiness.put(agent, new Readiness());
            agent.pending = invoke;
        }
        requireNonNull(runtime).pending = task;
        effects.add(() -> task.dispatched.complete(null));
        handOver();
    }

    private void runtimeDone(InvocationTask task, InvocationStatus status, Optional<String> errorType) {
        task.runtimeDoneAt = now;
        log.append(
                now,
                new Event.RuntimeDone(
                        task.requestId, status, errorType, Duration.between(task.startedAt, now), task.producedBytes));
    }

    private void completeIfDone() {
        InvocationTask task = current;
        if (task != null
                && task.answeredAt != null
                && task.runtimeDoneAt != null
                && task.readiness.values().stream().allMatch(readiness -> readiness.polledAgainAt != null)) {
            complete(task, InvocationStatus.SUCCESS, Optional.empty());
            enter(EnvironmentPhase.READY);
            dispatch();
        }
    }

    /** The caller's answer; only the first one counts. */
    void answer(InvocationTask task, InvocationResult result) {
        if (task.answeredAt != null) {
            return;
        }
        task.answeredAt = now;
        log.append(now, new Event.InvocationAnswered(task.requestId, task.producedBytes, result.errorType()));
        effects.add(() -> {
            if (task.stream != null) {
                task.stream.end();
            }
            task.answered.complete(result);
        });
    }

    private void complete(InvocationTask task, InvocationStatus status, Optional<String> errorType) {
        Duration duration = status == InvocationStatus.TIMEOUT && task.event != null
                ? settings.function().timeout()
                : Duration.between(task.startedAt, now);
        Duration init = task.initDuration;
        Duration billed = init == null ? duration : duration.plus(init);
        long billedMillis = billed.plusNanos(999_999).toMillis();
        InvocationReport report = new InvocationReport(
                task.requestId,
                status,
                errorType,
                task.startedAt,
                task.deadline,
                Optional.ofNullable(task.answeredAt),
                Optional.ofNullable(task.runtimeDoneAt),
                duration,
                Duration.ofMillis(billedMillis),
                Optional.ofNullable(init),
                task.readinessNow());
        task.over = true;
        if (task.timer != null) {
            task.timer.cancel(false);
        }
        if (current == task) {
            current = null;
            answering = null;
        }
        log.append(now, new Event.InvocationCompleted(report));
        if (history.size() == settings.retainedInvocations()) {
            history.removeFirst();
        }
        history.addLast(report);
        effects.add(() -> {
            task.completed.complete(report);
            for (Map.Entry<ExtensionAgent, Readiness> entry : task.readiness.entrySet()) {
                entry.getValue()
                        .ready
                        .completeExceptionally(new IllegalStateException("invocation " + task.requestId
                                + " ended (" + status.wireName() + ") before extension " + entry.getKey().name
                                + " was done with it"));
            }
        });
    }

    // ---- failure

    private void initTimedOut() {
        if (phase == EnvironmentPhase.INIT) {
            fail(Failure.timedOut(settings.initTimeout()));
        }
    }

    private void timedOut(InvocationTask task) {
        if (current == task) {
            fail(Failure.timedOut(settings.function().timeout()));
        }
    }

    /** Something fatal: what is running ends with the cause, and so does everything after it. */
    private void fail(Failure cause) {
        if (isOver()) {
            return;
        }
        failure = cause;
        // That somebody else's invocation timed out is no answer to this one.
        aftermath = current != null && cause.status() == InvocationStatus.TIMEOUT
                ? Failure.platform("the execution environment failed before: " + cause.text())
                : cause;
        log.append(now, new Event.EnvironmentFailed(cause.errorType(), cause.text()));
        Optional<String> errorType = errorTypeOf(cause);
        if (phase == EnvironmentPhase.INIT) {
            reportInit(cause.status(), errorType);
        }
        cancelTimer();
        endCurrent(cause);
        enter(EnvironmentPhase.FAILED);
        effects.add(() -> initialised.completeExceptionally(
                new IllegalStateException("init failed with " + cause.errorType() + ": " + cause.text())));
        while (!queue.isEmpty()) {
            answerWithout(queue.removeFirst(), aftermath);
        }
        if (runtimeRuns()) {
            effects.add(() -> participants.kill(Participant.RUNTIME));
        }
        for (ExtensionAgent agent : extensions.values()) {
            if (!agent.gone && agent.supply != Supply.CLIENT) {
                effects.add(() -> participants.kill(agent.participant));
            }
        }
        dropPolls();
    }

    private static Optional<String> errorTypeOf(Failure cause) {
        return cause.status() == InvocationStatus.TIMEOUT ? Optional.empty() : Optional.of(cause.errorType());
    }

    private void endCurrent(Failure cause) {
        InvocationTask task = current;
        if (task == null) {
            return;
        }
        if (task.runtimeDoneAt == null) {
            runtimeDone(task, cause.status(), errorTypeOf(cause));
        }
        answer(task, cause.result(task.requestId, settings.function(), task.traceId));
        complete(task, cause.status(), errorTypeOf(cause));
    }

    /** Answers an invocation that is never dispatched, because the environment has failed. */
    private void answerWithout(InvocationTask task, Failure cause) {
        task.startedAt = now;
        task.deadline = now.plus(settings.function().timeout());
        log.append(
                now,
                new Event.InvocationStarted(task.requestId, settings.function().version(), task.deadline));
        answer(task, cause.result(task.requestId, settings.function(), task.traceId));
        effects.add(() -> task.dispatched.complete(null));
        complete(task, cause.status(), errorTypeOf(cause));
    }

    private void rejectQueue(InvocationRejectedException rejection) {
        while (!queue.isEmpty()) {
            InvocationTask task = queue.removeFirst();
            task.over = true;
            effects.add(() -> {
                if (task.stream != null) {
                    task.stream.end();
                }
                task.answered.completeExceptionally(rejection);
                task.completed.completeExceptionally(rejection);
                task.dispatched.completeExceptionally(rejection);
            });
        }
    }

    private void dropPolls() {
        if (runtime != null) {
            for (Poll<InvocationEvent> poll : runtime.polls) {
                effects.add(poll::drop);
            }
            runtime.polls.clear();
        }
        for (ExtensionAgent agent : extensions.values()) {
            Poll<ExtensionEvent> poll = agent.poll;
            if (poll != null) {
                agent.poll = null;
                effects.add(poll::drop);
            }
        }
    }

    // ---- shutdown

    private void runtimeShareOver() {
        if (phase == EnvironmentPhase.SHUTDOWN && runtimeRuns()) {
            effects.add(() -> participants.kill(Participant.RUNTIME));
        }
    }

    private void shutdownOver() {
        if (phase == EnvironmentPhase.SHUTDOWN && !shutDown.isDone()) {
            if (runtimeRuns()) {
                effects.add(() -> participants.kill(Participant.RUNTIME));
            }
            for (ExtensionAgent agent : extensions.values()) {
                if (!agent.gone && agent.supply != Supply.CLIENT) {
                    effects.add(() -> participants.kill(agent.participant));
                }
                // The end of a client that connected by itself cannot be seen: its time is over.
                agent.gone |= agent.supply == Supply.CLIENT;
            }
            advance();
        }
    }

    /** Runtime first; once it is gone the extensions are told or killed; then everybody's end is awaited. */
    private void advanceShutdown() {
        if (runtimeRuns()) {
            return;
        }
        if (!extensionsTold) {
            extensionsTold = true;
            for (ExtensionAgent agent : extensions.values()) {
                if (!agent.external) {
                    agent.gone = true; // it lives in the runtime and ended with it
                } else if (agent.wants(ExtensionEventType.SHUTDOWN)
                        && agent.state != ExtensionState.INIT_ERROR
                        && agent.state != ExtensionState.EXIT_ERROR) {
                    agent.pending = new ExtensionEvent.Shutdown(shutdownDeadline, shutdownReason);
                } else if (agent.supply == Supply.CLIENT) {
                    agent.gone = true;
                } else if (!agent.wants(ExtensionEventType.SHUTDOWN)) {
                    effects.add(() -> participants.kill(agent.participant));
                }
            }
            handOver();
        }
        for (ExtensionAgent agent : extensions.values()) {
            if (agent.supply == Supply.CLIENT && agent.delivered instanceof ExtensionEvent.Shutdown) {
                agent.gone = true; // told, and that is all that can be seen of it
            }
        }
        if (extensions.values().stream().allMatch(agent -> agent.gone)) {
            finishShutdown();
        }
    }

    private void finishShutdown() {
        effects.add(() -> shutDown.complete(null));
    }

    private boolean runtimeRuns() {
        return runtime != null && !runtime.gone && settings.runtime() != Supply.CLIENT;
    }

    // ---- inspection

    public EnvironmentPhase phase() {
        return inspect(() -> phase);
    }

    /** Empty before the runtime is started. */
    public Optional<RuntimeState> runtimeState() {
        return inspect(() -> Optional.ofNullable(runtime).map(agent -> agent.state));
    }

    public List<ExtensionInfo> extensions() {
        return inspect(
                () -> extensions.values().stream().map(ExtensionAgent::info).toList());
    }

    /** The newest completed invocations, oldest first. */
    public List<InvocationReport> invocations() {
        return inspect(() -> List.copyOf(history));
    }

    /** What has to happen next, for the messages of waits that ran out. */
    public String describeWaiting() {
        return inspect(() -> {
            List<String> waiting = new ArrayList<>();
            if (failure != null) {
                waiting.add("the environment has failed with " + failure.errorType() + ": " + failure.text());
            }
            switch (phase) {
                case NEW -> waiting.add("the environment is not started");
                case INIT -> {
                    if (runtime == null) {
                        waiting.add("init waits for " + describeMissingRegistrations());
                    } else if (runtime.state != RuntimeState.READY) {
                        waiting.add("init waits for the runtime (" + runtime.state.wireName()
                                + ") to ask for an invocation");
                    }
                    for (ExtensionAgent agent : extensions.values()) {
                        if (agent.isRegistered() && agent.state != ExtensionState.READY) {
                            waiting.add("init waits for extension " + agent.name + " (" + agent.state.wireName()
                                    + ") to ask for an event");
                        }
                    }
                }
                case INVOKE -> describeCurrent(waiting);
                case READY -> waiting.add("the environment is idle");
                case SHUTDOWN, CLOSED -> waiting.add("the environment is shut down");
                case FAILED -> {}
            }
            return String.join("; ", waiting);
        });
    }

    private void describeCurrent(List<String> waiting) {
        InvocationTask task = requireNonNull(current);
        RuntimeAgent agent = requireNonNull(runtime);
        String invocation = "invocation " + task.requestId;
        if (agent.pending != null) {
            waiting.add(invocation + " waits for the runtime (" + agent.state.wireName() + ") to ask for it");
        } else if (task.answeredAt == null) {
            waiting.add(invocation + " waits for the runtime (" + agent.state.wireName() + ") to answer");
        } else if (task.runtimeDoneAt == null) {
            waiting.add(invocation + " waits for the runtime (" + agent.state.wireName() + ") to ask for the next one");
        }
        task.readiness.forEach((extension, readiness) -> {
            if (readiness.polledAgainAt == null) {
                waiting.add(invocation + " waits for extension " + extension.name + " (" + extension.state.wireName()
                        + ") to ask for " + (readiness.receivedAt == null ? "its INVOKE" : "the next event"));
            }
        });
    }

    private String describeMissingRegistrations() {
        List<String> missing = missingRegistrations();
        return missing.isEmpty() ? "the environment to start" : "the registration of " + String.join(", ", missing);
    }

    <T> T inspect(Supplier<T> look) {
        lock.lock();
        try {
            return look.get();
        } finally {
            lock.unlock();
        }
    }

    Executor callbacks() {
        return callbacks;
    }

    // ---- for an answer whose body is on its way

    boolean isOver(AnswerInProgress answer) {
        return inspect(() -> answering != answer);
    }

    /** Ends an answer; refuses if its invocation has ended meanwhile. */
    void finishAnswer(AnswerInProgress answer, Runnable decision) throws CallRefused {
        actOrRefuse(() -> {
            if (answering != answer) {
                throw CallRefused.invalidRequestId();
            }
            answering = null;
            decision.run();
            move(requireNonNull(runtime), RuntimeState.RESPONSE_SENT);
        });
    }

    void effect(Runnable effect) {
        effects.add(effect);
    }

    String functionVersion() {
        return settings.function().version();
    }

    @Nullable Bandwidth bandwidth() {
        return settings.bandwidth().orElse(null);
    }

    Instant now() {
        return clock.instant();
    }

    /** Completes after a while; on a thread of the scheduler, which must not be kept. */
    CompletionStage<?> after(Duration delay) {
        CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
        scheduler.schedule(() -> callbacks.execute(() -> over.complete(null)), delay.toNanos(), TimeUnit.NANOSECONDS);
        return over;
    }

    // ---- mechanics

    private void act(Runnable decision) {
        change(() -> {
            decision.run();
            return true;
        });
    }

    private <T> T change(Supplier<T> decision) {
        try {
            lock.lock();
            try {
                now = clock.instant();
                return decision.get();
            } finally {
                lock.unlock();
            }
        } finally {
            effects.carryOut();
        }
    }

    @FunctionalInterface
    private interface Decision<T> {
        T make() throws CallRefused;
    }

    @FunctionalInterface
    private interface Action {
        void take() throws CallRefused;
    }

    private void actOrRefuse(Action action) throws CallRefused {
        changeOrRefuse(() -> {
            action.take();
            return true;
        });
    }

    private <T> T changeOrRefuse(Decision<T> decision) throws CallRefused {
        try {
            lock.lock();
            try {
                now = clock.instant();
                return decision.make();
            } finally {
                lock.unlock();
            }
        } finally {
            effects.carryOut();
        }
    }

    private void enter(EnvironmentPhase next) {
        log.append(now, new Event.PhaseChanged(phase, next));
        phase = next;
    }

    private void move(RuntimeAgent agent, RuntimeState next) {
        log.append(now, new Event.RuntimeStateChanged(agent.state, next));
        agent.state = next;
    }

    private void move(ExtensionAgent agent, ExtensionState next) {
        log.append(now, new Event.ExtensionStateChanged(agent.name, agent.state, next));
        agent.state = next;
    }

    private void launch(Participant participant, Supply supply) {
        if (supply != Supply.CLIENT) {
            effects.add(() -> participants.launch(participant));
        }
    }

    private Future<?> schedule(Duration delay, Runnable decision) {
        return scheduler.schedule(
                () -> act(() -> {
                    decision.run();
                }),
                delay.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}

package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
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
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One execution environment, on demand: its phases and the rules by which they follow each other. Calls and time come in,
 * answers and effects go out; all of it under one {@link Owner}, so that no transition can interleave with another.
 *
 * <p>After each change {@link #advance()} looks at the state and takes whichever step is due. There are no counted gates
 * that could miss one.
 */
public final class ExecutionEnvironment {

    private final EnvironmentSettings settings;
    private final FunctionConfiguration function;
    private final Owner owner;
    private final Identifiers identifiers;
    private final Participants participants;
    private final ExtensionRegistry extensions;

    private EnvironmentPhase phase = EnvironmentPhase.NEW;

    /** Null until every expected extension has registered. */
    private @Nullable RuntimeAgent runtime;

    private final CompletableFuture<@Nullable Void> initialised = new CompletableFuture<>();
    private Instant initStartedAt = Instant.MAX;
    private @Nullable Future<?> initTimer;

    /** How long init took, until the first invocation has reported it. */
    private @Nullable Duration coldStart;

    /** The first fatal error that a participant reported before its exit; it outranks the exit's own type. */
    private @Nullable String reportedType;

    private @Nullable Reported reported;
    private @Nullable Failure failure;

    /** The failure for people: who it was, or what was waited for. */
    private String failureDetail = "";

    /** Whose end or launch error it was. */
    private @Nullable Participant culprit;

    /** What invocations after the failure are answered with. */
    private @Nullable Failure aftermath;

    private final ArrayDeque<InvocationTask> queue = new ArrayDeque<>();
    private @Nullable InvocationTask current;
    private @Nullable AnswerInProgress answering;
    private final ArrayDeque<InvocationReport> history = new ArrayDeque<>();

    private @Nullable ShutdownSequence shutdown;
    private final CompletableFuture<@Nullable Void> shutDown = new CompletableFuture<>();

    public ExecutionEnvironment(
            EnvironmentSettings settings,
            Clock clock,
            ScheduledExecutorService scheduler,
            Executor callbacks,
            RecordingEventLog log,
            Participants participants) {
        this.settings = settings;
        this.function = settings.function();
        this.owner = new Owner(clock, scheduler, callbacks, log);
        this.identifiers = new Identifiers(clock);
        this.participants = participants;
        this.extensions = new ExtensionRegistry(owner, settings.onlyClients());
    }

    // ---- the runtime's calls

    /** {@code GET /runtime/invocation/next}. */
    public void runtimeNext(Poll<InvocationEvent> poll) {
        owner.act(() -> {
            try {
                RuntimeAgent agent = runningRuntime();
                agent.called(RuntimeCall.NEXT);
                if (agent.state() == RuntimeState.RUNNING && current != null) {
                    InvocationEvent again = current.event();
                    owner.effect(() -> poll.deliver(again));
                } else if (poll.isGone()) {
                    withdrawnOnArrival(Participant.RUNTIME, poll);
                } else {
                    extensions.close();
                    agent.park(poll);
                    // A runtime that left its poll and returns may not have seen the current one yet.
                    if (current != null && current.isAnswered()) {
                        current.runtimeDone(InvocationStatus.SUCCESS, Optional.empty());
                    }
                    advance();
                }
            } catch (CallRefused refusal) {
                owner.effect(() -> poll.refuse(refusal));
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
        return owner.changeOrRefuse(() -> {
            InvocationTask task = answeredBy(requestId, invocationId, RuntimeCall.RESPONSE);
            runningRuntime().move(RuntimeState.INVOCATION_RESPONSE);
            boolean streaming = "streaming".equals(mode);
            if (mode != null && !mode.isEmpty() && !streaming) {
                // The caller gets an empty error. AWS's core stays in InvocationResponse here for ever; the runtime
                // gets on instead.
                task.answer(task.result(new byte[0], contentType, "Runtime.InvalidResponseModeHeader"));
                runningRuntime().move(RuntimeState.RESPONSE_SENT);
                throw CallRefused.invalidResponseMode();
            }
            if (streaming) {
                task.responseBegins(contentType);
            }
            return begin(task, new AnswerInProgress.Head(streaming, contentType, null));
        });
    }

    /** {@code POST /runtime/invocation/ID/error} as far as its headers go. */
    public AnswerInProgress beginError(
            String requestId, @Nullable String invocationId, String errorType, @Nullable String contentType)
            throws CallRefused {
        return owner.changeOrRefuse(() -> {
            InvocationTask task = answeredBy(requestId, invocationId, RuntimeCall.ERROR);
            runningRuntime().move(RuntimeState.INVOCATION_ERROR_RESPONSE);
            return begin(task, new AnswerInProgress.Head(false, contentType, errorType));
        });
    }

    // The order matters: request id (400), invocation id (410), state (403).
    private InvocationTask answeredBy(String requestId, @Nullable String invocationId, RuntimeCall call)
            throws CallRefused {
        InvocationTask task = current;
        if (task == null || !task.requestId().equals(requestId)) {
            throw CallRefused.invalidRequestId();
        }
        if (settings.invocationIdHeader() == InvocationIdHeader.ENFORCED
                && invocationId != null
                && !invocationId.equals(task.event().invocationId().orElse(""))) {
            throw CallRefused.staleInvocationId();
        }
        runningRuntime().called(call);
        return task;
    }

    private AnswerInProgress begin(InvocationTask task, AnswerInProgress.Head head) {
        AnswerInProgress begun = new AnswerInProgress(
                owner,
                new AnswerInProgress.Ending() {
                    @Override
                    public void end(AnswerInProgress answer, Runnable decision) throws CallRefused {
                        endAnswer(answer, decision);
                    }

                    @Override
                    public boolean isOver(AnswerInProgress answer) {
                        return owner.inspect(() -> answering != answer);
                    }
                },
                task,
                head,
                settings.bandwidth().orElse(null));
        answering = begun;
        return begun;
    }

    private void endAnswer(AnswerInProgress answer, Runnable decision) throws CallRefused {
        owner.actOrRefuse(() -> {
            if (answering != answer) {
                throw CallRefused.invalidRequestId();
            }
            answering = null;
            decision.run();
            runningRuntime().move(RuntimeState.RESPONSE_SENT);
        });
    }

    /** {@code POST /runtime/init/error}. */
    public void runtimeInitError(String errorType, Reported body) throws CallRefused {
        owner.actOrRefuse(() -> {
            RuntimeAgent agent = runningRuntime();
            agent.called(RuntimeCall.INIT_ERROR);
            agent.move(RuntimeState.INIT_ERROR);
            report(errorType, body);
            if (settings.runtime() != Supply.PROCESS) {
                ended(agent, new ProcessExit.Code(1));
            }
        });
    }

    private RuntimeAgent runningRuntime() throws CallRefused {
        refuseAfterFailure("InvalidStateTransition");
        if (runtime == null) {
            throw CallRefused.runtimeNotStarted(missingRegistrations());
        }
        return runtime;
    }

    private void refuseAfterFailure(String errorType) throws CallRefused {
        if (failure != null && phase == EnvironmentPhase.FAILED) {
            throw CallRefused.environmentOver(
                    errorType, "it has failed with " + failure.errorType() + ": " + failure.text());
        }
    }

    // ---- the extensions' calls

    /** What a successful registration tells the extension. */
    public record Registration(UUID identifier, FunctionConfiguration function) {}

    /** {@code POST /extension/register}, with a name that is not empty. */
    public Registration register(String name, List<String> eventNames) throws CallRefused {
        return owner.changeOrRefuse(() -> {
            refuseAfterFailure("Extension.InvalidExtensionState");
            UUID identifier = extensions.register(name, eventNames);
            advance();
            return new Registration(identifier, function);
        });
    }

    /** {@code GET /extension/event/next}. */
    public void extensionNext(UUID identifier, Poll<ExtensionEvent> poll) {
        extensionNext(identifier, poll, null);
    }

    /**
     * An extension that gave up a poll may be back before word of it is: whatever is under way for the poll before comes
     * first, and its client is looked for. One that came in the meantime is looked at in turn.
     */
    private void extensionNext(UUID identifier, Poll<ExtensionEvent> poll, @Nullable Poll<ExtensionEvent> settled) {
        owner.act(() -> {
            try {
                ExtensionAgent agent = extension(identifier, CallRefused.unknownExtension(identifier));
                Poll<ExtensionEvent> before = agent.unsettledPoll();
                if (before != null && before != settled) {
                    owner.effect(() -> {
                        before.probe();
                        extensionNext(identifier, poll, before);
                    });
                    return;
                }
                agent.called(ExtensionCall.NEXT);
                if (poll.isGone()) {
                    withdrawnOnArrival(agent.participant(), poll);
                } else {
                    Readiness ended = agent.park(poll);
                    if (ended != null) {
                        ended.polledAgain();
                    }
                    advance();
                }
            } catch (CallRefused refusal) {
                owner.effect(() -> poll.refuse(refusal));
            }
        });
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
        owner.actOrRefuse(() -> {
            // The error routes word an unknown identifier differently.
            ExtensionAgent agent = extension(identifier, CallRefused.unknownIdentifier());
            agent.called(call);
            if (agent.isIn(target)) {
                return; // told before; the first error type stays
            }
            agent.reportError(target, errorType);
            report(fatalType, null);
            if (livesIn(agent) != Supply.PROCESS) {
                ended(agent, new ProcessExit.Code(1));
            }
        });
    }

    private ExtensionAgent extension(UUID identifier, CallRefused ifUnknown) throws CallRefused {
        refuseAfterFailure("Extension.InvalidExtensionState");
        ExtensionAgent agent = extensions.withIdentifier(identifier);
        if (agent == null) {
            throw ifUnknown;
        }
        return agent;
    }

    private void withdrawnOnArrival(Participant participant, Poll<?> poll) {
        owner.record(new Event.PollWithdrawn(participant));
        owner.effect(poll::drop);
    }

    /** The client of a poll has gone, or what was sent did not reach it. */
    public void withdraw(Poll<?> poll) {
        poll.markGone();
        owner.act(() -> {
            if (runtime != null) {
                runtime.withdraw(poll);
            }
            for (ExtensionAgent agent : extensions.all()) {
                agent.withdraw(poll);
            }
            advance();
        });
    }

    // ---- what participants do beside calling

    /** A participant was started, as a process or in the JVM. */
    public void started(Participant participant, Optional<Long> pid, String command) {
        owner.act(() -> {
            owner.record(new Event.ParticipantStarted(participant, pid, command));
            ExtensionAgent agent = extensions.named(participant.name());
            if (participant.kind() == Participant.Kind.EXTENSION && agent != null) {
                agent.started();
            }
        });
    }

    /** A participant could not be started. */
    public void launchFailed(Participant participant, String errorType, String message) {
        owner.act(() -> {
            ExtensionAgent agent = extensions.named(participant.name());
            if (isOver()) {
                neverRan(participant, agent);
            } else if (participant.equals(Participant.RUNTIME) && runtime != null) {
                owner.record(new Event.LaunchFailed(participant, errorType, message));
                runtime.setGone();
                culprit = participant;
                fail(Failure.of(errorType, message));
            } else if (agent != null) {
                launchFailed(agent, errorType, message);
            }
        });
    }

    /** Its failure matters to nobody any more, but a shutdown that waits for its end has to go on. */
    private void neverRan(Participant participant, @Nullable ExtensionAgent agent) {
        if (participant.equals(Participant.RUNTIME)) {
            if (runtime != null) {
                runtime.setGone();
            }
        } else if (agent != null) {
            agent.setGone();
        }
        advance();
    }

    private void launchFailed(ExtensionAgent agent, String errorType, String message) {
        owner.record(new Event.LaunchFailed(agent.participant(), errorType, message));
        agent.launchFailed(errorType);
        culprit = agent.participant();
        fail(Failure.of("Extension.LaunchError", message));
    }

    /** A participant ended. */
    public void exited(Participant participant, ProcessExit exit) {
        owner.act(() -> {
            owner.record(new Event.ParticipantExited(participant, exit));
            ExtensionAgent agent = extensions.named(participant.name());
            if (participant.equals(Participant.RUNTIME)) {
                if (runtime != null && !runtime.isGone()) {
                    ended(runtime, exit);
                }
            } else if (agent != null && !agent.isGone()) {
                ended(agent, exit);
            }
        });
    }

    private void ended(RuntimeAgent agent, ProcessExit exit) {
        agent.setGone();
        culprit = Participant.RUNTIME;
        failOrAdvance(
                "Runtime.ExitError",
                exit.isSuccess()
                        ? "Runtime exited without providing a reason"
                        : "Runtime exited with error: " + exit.describe());
    }

    private void ended(ExtensionAgent agent, ProcessExit exit) {
        agent.setGone();
        culprit = agent.participant();
        if (phase == EnvironmentPhase.SHUTDOWN && agent.isIn(ExtensionState.RUNNING)) {
            agent.move(exit.isSuccess() ? ExtensionState.EXITED : ExtensionState.SHUTDOWN_FAILED);
        }
        failOrAdvance("Extension.Crash", exit.isSuccess() ? "exit code 0" : exit.describe());
    }

    private void failOrAdvance(String exitType, String text) {
        if (isOver()) {
            advance();
        } else {
            String type = reportedType == null ? exitType : reportedType;
            fail(new Failure(type, text, InvocationStatus.ERROR, reported));
        }
    }

    private void report(String errorType, @Nullable Reported body) {
        if (reportedType == null) {
            reportedType = errorType;
            reported = body;
        }
    }

    // ---- invocations

    /** Accepts an invocation; it waits for init and for its turn. */
    public Invocation invoke(InvocationRequest request, boolean streaming) {
        if (!streaming) {
            return accept(request, null, settings.whenBusy(), task -> {});
        }
        ResponseInputStream stream = new ResponseInputStream();
        return accept(request, stream, settings.whenBusy(), task -> task.onAnswer(stream::ends));
    }

    /** Accepts an invocation for a caller who takes the response as it comes. */
    public void invokeStreaming(InvocationRequest request, StreamingCaller caller) {
        var unused = accept(request, caller, settings.whenBusy(), task -> task.onAnswer(caller::ends));
    }

    /** The same for a caller who is told of the end when the invocation is complete and its output is in the log. */
    public void invokeStreamingToTheEnd(InvocationRequest request, StreamingCaller caller) {
        var unused = accept(request, caller, settings.whenBusy(), task -> onceInTheLog(task, caller::ends));
    }

    /**
     * Accepts an asynchronous invocation, which the service keeps until there is room for it.
     *
     * @return what is known of its result: its ids
     */
    public InvocationResult invokeLater(InvocationRequest request) {
        return accept(request, null, WhenBusy.QUEUE, task -> {}).head(null);
    }

    /** Accepts an invocation for a caller who needs its answer at once; the callback must not block. */
    public void invoke(
            InvocationRequest request, BiConsumer<@Nullable InvocationResult, @Nullable Throwable> callback) {
        // Before it is accepted: the environment may be closed before this thread gets on.
        var unused = accept(request, null, settings.whenBusy(), task -> task.onAnswer(callback));
    }

    /** The same for a caller who waits until the invocation is complete and its output is in the log. */
    public void invokeToTheEnd(
            InvocationRequest request, BiConsumer<@Nullable InvocationResult, @Nullable Throwable> callback) {
        var unused = accept(request, null, settings.whenBusy(), task -> onceInTheLog(task, callback));
    }

    private void onceInTheLog(
            InvocationTask task, BiConsumer<@Nullable InvocationResult, @Nullable Throwable> callback) {
        task.onCompletion((result, failure) -> participants.afterOutput(() -> callback.accept(result, failure)));
    }

    private InvocationTask accept(
            InvocationRequest request,
            @Nullable StreamingCaller caller,
            WhenBusy whenBusy,
            Consumer<InvocationTask> preparation) {
        if (request.payload().length > Limits.REQUEST_BYTES) {
            throw new InvocationRejectedException(
                    "RequestEntityTooLargeException",
                    413,
                    "Request must be smaller than " + Limits.REQUEST_BYTES + " bytes for the InvokeFunction operation");
        }
        return owner.change(() -> {
            if (phase == EnvironmentPhase.SHUTDOWN || phase == EnvironmentPhase.CLOSED) {
                throw shutDownRejection("the execution environment is shut down");
            }
            String requestId = request.requestId().orElseGet(identifiers::requestId);
            String traceId = request.traceId().orElseGet(identifiers::traceId);
            InvocationTask task =
                    new InvocationTask(owner, function, circumstances(), request, requestId, traceId, caller);
            preparation.accept(task);
            if (aftermath != null) {
                answerWithout(task, aftermath);
                return task;
            }
            if (whenBusy == WhenBusy.REJECT && (current != null || !queue.isEmpty())) {
                throw new InvocationRejectedException("TooManyRequestsException", 429, "Rate Exceeded.");
            }
            if (isInFlight(requestId)) {
                throw new InvocationRejectedException(
                        "InvalidParameterValueException",
                        400,
                        "an invocation with the request id " + requestId + " is under way; request ids are used once");
            }
            queue.addLast(task);
            owner.record(new Event.InvocationQueued(requestId));
            advance();
            return task;
        });
    }

    private InvocationTask.Circumstances circumstances() {
        return new InvocationTask.Circumstances() {
            @Override
            public String waitingFor() {
                return describeWaiting();
            }

            @Override
            public String failure() {
                return owner.inspect(ExecutionEnvironment.this::failed);
            }
        };
    }

    private boolean isInFlight(String requestId) {
        return (current != null && current.requestId().equals(requestId))
                || queue.stream().anyMatch(task -> task.requestId().equals(requestId));
    }

    private static InvocationRejectedException shutDownRejection(String message) {
        return new InvocationRejectedException("ServiceUnavailableException", 503, message);
    }

    // ---- life cycle

    /** Begins init; returns at once. */
    public void start() {
        owner.act(() -> {
            if (phase != EnvironmentPhase.NEW) {
                throw new IllegalStateException("this execution environment was started before");
            }
            enter(EnvironmentPhase.INIT);
            initStartedAt = owner.now();
            owner.record(new Event.InitStarted());
            if (settings.deadlines()) {
                initTimer = owner.schedule(settings.initTimeout(), this::initTimedOut);
            }
            // A runtime that connects by itself is there from the start; its author knows when to start it.
            if (settings.runtime() == Supply.CLIENT) {
                runtime = new RuntimeAgent(owner);
            }
            for (ExpectedExtension expected : settings.extensions()) {
                ExtensionAgent agent = extensions.expect(expected.name(), expected.supply());
                if (extensions.size() > Limits.EXTENSIONS) {
                    launchFailed(
                            agent,
                            "TooManyExtensions",
                            CallRefused.tooManyExtensions().getMessage());
                    return;
                }
                launch(agent.participant(), agent.supply());
            }
            advance();
        });
    }

    /** Completes when init succeeded; exceptionally when it failed or the environment was shut down. */
    public CompletableFuture<@Nullable Void> initialised() {
        return initialised;
    }

    /**
     * Ends the environment as Lambda does.
     *
     * @return completes when nothing is left to wait for
     */
    public CompletableFuture<@Nullable Void> shutDown(ShutdownReason reason) {
        owner.act(() -> {
            if (phase == EnvironmentPhase.SHUTDOWN || phase == EnvironmentPhase.CLOSED) {
                return;
            }
            boolean ended = phase == EnvironmentPhase.NEW || phase == EnvironmentPhase.FAILED;
            giveUp("the execution environment was shut down (" + reason.wireName() + ")");
            enter(EnvironmentPhase.SHUTDOWN);
            if (ended) {
                owner.effect(() -> shutDown.complete(null));
            } else {
                shutdown = new ShutdownSequence(
                        owner,
                        participants,
                        extensions,
                        this::runtimeRuns,
                        reason,
                        () -> owner.effect(() -> shutDown.complete(null)));
                shutdown.begin();
            }
        });
        return shutDown;
    }

    /** The last word: whatever still is there is given up. */
    public void close() {
        owner.act(() -> {
            if (phase == EnvironmentPhase.CLOSED) {
                return;
            }
            giveUp("the execution environment was closed");
            enter(EnvironmentPhase.CLOSED);
            dropPolls();
            owner.effect(() -> shutDown.complete(null));
        });
    }

    private void giveUp(String why) {
        if (current != null && current.isAnswered()) {
            // Its caller is content; that the environment ends before everybody has polled again is nobody's fault.
            current.runtimeDone(InvocationStatus.SUCCESS, Optional.empty());
            complete(current, InvocationStatus.SUCCESS, Optional.empty());
            forgetWhatIsDue();
        }
        endCurrent(Failure.platform(why));
        while (!queue.isEmpty()) {
            queue.removeFirst().reject(shutDownRejection(why + " before it was this invocation's turn"));
        }
        cancelInitTimer();
        owner.effect(
                () -> initialised.completeExceptionally(new IllegalStateException(why + " before init was complete")));
    }

    // ---- steps, all under the lock

    /** Takes every step that the state allows. */
    private void advance() {
        handOver();
        switch (phase) {
            case INIT -> advanceInit();
            case READY -> dispatch();
            case INVOKE -> completeIfDone();
            case SHUTDOWN -> {
                if (shutdown != null) {
                    shutdown.advance();
                }
            }
            case NEW, FAILED, CLOSED -> {}
        }
    }

    /** Gives what is due to whoever waits for it: extensions first, then the runtime. */
    private void handOver() {
        extensions.all().forEach(ExtensionAgent::handOver);
        if (runtime != null) {
            runtime.handOver();
        }
    }

    private void advanceInit() {
        if (runtime == null && extensions.missing().isEmpty()) {
            runtime = new RuntimeAgent(owner);
            launch(Participant.RUNTIME, settings.runtime());
        }
        if (runtime != null && runtime.state() == RuntimeState.READY && extensions.allAre(ExtensionState.READY)) {
            cancelInitTimer();
            coldStart = reportInit(InvocationStatus.SUCCESS, Optional.empty());
            enter(EnvironmentPhase.READY);
            owner.effect(() -> initialised.complete(null));
            dispatch();
        }
    }

    /** The order of the records is that of the service: runtime done, one per extension, the report. */
    private Duration reportInit(InvocationStatus status, Optional<String> errorType) {
        Duration duration = Duration.between(initStartedAt, owner.now());
        if (runtime != null) {
            owner.record(new Event.InitRuntimeDone(status, errorType));
        }
        for (ExtensionAgent agent : extensions.all()) {
            if (!agent.hasAppeared()) {
                continue; // init failed before it was this one's turn to be launched
            }
            ExtensionInfo info = agent.info();
            owner.record(new Event.ExtensionReported(info.name(), info.state(), info.events(), info.errorType()));
        }
        owner.record(new Event.InitReported(status, errorType, duration));
        return duration;
    }

    private void dispatch() {
        InvocationTask task = queue.pollFirst();
        if (task == null || runtime == null) {
            return;
        }
        enter(EnvironmentPhase.INVOKE);
        current = task;
        task.start(coldStart);
        coldStart = null;
        if (settings.deadlines()) {
            task.endAt(owner.schedule(function.timeout(), () -> timedOut(task)));
        }
        for (ExtensionAgent agent : extensions.all()) {
            if (agent.wants(ExtensionEventType.INVOKE)) {
                agent.send(task.invokeEvent(), task.expect(agent.name()));
            }
        }
        runtime.dispatch(task.dispatch(
                settings.invocationIdHeader() == InvocationIdHeader.OFF
                        ? Optional.empty()
                        : Optional.of(identifiers.requestId())));
        handOver();
    }

    private void completeIfDone() {
        InvocationTask task = current;
        if (task != null && task.isDone()) {
            complete(task, InvocationStatus.SUCCESS, Optional.empty());
            enter(EnvironmentPhase.READY);
            dispatch();
        }
    }

    private void complete(InvocationTask task, InvocationStatus status, Optional<String> errorType) {
        InvocationReport report = task.complete(status, errorType);
        if (current == task) {
            current = null;
            answering = null;
        }
        if (history.size() == settings.retainedInvocations()) {
            history.removeFirst();
        }
        history.addLast(report);
    }

    // ---- failure

    private void initTimedOut() {
        if (phase == EnvironmentPhase.INIT) {
            fail(Failure.timedOut(settings.initTimeout()));
        }
    }

    private void timedOut(InvocationTask task) {
        if (current == task) {
            fail(Failure.timedOut(function.timeout()));
        }
    }

    /** Something fatal: what is running ends with the cause, and so does everything after it. */
    private void fail(Failure cause) {
        String detail = detail(cause);
        failure = cause;
        failureDetail = detail;
        // That somebody else's invocation timed out is no answer to this one.
        Failure later = current != null && cause.status() == InvocationStatus.TIMEOUT
                ? Failure.platform("the execution environment failed before: " + cause.text())
                : cause;
        aftermath = later;
        owner.record(new Event.EnvironmentFailed(cause.errorType(), detail));
        if (phase == EnvironmentPhase.INIT) {
            reportInit(cause.status(), cause.recordedType());
        }
        cancelInitTimer();
        endCurrent(cause);
        enter(EnvironmentPhase.FAILED);
        owner.effect(() -> initialised.completeExceptionally(
                new IllegalStateException("init failed with " + cause.errorType() + ": " + detail)));
        while (!queue.isEmpty()) {
            answerWithout(queue.removeFirst(), later);
        }
        if (runtimeRuns()) {
            owner.effect(() -> participants.kill(Participant.RUNTIME, "the environment has failed"));
        }
        for (ExtensionAgent agent : extensions.all()) {
            if (!agent.isGone() && agent.supply() != Supply.CLIENT) {
                owner.effect(() -> participants.kill(agent.participant(), "the environment has failed"));
            }
        }
        dropPollsOfClients();
    }

    /** AWS's text names neither the participant nor what was waited for. */
    private String detail(Failure cause) {
        if (cause.status() == InvocationStatus.TIMEOUT) {
            return cause.text() + "; " + (phase == EnvironmentPhase.INIT ? waitingForInit() : waitingForInvocation());
        }
        return culprit == null || culprit.equals(Participant.RUNTIME)
                ? cause.text()
                : cause.text() + " (" + culprit + ")";
    }

    private void endCurrent(Failure cause) {
        InvocationTask task = current;
        if (task != null) {
            task.runtimeDone(cause.status(), cause.recordedType());
            answer(task, cause);
            complete(task, cause.status(), cause.recordedType());
            forgetWhatIsDue();
        }
    }

    private void forgetWhatIsDue() {
        if (runtime != null) {
            runtime.forget();
        }
        extensions.all().forEach(ExtensionAgent::forget);
    }

    /** Answers an invocation that is never dispatched, because the environment has failed. */
    private void answerWithout(InvocationTask task, Failure cause) {
        task.start(null);
        answer(task, cause);
        complete(task, cause.status(), cause.recordedType());
    }

    private static void answer(InvocationTask task, Failure cause) {
        task.answer(task.result(cause.payload(task.requestId()), cause.contentType(), cause.errorType()));
    }

    // A process that is being killed must not learn of it by a broken connection, and write that into the log.
    private void dropPollsOfClients() {
        if (runtime != null && settings.runtime() != Supply.PROCESS) {
            runtime.dropPolls();
        }
        for (ExtensionAgent agent : extensions.all()) {
            if (livesIn(agent) != Supply.PROCESS) {
                agent.dropPoll();
            }
        }
    }

    private void dropPolls() {
        if (runtime != null) {
            runtime.dropPolls();
        }
        extensions.all().forEach(ExtensionAgent::dropPoll);
    }

    /** An internal extension lives in the runtime. */
    private Supply livesIn(ExtensionAgent agent) {
        return agent.isExternal() ? agent.supply() : settings.runtime();
    }

    // ---- inspection

    public EnvironmentPhase phase() {
        return owner.inspect(() -> phase);
    }

    /** Empty before the runtime is started. */
    public Optional<RuntimeState> runtimeState() {
        return owner.inspect(() -> Optional.ofNullable(runtime).map(RuntimeAgent::state));
    }

    public List<ExtensionInfo> extensions() {
        return owner.inspect(
                () -> extensions.all().stream().map(ExtensionAgent::info).toList());
    }

    /** The newest completed invocations, oldest first. */
    public List<InvocationReport> invocations() {
        return owner.inspect(() -> List.copyOf(history));
    }

    /** The environment at one moment, for people. */
    public record Snapshot(
            EnvironmentPhase phase,
            String waiting,
            Optional<RuntimeState> runtimeState,
            List<ExtensionInfo> extensions,
            List<Participant> parkedPolls,
            int queued) {}

    /** What can be seen of it, all at one moment. */
    public Snapshot snapshot() {
        return owner.inspect(() -> {
            List<Participant> parked = new ArrayList<>();
            if (runtime != null) {
                parked.addAll(Collections.nCopies(runtime.parkedPolls(), Participant.RUNTIME));
            }
            extensions.all().stream()
                    .filter(ExtensionAgent::hasParkedPoll)
                    .map(ExtensionAgent::participant)
                    .forEach(parked::add);
            return new Snapshot(phase, describeWaiting(), runtimeState(), extensions(), parked, queue.size());
        });
    }

    /** What has to happen next, for the messages of waits that ran out. */
    public String describeWaiting() {
        return owner.inspect(() -> switch (phase) {
            case NEW -> "the environment is not started";
            case INIT -> waitingForInit();
            case READY -> "the environment is idle";
            case INVOKE -> waitingForInvocation();
            case FAILED -> failed();
            case SHUTDOWN, CLOSED -> "the environment is shut down";
        });
    }

    private String failed() {
        return failure == null ? "" : "the environment has failed with " + failure.errorType() + ": " + failureDetail;
    }

    private String waitingForInit() {
        List<String> waiting = new ArrayList<>();
        if (!extensions.missing().isEmpty()) {
            waiting.add(missingRegistrations());
        }
        if (runtime != null && runtime.state() != RuntimeState.READY) {
            boolean connectsByItself = settings.runtime() == Supply.CLIENT && runtime.state() == RuntimeState.STARTED;
            waiting.add((connectsByItself
                            ? "a runtime that connects by itself, since none was given,"
                            : "the runtime (" + runtime.state().wireName() + ")")
                    + " to ask for an invocation");
        }
        for (ExtensionAgent agent : extensions.all()) {
            if (agent.isRegistered() && !agent.isIn(ExtensionState.READY)) {
                waiting.add("extension " + agent.name() + " (" + agent.state().wireName() + ") to ask for an event");
            }
        }
        return "init waits for " + String.join(" and ", waiting);
    }

    private String waitingForInvocation() {
        InvocationTask task = current;
        if (task == null || runtime == null) {
            return "";
        }
        List<String> waiting = new ArrayList<>();
        String theRuntime = "the runtime (" + runtime.state().wireName() + ") to ";
        if (runtime.isPending()) {
            waiting.add(theRuntime + "ask for it");
        } else if (!task.isAnswered()) {
            waiting.add(theRuntime + "answer");
        } else if (!task.isRuntimeDone()) {
            waiting.add(theRuntime + "ask for the next one");
        }
        for (Readiness account : task.accounts()) {
            if (!account.isReady()) {
                waiting.add("extension " + account.extension() + " to ask for "
                        + (account.isReceived() ? "the next event" : "its INVOKE"));
            }
        }
        return "invocation " + task.requestId() + " waits for " + String.join(" and ", waiting);
    }

    private String missingRegistrations() {
        List<String> internal = extensions.all().stream()
                .filter(agent -> !agent.isExternal())
                .map(ExtensionAgent::name)
                .toList();
        return "the registration of extension " + String.join(", ", extensions.missing())
                + (internal.isEmpty()
                        ? ""
                        : " (registered under another name, and so as internal: " + String.join(", ", internal) + ")");
    }

    // ---- small change

    private boolean isOver() {
        return phase == EnvironmentPhase.FAILED
                || phase == EnvironmentPhase.SHUTDOWN
                || phase == EnvironmentPhase.CLOSED;
    }

    private void enter(EnvironmentPhase next) {
        owner.record(new Event.PhaseChanged(phase, next));
        phase = next;
    }

    private void launch(Participant participant, Supply supply) {
        if (supply != Supply.CLIENT) {
            owner.effect(() -> participants.launch(participant));
        }
    }

    private boolean runtimeRuns() {
        return runtime != null && !runtime.isGone() && settings.runtime() != Supply.CLIENT;
    }

    private void cancelInitTimer() {
        if (initTimer != null) {
            initTimer.cancel(false);
            initTimer = null;
        }
    }
}

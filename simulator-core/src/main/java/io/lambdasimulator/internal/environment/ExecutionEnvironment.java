package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.ShutdownReport;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.environment.InvocationTask.Readiness;
import io.lambdasimulator.internal.environment.Participants.Launch;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.telemetry.TelemetryApi;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
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

    private static final ProcessExit KILLED = new ProcessExit.Signal(9);

    private final EnvironmentSettings settings;
    private final FunctionConfiguration function;
    private final Owner owner;
    private final Identifiers identifiers;
    private final Participants participants;
    private final Subscribers subscribers;
    private final Subscriptions subscriptions;
    private final Freezing freezing;
    private long freezeCount;

    /** Why the newest freeze failed, for people; empty when it did not. */
    private String notFrozen = "";

    private EnvironmentPhase phase = EnvironmentPhase.NEW;
    private Generation generation;

    /** The newest one whose init has begun: what a test wants to look at after a failure. */
    private Generation shown;

    /** Of the newest init that has begun. */
    private CompletableFuture<@Nullable Void> initialised = new CompletableFuture<>();

    /** How long init took, until the first invocation has reported it. */
    private @Nullable Duration coldStart;

    /** What the newest failure was, for people. */
    private String failed = "";

    private final ArrayDeque<InvocationTask> queue = new ArrayDeque<>();
    private @Nullable InvocationTask current;
    private @Nullable AnswerInProgress answering;

    /** What there is to do once the output of an invocation that is over has been read, in order; null without one. */
    private @Nullable List<Runnable> ending;

    private final ArrayDeque<InvocationReport> history = new ArrayDeque<>();

    /** The shutdown or reset under way, or the last one. */
    private @Nullable ShutdownSequence sequence;

    /** Why it is to be shut down, from the request until it is thawed. */
    private @Nullable ShutdownReason wantedShutdown;

    private final CompletableFuture<ShutdownReport> shutDown = new CompletableFuture<>();

    public ExecutionEnvironment(
            EnvironmentSettings settings,
            Clock clock,
            ScheduledExecutorService scheduler,
            Executor callbacks,
            RecordingEventLog log,
            Participants participants,
            Subscribers subscribers,
            Activity activity) {
        this.settings = settings;
        this.function = settings.function();
        this.owner = new Owner(clock, scheduler, callbacks, log, activity);
        this.identifiers = new Identifiers(clock);
        this.participants = participants;
        this.subscribers = subscribers;
        this.subscriptions = new Subscriptions(owner, subscribers);
        this.freezing = new Freezing(owner, participants, subscribers);
        this.generation = new Generation(owner, settings, 1);
        this.shown = generation;
    }

    // ---- the runtime's calls

    /** {@code GET /runtime/invocation/next}. */
    public void runtimeNext(Poll<InvocationEvent> poll) {
        owner.act(() -> {
            try {
                RuntimeAgent agent = runningRuntime();
                agent.called(RuntimeCall.NEXT);
                if (poll.isGone()) {
                    withdrawnOnArrival(Participant.RUNTIME, poll);
                } else if (agent.state() == RuntimeState.RUNNING && current != null) {
                    agent.replay(poll, current.event());
                } else {
                    generation.extensions().close();
                    agent.park(poll);
                    // A runtime that left its poll and returns may not have seen the current one yet.
                    InvocationTask done = current;
                    if (done != null && done.isAnswered()) {
                        done.runtimeDone(InvocationStatus.SUCCESS, Optional.empty());
                        if (!done.isDone()) {
                            afterOutput(done::recordRuntimeDone);
                        }
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
            task.responds();
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
            owner.effect(participants::lookAtMemory);
            runningRuntime().move(RuntimeState.RESPONSE_SENT);
        });
    }

    /** {@code POST /runtime/init/error}. */
    public void runtimeInitError(String errorType, Reported body) throws CallRefused {
        owner.actOrRefuse(() -> {
            RuntimeAgent agent = runningRuntime();
            agent.called(RuntimeCall.INIT_ERROR);
            agent.move(RuntimeState.INIT_ERROR);
            generation.reported(errorType, body);
            if (current != null) {
                // The caller of an init within an invocation need not wait for the exit (spec: on-demand §1.5).
                current.answer(current.result(body.body(), body.contentType(), errorType));
            }
            if (settings.runtime() != Supply.PROCESS) {
                ended(agent, new ProcessExit.Code(1));
            }
        });
    }

    private RuntimeAgent runningRuntime() throws CallRefused {
        RuntimeAgent runtime = generation.runtime();
        if (runtime == null) {
            throw CallRefused.runtimeNotStarted(
                    phase == EnvironmentPhase.FAILED ? "the next invocation" : generation.missingRegistrations());
        }
        return runtime;
    }

    // ---- the extensions' calls

    /** What a successful registration tells the extension. */
    public record Registration(UUID identifier, FunctionConfiguration function) {}

    /** {@code POST /extension/register}, with a name that is not empty. */
    public Registration register(String name, List<String> eventNames) throws CallRefused {
        return owner.changeOrRefuse(() -> {
            if (phase == EnvironmentPhase.RESET) {
                throw CallRefused.registrationClosed();
            }
            ExtensionAgent expected = generation.extensions().named(name);
            if (phase == EnvironmentPhase.FAILED && expected != null && !expected.isLaunched()) {
                throw CallRefused.notInitialised("Extension.InvalidExtensionState", failed);
            }
            UUID identifier = generation.extensions().register(name, eventNames);
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

    /** Whose identifier it is; empty when it is nobody's. */
    public Optional<Participant> extensionWith(UUID identifier) {
        return owner.inspect(() -> Optional.ofNullable(generation.extensions().withIdentifier(identifier))
                .map(ExtensionAgent::participant));
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
            generation.reported(fatalType, null);
            if (generation.livesIn(agent) != Supply.PROCESS) {
                ended(agent, new ProcessExit.Code(1));
            }
        });
    }

    /** {@code PUT /telemetry} and {@code PUT /logs}, which are open during init. */
    public void subscribe(UUID identifier, Subscribers.Request request) throws CallRefused {
        owner.actOrRefuse(() -> {
            subscriptions.add(
                    extensionThatMaySubscribe(identifier, request.api()).name(), request);
        });
    }

    /** Refuses what would be refused whatever the request says. */
    public void checkSubscription(UUID identifier, TelemetryApi api) throws CallRefused {
        owner.actOrRefuse(() -> extensionThatMaySubscribe(identifier, api));
    }

    private ExtensionAgent extensionThatMaySubscribe(UUID identifier, TelemetryApi api) throws CallRefused {
        ExtensionAgent agent = extension(identifier, CallRefused.unknownExtension(identifier));
        if (phase != EnvironmentPhase.NEW && phase != EnvironmentPhase.INIT) {
            throw CallRefused.subscriptionClosed(api);
        }
        return agent;
    }

    private ExtensionAgent extension(UUID identifier, CallRefused ifUnknown) throws CallRefused {
        ExtensionAgent agent = generation.extensions().withIdentifier(identifier);
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
            generation.withdraw(poll);
            advance();
        });
    }

    // ---- what participants do beside calling

    /** A participant was started, as a process or in the JVM. */
    public void started(Launch launch, Optional<Long> pid, String command) {
        owner.act(() -> {
            owner.record(new Event.ParticipantStarted(launch.participant(), pid, command));
            ExtensionAgent agent = extension(launch);
            if (agent != null) {
                agent.started();
            }
        });
    }

    /** A participant could not be started. */
    public void launchFailed(Launch launch, String errorType, String message) {
        owner.act(() -> {
            ExtensionAgent agent = extension(launch);
            RuntimeAgent runtime = runtime(launch);
            if (isOver()) {
                neverRan(runtime, agent);
            } else if (runtime != null) {
                owner.record(new Event.LaunchFailed(launch.participant(), errorType, message));
                runtime.setGone();
                generation.blame(launch.participant());
                fail(Failure.of(errorType, message));
            } else if (agent != null) {
                owner.record(new Event.LaunchFailed(agent.participant(), errorType, message));
                agent.launchFailed(errorType);
                generation.blame(agent.participant());
                fail(Failure.of("Extension.LaunchError", message));
            }
        });
    }

    /** A participant was not launched, because another one could not be. */
    public void neverLaunched(Launch launch) {
        owner.act(() -> neverRan(runtime(launch), extension(launch)));
    }

    private @Nullable ExtensionAgent extension(Launch launch) {
        return launch.participant().kind() == Participant.Kind.EXTENSION && generation.has(launch)
                ? generation.extensions().named(launch.participant().name())
                : null;
    }

    private @Nullable RuntimeAgent runtime(Launch launch) {
        return launch.participant().kind() == Participant.Kind.RUNTIME && generation.has(launch)
                ? generation.runtime()
                : null;
    }

    /** Its failure matters to nobody any more, but a shutdown that waits for its end has to go on. */
    private void neverRan(@Nullable RuntimeAgent runtime, @Nullable ExtensionAgent agent) {
        if (runtime != null) {
            runtime.setGone();
        }
        if (agent != null) {
            agent.setGone();
        }
        advance();
    }

    /** Whether the runtime has an invocation that it has not answered. */
    public boolean awaitsAnswer() {
        return owner.inspect(() -> current != null && current.isDispatched() && !current.isAnswered());
    }

    /** A participant ended. */
    public void exited(Launch launch, ProcessExit exit) {
        owner.act(() -> {
            owner.record(new Event.ParticipantExited(launch.participant(), exit));
            if (generation.has(launch)) {
                generation.exited(launch.participant(), exit);
            }
            ExtensionAgent agent = extension(launch);
            RuntimeAgent runtime = runtime(launch);
            if (runtime != null && !runtime.isGone()) {
                ended(runtime, exit);
            } else if (agent != null && !agent.isGone()) {
                ended(agent, exit);
            }
        });
    }

    private void ended(RuntimeAgent agent, ProcessExit exit) {
        agent.setGone();
        generation.blame(Participant.RUNTIME);
        if (answering != null && !isOver()) {
            cutOff(answering);
        }
        Failure failure = generation.failureOf(
                "Runtime.ExitError",
                exit.isSuccess()
                        ? "Runtime exited without providing a reason"
                        : "Runtime exited with error: " + exit.describe());
        // Who else kills a runtime that nothing has befallen? On AWS nobody but the kernel.
        failOrAdvance(exit.equals(KILLED) && !generation.hasReport() ? failure.outOfMemory() : failure);
    }

    /** A runtime that ended amid its response has cut it off; its connection may tell so later, or somebody else keep it open. */
    private static void cutOff(AnswerInProgress answer) {
        try {
            answer.isCutOff();
        } catch (CallRefused refusal) {
            // Nobody is there to be told.
        }
    }

    private void ended(ExtensionAgent agent, ProcessExit exit) {
        agent.setGone();
        generation.blame(agent.participant());
        if (isOver() && agent.isIn(ExtensionState.RUNNING)) {
            agent.move(exit.isSuccess() ? ExtensionState.EXITED : ExtensionState.SHUTDOWN_FAILED);
        }
        failOrAdvance(generation.failureOf("Extension.Crash", exit.isSuccess() ? "exit code 0" : exit.describe()));
    }

    private void failOrAdvance(Failure failure) {
        if (isOver()) {
            advance();
        } else {
            fail(failure);
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
            if (isShutDown()) {
                throw shutDownRejection("the execution environment is shut down");
            }
            String requestId = request.requestId().orElseGet(identifiers::requestId);
            String traceId = request.traceId().orElseGet(identifiers::traceId);
            InvocationTask task =
                    new InvocationTask(owner, function, circumstances(), request, requestId, traceId, caller);
            preparation.accept(task);
            boolean isBusy = current != null || phase == EnvironmentPhase.INVOKE || !queue.isEmpty();
            if (whenBusy == WhenBusy.REJECT && isBusy) {
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
                return owner.inspect(() -> failed);
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
            beginInit(InitPhase.INIT);
        });
    }

    /** Completes when the newest init succeeded; exceptionally when it failed or the environment was shut down. */
    public CompletableFuture<@Nullable Void> initialised() {
        return owner.inspect(() -> initialised);
    }

    /**
     * Ends the environment as Lambda does; a frozen one is thawed first.
     *
     * @return completes when nothing is left to wait for
     */
    public CompletableFuture<ShutdownReport> shutDown(ShutdownReason reason) {
        owner.act(() -> {
            if (isShutDown()) {
                return;
            }
            wantedShutdown = reason;
            giveUp("the execution environment was shut down (" + reason.wireName() + ")");
            if (freezing.isThawed()) {
                beginShutdown(reason);
            } else {
                thaw();
            }
        });
        return shutDown;
    }

    private void beginShutdown(ShutdownReason reason) {
        EnvironmentPhase before = phase;
        enter(EnvironmentPhase.SHUTDOWN);
        switch (before) {
            case RESET -> {
                // What is under way ends everything there is.
            }
            case NEW, FAILED -> shutDownIsOver(ShutdownReport.empty(reason));
            default -> {
                sequence = null;
                afterEnding(() -> beginSequence(reason));
            }
        }
    }

    private void beginSequence(ShutdownReason reason) {
        if (phase == EnvironmentPhase.CLOSED) {
            return;
        }
        Runnable onFlushed = phase == EnvironmentPhase.RESET ? subscriptions::detach : () -> {};
        sequence = new ShutdownSequence(
                owner, participants, generation, subscriptions, reason, onFlushed, this::sequenceIsOver);
        sequence.begin();
    }

    private void sequenceIsOver(ShutdownReport report) {
        if (phase == EnvironmentPhase.RESET) {
            Generation next = new Generation(owner, settings, generation.number() + 1);
            next.adoptRuntimeOf(generation);
            generation.dropPolls();
            endAll();
            generation = next;
            enter(EnvironmentPhase.FAILED);
            advance();
        } else {
            endAll();
            shutDownIsOver(report);
        }
    }

    /** Whoever its participants have left behind goes with it. */
    private void endAll() {
        int ended = generation.number();
        owner.effect(() -> participants.endAll(ended));
    }

    private void shutDownIsOver(ShutdownReport report) {
        owner.effect(() -> shutDown.complete(report));
    }

    /** The last word: whatever still is there is given up. */
    public void close() {
        owner.act(() -> {
            if (phase == EnvironmentPhase.CLOSED) {
                return;
            }
            giveUp("the execution environment was closed");
            enter(EnvironmentPhase.CLOSED);
            finish(ending);
            generation.dropPolls();
            shutDownIsOver(sequence == null ? ShutdownReport.empty(ShutdownReason.SPINDOWN) : sequence.report());
        });
    }

    private void giveUp(String why) {
        InvocationTask task = current;
        if (task != null && task.isDispatched() && task.isAnswered()) {
            // Its caller is content; that the environment ends before everybody has polled again is nobody's fault.
            task.runtimeDone(InvocationStatus.SUCCESS, Optional.empty());
            generation.forgetWhatIsDue();
            end(task, () -> complete(task, InvocationStatus.SUCCESS, Optional.empty()));
        } else if (task != null) {
            Failure failure = Failure.platform(why);
            answer(task, failure);
            end(task, () -> complete(task, failure.status(), failure.recordedType()));
        }
        while (!queue.isEmpty()) {
            queue.removeFirst().reject(shutDownRejection(why + " before it was this invocation's turn"));
        }
        generation.cancelInitTimer();
        CompletableFuture<@Nullable Void> init = initialised;
        owner.effect(() -> init.completeExceptionally(new IllegalStateException(why + " before init was complete")));
    }

    private boolean isShutDown() {
        return wantedShutdown != null || phase == EnvironmentPhase.CLOSED;
    }

    // ---- steps, all under the lock

    /** Takes every step that the state allows. */
    private void advance() {
        generation.handOver();
        switch (phase) {
            case INIT -> advanceInit();
            case READY, FROZEN -> advanceIdle();
            case INVOKE -> completeIfDone();
            case RESET, SHUTDOWN -> {
                if (sequence != null) {
                    sequence.advance();
                }
            }
            case FAILED -> initWithinInvocation();
            case NEW, CLOSED -> {}
        }
    }

    private void beginInit(InitPhase initPhase) {
        if (initPhase == InitPhase.INVOKE) {
            initialised = new CompletableFuture<>();
        }
        shown = generation;
        generation.beginInit(initPhase);
        if (settings.deadlines() && initPhase == InitPhase.INIT) {
            Generation begun = generation;
            begun.endInitAt(owner.schedule(settings.initTimeout(), () -> initTimedOut(begun)));
        }
        int launched = 0;
        for (ExtensionAgent agent : generation.extensions().expected()) {
            if (launched++ == Limits.EXTENSIONS) {
                Launch refused = generation.launchOf(agent.participant());
                String message = CallRefused.tooManyExtensions().getMessage();
                owner.effect(() -> participants.refuseToLaunch(refused, "TooManyExtensions", message));
                return;
            }
            agent.launched();
            launch(agent.participant(), agent.supply());
        }
        advance();
    }

    private void advanceInit() {
        if (generation.runtime() == null && generation.extensions().missing().isEmpty()) {
            generation.addRuntime();
            launch(Participant.RUNTIME, settings.runtime());
        }
        if (!generation.isInitialised()) {
            return;
        }
        generation.cancelInitTimer();
        Duration took = generation.reportInit(InvocationStatus.SUCCESS, Optional.empty());
        CompletableFuture<@Nullable Void> init = initialised;
        owner.effect(() -> init.complete(null));
        owner.effect(participants::lookAtMemory);
        failed = "";
        subscriptions.release();
        if (current == null) {
            coldStart = took;
            enter(EnvironmentPhase.READY);
            advanceIdle();
        } else {
            enter(EnvironmentPhase.INVOKE);
            handOut(current);
        }
    }

    /** After a failure the next invocation begins with an init, under the function timeout. */
    private void initWithinInvocation() {
        InvocationTask task = queue.pollFirst();
        if (task == null) {
            return;
        }
        enter(EnvironmentPhase.INIT);
        startClock(task, null);
        beginInit(InitPhase.INVOKE);
    }

    private void advanceIdle() {
        ShutdownReason wanted = wantedShutdown;
        if (queue.isEmpty() && wanted == null) {
            freezeIfIdle();
        } else if (!freezing.isThawed()) {
            thaw();
        } else if (wanted != null) {
            beginShutdown(wanted);
        } else {
            dispatch(queue.removeFirst());
        }
    }

    private void dispatch(InvocationTask task) {
        enter(EnvironmentPhase.INVOKE);
        startClock(task, coldStart);
        coldStart = null;
        Failure befell = generation.idleFailure();
        if (befell == null) {
            handOut(task);
        } else {
            reset(befell);
        }
    }

    private void startClock(InvocationTask task, @Nullable Duration initDuration) {
        current = task;
        task.begin(initDuration);
        if (settings.deadlines()) {
            task.endAt(owner.schedule(function.timeout(), () -> timedOut(task)));
        }
    }

    private void handOut(InvocationTask task) {
        task.started();
        for (ExtensionAgent agent : generation.extensions().all()) {
            if (agent.wants(ExtensionEventType.INVOKE)) {
                agent.send(task.invokeEvent(), task.expect(agent.name()));
            }
        }
        RuntimeAgent runtime = generation.runtime();
        if (runtime != null) {
            runtime.dispatch(task.dispatch(
                    settings.invocationIdHeader() == InvocationIdHeader.OFF
                            ? Optional.empty()
                            : Optional.of(identifiers.requestId())));
        }
        generation.handOver();
    }

    private void completeIfDone() {
        InvocationTask task = current;
        if (task != null && task.isDone()) {
            end(task, () -> complete(task, InvocationStatus.SUCCESS, Optional.empty()), () -> {
                if (phase == EnvironmentPhase.INVOKE) {
                    enter(EnvironmentPhase.READY);
                    advanceIdle();
                }
            });
        }
    }

    /**
     * Ends the current invocation: nothing is expected of anybody any more. Its last records, and whatever is next, come after
     * what participants have written until now, which has to be read first.
     */
    private void end(InvocationTask task, Runnable... steps) {
        task.ends();
        current = null;
        answering = null;
        List<Runnable> all = new ArrayList<>(List.of(steps));
        ending = all;
        afterOutput(() -> finish(all));
    }

    /** A failure ends an invocation: its caller hears of it at once. */
    private void answer(InvocationTask task, Failure cause) {
        task.started();
        if (task.isDispatched()) {
            task.runtimeDone(cause.status(), cause.recordedType());
        }
        task.answer(task.result(cause.payload(task.requestId()), cause.contentType(), cause.errorType()));
        generation.forgetWhatIsDue();
    }

    /** Does what was to be done after an invocation, unless it is done. */
    private void finish(@Nullable List<Runnable> steps) {
        if (steps != null && steps == ending) {
            ending = null;
            steps.forEach(Runnable::run);
        }
    }

    private void afterEnding(Runnable step) {
        if (ending == null) {
            step.run();
        } else {
            ending.add(step);
        }
    }

    /** Runs a step once the log has what processes have written until now; at once when there are none. */
    private void afterOutput(Runnable step) {
        if (settings.anyProcesses()) {
            owner.effect(() -> participants.afterOutput(() -> owner.act(step)));
        } else {
            step.run();
        }
    }

    private void complete(InvocationTask task, InvocationStatus status, Optional<String> errorType) {
        InvocationReport report = task.complete(status, errorType, maxMemoryUsed());
        if (history.size() == settings.retainedInvocations()) {
            history.removeFirst();
        }
        history.addLast(report);
    }

    /** In MB, and what is begun counts. */
    private OptionalInt maxMemoryUsed() {
        OptionalLong bytes = participants.maxMemoryUsed();
        return bytes.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of((int) ((bytes.getAsLong() + Limits.MEBIBYTE - 1) / Limits.MEBIBYTE));
    }

    // ---- freezing

    /** The environment freezes when everybody has polled and nothing is due. */
    private void freezeIfIdle() {
        if (settings.freezes()
                && phase == EnvironmentPhase.READY
                && generation.idleFailure() == null
                && generation.isInitialised()) {
            freezing.freeze();
        }
    }

    /** Everybody who can be stopped stands still. */
    public void frozen(long round, Duration took, List<Participant> stopped) {
        owner.act(() -> {
            if (freezing.stopped(round, true)) {
                freezeCount++;
                notFrozen = "";
                owner.record(new Event.EnvironmentFrozen(took, stopped, generation.othersThan(stopped)));
                enter(EnvironmentPhase.FROZEN);
            }
        });
    }

    /** Somebody could not be stopped; those who were stay so until the thaw. */
    public void freezeFailed(long round, String message) {
        owner.act(() -> {
            if (freezing.stopped(round, false)) {
                notFrozen = message;
                owner.record(new Event.FreezeFailed(message));
            }
        });
    }

    private void thaw() {
        if (freezing.thaw()) {
            // Before anybody is woken, so that whatever they do comes after it.
            owner.record(new Event.EnvironmentThawed());
            enter(EnvironmentPhase.READY);
        }
    }

    /** How often everybody stood still. */
    public long freezeCount() {
        return owner.inspect(() -> freezeCount);
    }

    /** Everything runs again. */
    public void thawed(long round) {
        owner.act(() -> {
            if (freezing.thawed(round)) {
                advance();
                owner.effect(subscribers::resume); // what woke the environment comes before old telemetry
            }
        });
    }

    // ---- failure

    private void initTimedOut(Generation begun) {
        if (phase == EnvironmentPhase.INIT && generation == begun) {
            fail(Failure.timedOut(settings.initTimeout()));
        }
    }

    private void timedOut(InvocationTask task) {
        if (current == task) {
            fail(Failure.timedOut(function.timeout()));
        }
    }

    /**
     * Something fatal: an invocation under way ends with the cause, and the environment is reset. What happens while it is
     * idle waits for the next invocation, which ends at once.
     */
    private void fail(Failure cause) {
        String detail = detail(cause);
        owner.record(new Event.EnvironmentFailed(cause.logType(), detail));
        failed = "the environment has failed with " + cause.logType() + ": " + detail;
        boolean isOverButForItsRecords = phase == EnvironmentPhase.INVOKE && current == null;
        switch (isOverButForItsRecords ? EnvironmentPhase.READY : phase) {
            case READY, FROZEN -> generation.failedWhileIdle(cause);
            case INIT -> {
                generation.reportInit(cause.status(), cause.recordedType());
                CompletableFuture<@Nullable Void> init = initialised;
                owner.effect(() -> init.completeExceptionally(
                        new IllegalStateException("init failed with " + cause.errorType() + ": " + detail)));
                reset(cause);
            }
            default -> reset(cause);
        }
    }

    private void reset(Failure cause) {
        generation.cancelInitTimer();
        InvocationTask task = current;
        enter(EnvironmentPhase.RESET);
        sequence = null;
        if (task != null) {
            answer(task, cause);
        }
        RuntimeAgent runtime = generation.runtime();
        if (runtime != null && settings.runtime() == Supply.CLIENT) {
            runtime.dropPolls(); // which is all that can be done to it
        }
        ShutdownReason reason =
                cause.status() == InvocationStatus.TIMEOUT ? ShutdownReason.TIMEOUT : ShutdownReason.FAILURE;
        if (task == null) {
            subscriptions.hold();
            beginSequence(reason);
        } else {
            end(
                    task,
                    task::recordRuntimeDone,
                    // The report, and whatever else ends an invocation, reaches who comes after those that it was the
                    // end of.
                    subscriptions::hold,
                    () -> complete(task, cause.status(), cause.recordedType()),
                    () -> beginSequence(reason));
        }
    }

    /** AWS's text names neither the participant nor what was waited for. */
    private String detail(Failure cause) {
        if (cause.status() == InvocationStatus.TIMEOUT) {
            return cause.text() + "; "
                    + (phase == EnvironmentPhase.INIT ? generation.waitingForInit() : waitingForInvocation());
        }
        return generation.detailOf(cause);
    }

    // ---- inspection

    public EnvironmentPhase phase() {
        return owner.inspect(() -> phase);
    }

    /** Empty before the runtime is started. */
    public Optional<RuntimeState> runtimeState() {
        return owner.inspect(() -> Optional.ofNullable(shown.runtime()).map(RuntimeAgent::state));
    }

    public List<ExtensionInfo> extensions() {
        return owner.inspect(() ->
                shown.extensions().all().stream().map(ExtensionAgent::info).toList());
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
            RuntimeAgent runtime = shown.runtime();
            if (runtime != null) {
                parked.addAll(Collections.nCopies(runtime.parkedPolls(), Participant.RUNTIME));
            }
            shown.extensions().all().stream()
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
            case INIT -> generation.waitingForInit();
            case READY ->
                "the environment is idle"
                        + (!settings.freezes()
                                ? " and does not freeze"
                                : notFrozen.isEmpty() ? "" : " and could not be frozen: " + notFrozen);
            case FROZEN -> "the environment is idle and frozen";
            case INVOKE -> waitingForInvocation();
            case RESET -> failed + "; it is being reset, which waits for " + waitingForTheEnd();
            case FAILED -> failed + "; it has been reset, and the next invocation initialises it again";
            case SHUTDOWN -> "the environment is being shut down, which waits for " + waitingForTheEnd();
            case CLOSED -> "the environment is closed";
        });
    }

    private String waitingForTheEnd() {
        return ending != null
                ? "the output of its last invocation to be read"
                : sequence == null ? "nothing" : sequence.waitingFor();
    }

    private String waitingForInvocation() {
        InvocationTask task = current;
        RuntimeAgent runtime = generation.runtime();
        if (task == null) {
            return "the newest invocation is over and waits for its output to be read";
        }
        if (runtime == null) {
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

    // ---- small change

    /** Whether ends are expected now. */
    private boolean isOver() {
        return phase == EnvironmentPhase.RESET
                || phase == EnvironmentPhase.FAILED
                || phase == EnvironmentPhase.SHUTDOWN
                || phase == EnvironmentPhase.CLOSED;
    }

    private void enter(EnvironmentPhase next) {
        owner.record(new Event.PhaseChanged(phase, next));
        phase = next;
    }

    private void launch(Participant participant, Supply supply) {
        if (supply != Supply.CLIENT) {
            Launch launch = generation.launchOf(participant);
            owner.effect(() -> participants.launch(launch));
        }
    }
}

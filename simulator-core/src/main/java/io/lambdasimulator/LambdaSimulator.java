package io.lambdasimulator;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FrozenInterval;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvocationIdHeader;
import io.lambdasimulator.environment.InvokeMode;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.ShutdownReport;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.event.ProtocolViolation;
import io.lambdasimulator.fault.ApiCall;
import io.lambdasimulator.fault.ApiFault;
import io.lambdasimulator.fault.InjectedFault;
import io.lambdasimulator.internal.environment.EnvironmentSettings;
import io.lambdasimulator.internal.environment.EnvironmentSettings.Bandwidth;
import io.lambdasimulator.internal.environment.EnvironmentSettings.ExpectedExtension;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.environment.Limits;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.event.Secrets;
import io.lambdasimulator.internal.event.Timeline;
import io.lambdasimulator.internal.event.TimelineSvg;
import io.lambdasimulator.internal.http.ApiServers;
import io.lambdasimulator.internal.http.Faults;
import io.lambdasimulator.internal.participant.FunctionRuntime;
import io.lambdasimulator.internal.participant.SimulatedParticipants;
import io.lambdasimulator.internal.participant.SimulatedParticipants.Source;
import io.lambdasimulator.internal.participant.WorkerThreads;
import io.lambdasimulator.internal.process.Bootstrap;
import io.lambdasimulator.internal.process.EnvironmentVariables;
import io.lambdasimulator.internal.process.ExtensionsDirectory;
import io.lambdasimulator.internal.process.ForeignProcess;
import io.lambdasimulator.internal.process.Freezing;
import io.lambdasimulator.internal.telemetry.CapturedTelemetry;
import io.lambdasimulator.internal.telemetry.TelemetryDeliveries;
import io.lambdasimulator.internal.telemetry.TelemetryRecords;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.internal.time.Waits;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.participant.ExtensionContext;
import io.lambdasimulator.participant.ExtensionProgram;
import io.lambdasimulator.participant.FunctionHandler;
import io.lambdasimulator.telemetry.Telemetry;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One simulated AWS Lambda execution environment, on demand: the Runtime and Extensions APIs on a loopback port, a runtime
 * and extensions around them, and the life cycle that AWS documents.
 *
 * <pre>{@code
 * try (LambdaSimulator lambda = LambdaSimulator.builder()
 *         .runtime((event, context) -> event)
 *         .extension("my-extension", Command.of("./target/my-extension"))
 *         .start()) {
 *
 *     InvocationResult result = lambda.invoke("{\"id\": 42}");
 *
 *     System.out.println(result.payloadText());
 *     System.out.println(lambda.timeline());
 * }
 * }</pre>
 *
 * <p>A runtime or an extension is a process that the simulator launches, an object in this JVM, or a client that connects
 * by itself to {@link #runtimeApi()}. Every environment has ports of its own. All methods are safe for use by any thread;
 * waits are bounded in real time and their exceptions tell what the environment waits for.
 */
public final class LambdaSimulator implements AutoCloseable {

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
    private static final Duration CLOSED_WITHIN = Duration.ofSeconds(10);

    /** How long a participant in this JVM may keep a virtual clock from going through the budgets, in real time. */
    private static final Duration SETTLES_WITHIN = Duration.ofSeconds(2);

    /** The longest that a shutdown may take on AWS. */
    private static final Duration LONGEST_BUDGET = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(LambdaSimulator.class);

    private final Builder options;
    private final RecordingEventLog log;
    private final Activity activity;
    private final ScheduledExecutorService scheduler;
    private final WorkerThreads workers;
    private final SimulatedParticipants participants;
    private final TelemetryDeliveries deliveries;
    private final CapturedTelemetry telemetry;
    private final String logStream;
    private final ExecutionEnvironment environment;
    private final Faults faults;
    private final AtomicReference<@Nullable Thread> closer = new AtomicReference<>();
    private final CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();

    private ApiServers.@Nullable Listener runtimeApi;
    private ApiServers.@Nullable Listener frontDoor;
    private ApiServers.@Nullable Listener functionUrl;

    private LambdaSimulator(Builder options) {
        this.options = options;
        Clock clock = options.clock;
        this.log = new RecordingEventLog(clock, options.retainedEvents, Secrets.of(options.secrets()));
        this.activity = Activity.under(clock);
        this.workers = new WorkerThreads();
        this.scheduler = options.newScheduler(workers);
        this.participants = new SimulatedParticipants(log, clock, activity, options.memoryLimit());
        TelemetryRecords records = new TelemetryRecords(options.function);
        this.deliveries = new TelemetryDeliveries(log, clock, scheduler, activity, records);
        this.telemetry = new CapturedTelemetry(log, records, deliveries);
        this.logStream = options.newLogStream();
        this.environment = new ExecutionEnvironment(
                options.settings(logStream),
                clock,
                scheduler,
                activity.counting("a callback of a future", workers.callbacks()),
                log,
                participants,
                deliveries,
                activity);
        this.faults = new Faults(environment, scheduler, log, activity);
        options.faults.forEach(faults::inject);
    }

    /**
     * Starts to describe an environment. What it has before anything is set: AWS's defaults for a new function (see
     * {@link FunctionConfiguration}), no launched participant, a 10 s init timeout, ephemeral loopback ports, no front
     * door and no function URL.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Why processes cannot be frozen on this platform, where they are not unless set otherwise, and
     * {@link FreezeMode#SIGNAL} is refused.
     *
     * @return the reason, for people; empty when they can be frozen
     */
    public static Optional<String> freezingUnsupportedReason() {
        return Freezing.unsupportedReason();
    }

    private void open() {
        try {
            runtimeApi = ApiServers.runtimeApi(
                    options.runtimeApiHost,
                    options.runtimeApiPort,
                    environment,
                    log,
                    faults,
                    options.extensionsEnabled,
                    activity);
            if (options.frontDoorPort >= 0) {
                frontDoor = ApiServers.frontDoor(
                        options.frontDoorHost, options.frontDoorPort, environment, options.function, log, activity);
            }
            if (options.functionUrlPort >= 0) {
                functionUrl = ApiServers.functionUrl(
                        options.functionUrlHost,
                        options.functionUrlPort,
                        environment,
                        options.function,
                        options.invokeMode,
                        options.clock,
                        activity);
            }
            participants.prepare(environment, options.sources(runtimeApi(), logStream, log), runtimeApi::takeUp);
            environment.start();
        } catch (IOException e) {
            close();
            throw new UncheckedIOException(e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    // ---- where it is

    /**
     * Host and port of the Runtime and Extensions APIs.
     *
     * @return what {@code AWS_LAMBDA_RUNTIME_API} holds in an execution environment
     */
    public String runtimeApi() {
        if (runtimeApi == null) {
            throw new IllegalStateException("the Runtime API is not listening");
        }
        return runtimeApi.address();
    }

    /**
     * The base address of the front door.
     *
     * @return such as {@code http://127.0.0.1:8080}; empty without one
     */
    public Optional<URI> frontDoor() {
        return Optional.ofNullable(frontDoor).map(listener -> URI.create("http://" + listener.address()));
    }

    /**
     * The function URL: any HTTP request to it or to a path below it invokes the function.
     *
     * @return such as {@code http://127.0.0.1:8081/}; empty without one
     */
    public Optional<URI> functionUrl() {
        return Optional.ofNullable(functionUrl).map(listener -> URI.create("http://" + listener.address() + "/"));
    }

    /**
     * The function whose environment this is.
     *
     * @return its configuration
     */
    public FunctionConfiguration function() {
        return options.function;
    }

    // ---- what it does

    /**
     * Invokes the function and waits for its answer. Waits for init and for invocations before this one, in real time for
     * as long as their timeouts allow.
     *
     * @param payload the event; any text, JSON or not, while the front door takes JSON alone
     * @return the answer; a function error is part of it
     * @throws io.lambdasimulator.invocation.InvocationRejectedException when it was not run
     * @throws IllegalStateException when there is no answer in time
     */
    public InvocationResult invoke(String payload) {
        return invoke(InvocationRequest.of(payload));
    }

    /**
     * Invokes the function and waits for its answer, as {@link #invoke(String)} does.
     *
     * @param request the invocation
     * @return the answer; a function error is part of it
     * @throws io.lambdasimulator.invocation.InvocationRejectedException when it was not run
     * @throws IllegalStateException when there is no answer in time
     */
    public InvocationResult invoke(InvocationRequest request) {
        return submit(request).awaitAnswer(options.waitLimit());
    }

    /**
     * Invokes the function without waiting.
     *
     * @param request the invocation
     * @return a handle for its answer, completion and readiness
     * @throws io.lambdasimulator.invocation.InvocationRejectedException when it is not accepted
     */
    public Invocation submit(InvocationRequest request) {
        return environment.invoke(request, false);
    }

    /**
     * Invokes the function for a response that is read {@linkplain Invocation#responseStream() as it arrives}. The result's
     * payload is then empty, or the error if there was one.
     *
     * @param request the invocation
     * @return a handle for its stream, answer, completion and readiness
     * @throws io.lambdasimulator.invocation.InvocationRejectedException when it is not accepted
     */
    public Invocation submitStreaming(InvocationRequest request) {
        return environment.invoke(request, true);
    }

    /**
     * Has an API call go wrong each time until the fault is {@linkplain InjectedFault#remove removed}, to see how a runtime or
     * an extension takes it.
     *
     * <pre>{@code
     * InjectedFault fault = lambda.injectFault(ApiCall.EXTENSION_NEXT, new ApiFault.Delay(Duration.ofMillis(500)));
     * }</pre>
     *
     * <p>Of several faults of one call the oldest strikes, until it is used up or removed. A call that was dropped, reset or
     * answered with an error never reaches the environment: nobody's state changes, and no event is lost. Each strike is an
     * {@link Event.FaultInjected} in the event log, and no {@linkplain #protocolViolations() protocol violation}.
     *
     * @param call the call, whoever makes it
     * @param fault what becomes of it
     * @return tells how often it struck
     */
    public InjectedFault injectFault(ApiCall call, ApiFault fault) {
        return faults.inject(new Faults.Plan(call, fault, Faults.Plan.EVER));
    }

    /**
     * Has an API call go wrong the next few times; see {@link #injectFault(ApiCall, ApiFault)}.
     *
     * @param call the call, whoever makes it
     * @param fault what becomes of it
     * @param times how often, 1 or more
     * @return tells how often it struck
     * @throws IllegalArgumentException when {@code times} is less than 1
     */
    public InjectedFault injectFault(ApiCall call, ApiFault fault, int times) {
        return faults.inject(new Faults.Plan(call, fault, times));
    }

    /**
     * The faults that can still strike, those of the builder included.
     *
     * @return the faults now, oldest first
     */
    public List<InjectedFault> injectedFaults() {
        return faults.active();
    }

    /**
     * Waits until init is complete: the runtime and every registered extension have asked for their next event.
     *
     * @param atMost how long to wait, in real time
     * @return this simulator
     * @throws IllegalStateException when init failed, or is not complete in time; the message tells why
     */
    public LambdaSimulator awaitInit(Duration atMost) {
        try {
            environment.initialised().get(Waits.nanos(atMost), TimeUnit.NANOSECONDS);
            return this;
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "init is not complete " + Waits.within(atMost) + ": " + environment.describeWaiting());
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IllegalStateException(String.valueOf(cause.getMessage()), cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for init", e);
        }
    }

    /**
     * Waits until the environment is in a phase: returns at once when it is in it now, else when it next enters it. One that is
     * frozen is ready as well.
     *
     * @param phase the phase
     * @param atMost how long to wait, in real time
     * @return this simulator
     * @throws IllegalStateException when it does not enter the phase in time; the message tells where it is instead
     */
    public LambdaSimulator awaitPhase(EnvironmentPhase phase, Duration atMost) {
        long from = log.nextSequence();
        if (!isIn(phase)
                && log.find(from, Event.PhaseChanged.class, change -> change.to() == phase, atMost)
                        .isEmpty()) {
            throw inVain("the environment has not entered phase " + phase, atMost);
        }
        return this;
    }

    private boolean isIn(EnvironmentPhase phase) {
        EnvironmentPhase now = phase();
        return now == phase || (phase == EnvironmentPhase.READY && now == EnvironmentPhase.FROZEN);
    }

    /**
     * Waits until an extension is in a state: returns at once when it is in it now, else when it next enters it.
     *
     * @param name the extension's name
     * @param state the state
     * @param atMost how long to wait, in real time
     * @return this simulator
     * @throws IllegalStateException when it does not enter the state in time; the message tells the states of all extensions
     */
    public LambdaSimulator awaitExtension(String name, ExtensionState state, Duration atMost) {
        long from = log.nextSequence();
        boolean isInIt = extensions().stream()
                .anyMatch(extension -> extension.name().equals(name) && extension.state() == state);
        if (!isInIt
                && log.find(
                                from,
                                Event.ExtensionStateChanged.class,
                                change -> change.name().equals(name) && change.to() == state,
                                atMost)
                        .isEmpty()) {
            throw inVain("extension " + name + " has not become " + state.wireName(), atMost);
        }
        return this;
    }

    private IllegalStateException inVain(String what, Duration atMost) {
        return new IllegalStateException(what
                + (log.isClosed() ? " before the environment was closed" : " " + Waits.within(atMost))
                + "; this is how it stands:\n" + describe());
    }

    // ---- what can be seen of it

    /**
     * The phase it is in.
     *
     * @return the phase now
     */
    public EnvironmentPhase phase() {
        return environment.phase();
    }

    /**
     * The state of the runtime.
     *
     * @return the state now; empty before the runtime is started
     */
    public Optional<RuntimeState> runtimeState() {
        return environment.runtimeState();
    }

    /**
     * The extensions that are expected or have registered.
     *
     * @return their states now, in order of launch or registration
     */
    public List<ExtensionInfo> extensions() {
        return environment.extensions();
    }

    /**
     * A participant as a process: its id, its output, its end. A handle for the runtime or an extension, whether it has been
     * started yet or not; an object in this JVM has no process id and no output.
     *
     * @param participant the runtime or an extension
     * @return a handle that shows what is so when it is asked
     */
    public SimulatedProcess process(Participant participant) {
        return new SimulatedProcess(participant, log);
    }

    /**
     * The calls by which clients broke the protocol of the Runtime and Extensions APIs, as far as the event log holds them. A
     * poll after the environment has failed is none: whoever is about to be ended cannot know.
     *
     * @return what was answered with a status from 400 to 499, oldest first
     */
    public List<ProtocolViolation> protocolViolations() {
        List<ProtocolViolation> violations = new ArrayList<>();
        boolean failed = false;
        for (EventLog.Entry entry : log.entries()) {
            if (entry.event() instanceof Event.PhaseChanged change) {
                failed = change.to() == EnvironmentPhase.RESET || change.to() == EnvironmentPhase.FAILED;
            } else if (entry.event() instanceof Event.CallAnswered call
                    && call.status() >= 400
                    && call.status() < 500
                    && !(failed && isPoll(call))) {
                violations.add(new ProtocolViolation(
                        entry.time(),
                        call.method(),
                        call.path(),
                        call.status(),
                        call.errorType(),
                        call.errorMessage()));
            }
        }
        return List.copyOf(violations);
    }

    private static boolean isPoll(Event.CallAnswered call) {
        return call.method().equals("GET") && call.path().endsWith("/next");
    }

    /**
     * The newest completed invocations.
     *
     * @return their reports, oldest first
     */
    public List<InvocationReport> invocations() {
        return environment.invocations();
    }

    /**
     * Everything that happened.
     *
     * @return the event log; it stays readable after {@link #close()}
     */
    public EventLog eventLog() {
        return log;
    }

    /**
     * The telemetry of this environment, as the Telemetry API has it: to look at, to wait for, and what subscribers got.
     *
     * @return a view, which stays readable after {@link #close()}
     */
    public Telemetry telemetry() {
        return telemetry;
    }

    /**
     * The event log as a text for people: what happened, in order, with the time since the start. The environment's
     * credentials are replaced by {@code ***}.
     *
     * @return several lines
     */
    public String timeline() {
        return Timeline.of(log);
    }

    /**
     * The end of the timeline, for a message that has to fit a screen.
     *
     * @param newestLines how many lines at most, beside a line that tells how many were left out
     * @return several lines
     */
    public String timeline(int newestLines) {
        return Timeline.of(log, newestLines);
    }

    /**
     * The timeline as a picture: one SVG file without references to others, with a lane for the environment, its invocations,
     * the runtime and each extension. It shows the newest 600 events and says what it leaves out, cuts long stretches without
     * events short, and leaves out the environment's credentials as {@link #timeline()} does. A browser shows the details of
     * what the mouse points at.
     *
     * <pre>{@code
     * Files.writeString(Path.of("target/timeline.svg"), lambda.timelineSvg());
     * }</pre>
     *
     * @return the text of the file
     */
    public String timelineSvg() {
        return TimelineSvg.of(log);
    }

    /**
     * How the environment stands, for people: the phase and what is waited for, the runtime and each extension with its
     * state, process and parked poll, and how many invocations wait for their turn. All states are those of one moment.
     *
     * @return several lines
     */
    public String describe() {
        return Description.of(environment.snapshot(), options.settings(logStream), runtimeApi, log);
    }

    /**
     * Replaces the environment's credentials in a text by {@code ***}: those given to the builder, and those of the host
     * when participants get its environment. Values of less than five characters are left.
     *
     * @param text a text for people, such as a line that a process printed
     * @return the text without them
     */
    public String redact(String text) {
        return log.secrets().hide(text);
    }

    /**
     * What has to happen next for init or the invocation under way to go on.
     *
     * @return one line
     */
    public String describeWaiting() {
        return environment.describeWaiting();
    }

    /**
     * Waits until the environment is frozen: everybody has polled, nothing is queued, and everybody who can be stopped stands
     * still.
     *
     * @param atMost how long to wait, in real time
     * @return this simulator
     * @throws IllegalStateException when it is not frozen in time; the message tells what it waits for
     */
    public LambdaSimulator awaitFrozen(Duration atMost) {
        return awaitPhase(EnvironmentPhase.FROZEN, atMost);
    }

    /**
     * The times in which the environment was frozen, as far as the event log holds them.
     *
     * @return the intervals, oldest first
     */
    public List<FrozenInterval> frozenIntervals() {
        List<FrozenInterval> intervals = new ArrayList<>();
        for (EventLog.Entry entry : log.entries()) {
            if (entry.event() instanceof Event.EnvironmentFrozen) {
                intervals.add(new FrozenInterval(entry.time(), Optional.empty()));
            } else if (entry.event() instanceof Event.EnvironmentThawed && !intervals.isEmpty()) {
                FrozenInterval open = intervals.remove(intervals.size() - 1);
                intervals.add(new FrozenInterval(open.from(), Optional.of(entry.time())));
            }
        }
        return List.copyOf(intervals);
    }

    /**
     * How often the environment has been frozen.
     *
     * @return the number of completed freezes since the start
     */
    public long freezeCount() {
        return environment.freezeCount();
    }

    /**
     * Has a process that the test started frozen and thawed with the environment, together with its descendants: that of a
     * participant that connects by itself, which the simulator cannot know; from the next freeze on. The simulator never ends it.
     *
     * @param participant whose process it is
     * @param pid its process id
     * @throws IllegalArgumentException when that is no process that may be stopped, such as this JVM, an ancestor of it, one of
     *     another user, or none; the message tells which
     * @throws UnsupportedOperationException when processes cannot be frozen on this platform
     */
    public void registerProcess(Participant participant, long pid) {
        participants.register(participant, ForeignProcess.of(pid));
    }

    /**
     * Leaves a process alone that was {@linkplain #registerProcess registered}; a frozen one is woken. Does nothing when none is.
     *
     * @param participant whose process it is
     */
    public void unregisterProcess(Participant participant) {
        participants.unregister(participant);
    }

    /**
     * Shuts the environment down as AWS does (the runtime first, then {@code SHUTDOWN} to extensions that registered for it,
     * within 0, 0.5 or 2 s) and waits for the end. A frozen environment is thawed first; a reset that is under way is taken for
     * the shutdown. The APIs go on listening until {@link #close()}.
     *
     * <p>Under a {@link VirtualClock} the budgets are simulated and nobody is left to advance the clock, so this does, by as
     * much of the budgets as is needed. Each process gets up to 0.3 s of real time to end by itself.
     *
     * @param reason what extensions are told
     * @return what became of whom
     * @throws IllegalStateException when it is not over 3 s after its time, or this thread is interrupted
     */
    public ShutdownReport shutdown(ShutdownReason reason) {
        try {
            CompletableFuture<ShutdownReport> shutDown = environment.shutDown(reason);
            passBudgets(shutDown);
            return shutDown.get(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the shutdown", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException(
                    "the shutdown is not over within " + CLOSE_LIMIT.toSeconds() + " s: " + describeWaiting(), e);
        }
    }

    /**
     * Shuts the environment down as {@link #shutdown} does with reason {@code spindown}, then makes sure that no process, open poll or listener is
     * left, whatever failed. Blocks for about the shutdown budget at
     * most; half a second longer for an object in this JVM that ignores its interrupt. Closing again does nothing but wait
     * until it is closed, for 10 s at most and not if this thread is interrupted or the one that closes it.
     *
     * <p>Under a {@link VirtualClock} whoever keeps time from going on for 2 s of real time is ended by force.
     */
    @Override
    public void close() {
        if (!closer.compareAndSet(null, Thread.currentThread())) {
            if (closer.get() != Thread.currentThread()) {
                await(closed, CLOSED_WITHIN);
            }
            return;
        }
        try {
            CompletableFuture<ShutdownReport> shutDown = environment.shutDown(ShutdownReason.SPINDOWN);
            if (passBudgets(shutDown)) {
                await(shutDown, CLOSE_LIMIT);
            }
            // Callers who asked for the log have their answer once this much of the output has been read.
            CompletableFuture<@Nullable Void> output = new CompletableFuture<>();
            participants.afterOutput(() -> output.complete(null));
            await(output, CLOSE_LIMIT);
        } finally {
            closeAll(
                    () -> close(frontDoor),
                    () -> close(functionUrl),
                    () -> environment.close(),
                    deliveries::close,
                    () -> close(runtimeApi),
                    participants::close,
                    this::closeTimers,
                    workers::close,
                    log::close,
                    () -> closed.complete(null));
        }
    }

    private static void close(ApiServers.@Nullable Listener listener) {
        if (listener != null) {
            listener.close();
        }
    }

    /** Moves a virtual clock until the shutdown is over; says whether there is any point in waiting for that. */
    private boolean passBudgets(CompletableFuture<ShutdownReport> shutDown) {
        if (!(options.clock instanceof VirtualClock virtual)) {
            return true;
        }
        try {
            virtual.settle(SETTLES_WITHIN);
            Instant end = virtual.instant().plus(LONGEST_BUDGET);
            while (!shutDown.isDone() && virtual.instant().isBefore(end)) {
                Instant next = virtual.nextDue().orElse(end);
                virtual.advance(Duration.between(virtual.instant(), next.isBefore(end) ? next : end), SETTLES_WITHIN);
            }
            return true;
        } catch (IllegalStateException e) {
            // Somebody does not settle, or time is not ours to move: what is left is ended by force.
            LOG.debug("shutting down without regard to the budgets", e);
            return false;
        }
    }

    private void closeTimers() {
        if (options.scheduler == null) {
            scheduler.shutdownNow();
        }
    }

    private static void await(CompletableFuture<?> step, Duration atMost) {
        try {
            step.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // What is left is ended by force.
        }
    }

    private static void closeAll(Runnable... steps) {
        RuntimeException first = null;
        for (Runnable step : steps) {
            try {
                step.run();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /** Describes an environment. A builder can start several environments that share nothing. */
    public static final class Builder {

        private static final DateTimeFormatter LOG_STREAM_DATE =
                DateTimeFormatter.ofPattern("yyyy/MM/dd/").withZone(ZoneOffset.UTC);

        private FunctionConfiguration function = FunctionConfiguration.defaults();
        private @Nullable Command runtimeCommand;
        private @Nullable FunctionHandler runtimeHandler;
        private boolean runtimeFromBootstrap;
        private final Map<String, ExtensionSource> extensions = new LinkedHashMap<>();
        private @Nullable Path extensionsDirectory;
        private boolean extensionsEnabled = true;
        private Duration initTimeout = Duration.ofSeconds(10);
        private boolean deadlines = true;
        private @Nullable FreezeMode freezeMode;
        private boolean enforcesMemoryLimit;
        private boolean framedLog;
        private WhenBusy whenBusy = WhenBusy.QUEUE;
        private InvocationIdHeader invocationIdHeader = InvocationIdHeader.OFF;
        private Optional<Bandwidth> bandwidth = Optional.empty();
        private Map<String, String> credentials = Map.of();
        private boolean inheritHostEnvironment;
        private final List<Faults.Plan> faults = new ArrayList<>();
        private int retainedInvocations = 10_000;
        private int retainedEvents = 100_000;
        private Clock clock = Clock.systemUTC();
        private @Nullable ScheduledExecutorService scheduler;
        private String runtimeApiHost = "127.0.0.1";
        private int runtimeApiPort;
        private String frontDoorHost = "127.0.0.1";
        private int frontDoorPort = -1;
        private String functionUrlHost = "127.0.0.1";
        private int functionUrlPort = -1;
        private InvokeMode invokeMode = InvokeMode.BUFFERED;

        private sealed interface ExtensionSource {
            record Launched(Command command) implements ExtensionSource {}

            record InJvm(ExtensionProgram.Factory factory) implements ExtensionSource {}

            record Declared() implements ExtensionSource {}
        }

        private Builder() {}

        /**
         * Sets the function's configuration, such as
         * {@code FunctionConfiguration.builder().timeout(Duration.ofSeconds(30)).build()}.
         *
         * @param function the configuration
         * @return this builder
         */
        public Builder function(FunctionConfiguration function) {
            this.function = function;
            return this;
        }

        /**
         * Launches a process as the runtime. It starts after every expected extension has registered. A program that cannot
         * be executed fails init with {@code Runtime.InvalidEntrypoint}.
         *
         * @param command the program
         * @return this builder
         */
        public Builder runtime(Command command) {
            requireNoRuntime();
            runtimeCommand = command;
            return this;
        }

        /**
         * Runs a handler function in this JVM, behind a small runtime that speaks HTTP with the Runtime API.
         *
         * @param handler the function
         * @return this builder
         */
        public Builder runtime(FunctionHandler handler) {
            requireNoRuntime();
            runtimeHandler = handler;
            return this;
        }

        /**
         * Launches the first that exists of {@code /var/task/bootstrap}, {@code /opt/bootstrap} and
         * {@code /var/runtime/bootstrap} as the runtime.
         *
         * @return this builder
         */
        public Builder runtimeFromBootstrap() {
            requireNoRuntime();
            runtimeFromBootstrap = true;
            return this;
        }

        private void requireNoRuntime() {
            if (runtimeCommand != null || runtimeHandler != null || runtimeFromBootstrap) {
                throw new IllegalStateException(
                        "an execution environment has one runtime, and this one has it already");
            }
        }

        /**
         * Launches a process as an external extension.
         *
         * @param name the name it registers under: the file name it would have in {@code /opt/extensions}
         * @param command the program
         * @return this builder
         */
        public Builder extension(String name, Command command) {
            return add(name, new ExtensionSource.Launched(command));
        }

        /**
         * Runs an external extension in this JVM, on a thread of its own.
         *
         * @param name the name it registers under
         * @param factory makes the extension, given the address of the APIs
         * @return this builder
         */
        public Builder extension(String name, ExtensionProgram.Factory factory) {
            return add(name, new ExtensionSource.InJvm(factory));
        }

        /**
         * Expects an external extension that connects by itself: init waits for its registration.
         *
         * @param name the name it registers under
         * @return this builder
         */
        public Builder declareExtension(String name) {
            return add(name, new ExtensionSource.Declared());
        }

        private Builder add(String name, ExtensionSource source) {
            if (name.isEmpty() || name.indexOf('/') >= 0) {
                throw new IllegalArgumentException(
                        "\"" + name + "\" is no extension name: use the file name that it" + " has in /opt/extensions");
            }
            if (extensions.putIfAbsent(name, source) != null) {
                throw new IllegalArgumentException("there is an extension named " + name + " already");
            }
            return this;
        }

        /**
         * Launches every file of a folder as an external extension, as AWS does with {@code /opt/extensions}: sorted by
         * name, folders left out, no recursion. A folder that does not exist holds none. Read when the environment starts.
         *
         * @param directory the folder
         * @return this builder
         */
        public Builder extensionsDirectory(Path directory) {
            extensionsDirectory = directory;
            return this;
        }

        /**
         * Turns the Extensions API off: each of its routes answers 404 and no extension is launched.
         *
         * @return this builder
         */
        public Builder withoutExtensions() {
            extensionsEnabled = false;
            return this;
        }

        /**
         * Sets how long init may take; 10 s on AWS.
         *
         * @param initTimeout a positive duration of at most 36,500 days
         * @return this builder
         */
        public Builder initTimeout(Duration initTimeout) {
            if (initTimeout.isNegative()
                    || initTimeout.isZero()
                    || initTimeout.compareTo(Duration.ofDays(36_500)) > 0) {
                throw new IllegalArgumentException(
                        "the init timeout has to be positive and at most 36,500 days, not " + initTimeout);
            }
            this.initTimeout = initTimeout;
            return this;
        }

        /**
         * Enforces no deadline, so that a participant can be stopped in a debugger. The deadlines that participants are
         * told stay the same.
         *
         * @return this builder
         */
        public Builder withoutDeadlines() {
            deadlines = false;
            return this;
        }

        /**
         * Sets how the environment is frozen while it is idle, as AWS does (AWS: "Lambda execution environment", "Freeze"):
         * by signals unless set, and not at all where the platform has none.
         *
         * @param mode {@link FreezeMode#NONE} turns it off
         * @return this builder
         * @throws UnsupportedOperationException when processes cannot be frozen on this platform; the message tells why, as
         *     {@link LambdaSimulator#freezingUnsupportedReason()} does
         */
        public Builder freeze(FreezeMode mode) {
            if (mode == FreezeMode.SIGNAL) {
                Freezing.unsupportedReason().ifPresent(reason -> {
                    throw new UnsupportedOperationException(reason);
                });
            }
            freezeMode = mode;
            return this;
        }

        /**
         * Kills the runtime when the processes of the environment together use more memory than the function has, as Lambda
         * does: the invocation under way fails with {@code Runtime.ExitError} for the caller and {@code Runtime.OutOfMemory}
         * in the log, and the next one begins with an init. Off unless asked for.
         *
         * <p>The memory is looked at every 20 ms of real time, so a process may have more for a moment; memory that processes
         * share counts for each of them. It needs a runtime that the simulator launches.
         *
         * <p>See <a href="https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html">Configure Lambda function
         * memory</a>.
         *
         * @return this builder
         * @see FunctionConfiguration#memorySize()
         */
        public Builder enforceMemoryLimit() {
            enforcesMemoryLimit = true;
            return this;
        }

        /**
         * Gives a runtime that the simulator launches the descriptor for framed logs that AWS's managed runtimes have, with its
         * number in {@code _LAMBDA_TELEMETRY_LOG_FD}: what AWS's runtime interface clients log there is one {@code function} record
         * for each message, however many lines it has, instead of one for each line. Off unless asked for, as in AWS's emulator.
         *
         * <p>A record has the time that the frame tells, if the process had begun then and it is not in the future. What is no
         * frame is logged line by line. Standard output and standard error are captured as without it. The Java client needs
         * {@code --add-opens java.base/java.io=ALL-UNNAMED}.
         *
         * @return this builder
         * @see io.lambdasimulator.event.Event.OutputStream#FRAMED_LOG
         */
        public Builder framedLog() {
            framedLog = true;
            return this;
        }

        /**
         * Makes it possible to stop a participant in a debugger: no deadline is enforced and nothing is frozen.
         *
         * @return this builder
         */
        public Builder forDebugging() {
            return withoutDeadlines().freeze(FreezeMode.NONE);
        }

        /**
         * Sets what becomes of invocations beside another one.
         *
         * @param whenBusy {@link WhenBusy#QUEUE} unless set
         * @return this builder
         */
        public Builder whenBusy(WhenBusy whenBusy) {
            this.whenBusy = whenBusy;
            return this;
        }

        /**
         * Sets what becomes of {@code Lambda-Runtime-Invocation-Id}.
         *
         * @param header {@link InvocationIdHeader#OFF} unless set
         * @return this builder
         */
        public Builder invocationIdHeader(InvocationIdHeader header) {
            this.invocationIdHeader = header;
            return this;
        }

        /**
         * Shapes streamed responses as AWS does: 6 MiB at full speed, then 2 MiB per second. Off unless asked for.
         *
         * @return this builder
         */
        public Builder shapeResponseStreams() {
            return shapeResponseStreams(6L * 1_048_576, 2L * 1_048_576);
        }

        /**
         * Shapes streamed responses.
         *
         * @param burstBytes how much flows at full speed
         * @param bytesPerSecond how fast the rest flows
         * @return this builder
         */
        public Builder shapeResponseStreams(long burstBytes, long bytesPerSecond) {
            if (burstBytes < 0 || bytesPerSecond <= 0) {
                throw new IllegalArgumentException("a burst of " + burstBytes + " bytes and a rate of " + bytesPerSecond
                        + " bytes/s let nothing through");
            }
            bandwidth = Optional.of(new Bandwidth(burstBytes, bytesPerSecond));
            return this;
        }

        /**
         * Has an API call go wrong from the start and until {@link LambdaSimulator#injectedFaults()} takes the fault away; see
         * {@link LambdaSimulator#injectFault(ApiCall, ApiFault)}.
         *
         * @param call the call, whoever makes it
         * @param fault what becomes of it
         * @return this builder
         */
        public Builder injectFault(ApiCall call, ApiFault fault) {
            faults.add(new Faults.Plan(call, fault, Faults.Plan.EVER));
            return this;
        }

        /**
         * Has an API call go wrong the first few times, for what happens during init; see
         * {@link LambdaSimulator#injectFault(ApiCall, ApiFault, int)}.
         *
         * @param call the call, whoever makes it
         * @param fault what becomes of it
         * @param times how often, 1 or more
         * @return this builder
         * @throws IllegalArgumentException when {@code times} is less than 1
         */
        public Builder injectFault(ApiCall call, ApiFault fault, int times) {
            faults.add(new Faults.Plan(call, fault, times));
            return this;
        }

        /**
         * Sets the credentials that participants find in their environment; clearly fake ones unless set.
         *
         * @param accessKeyId the value of {@code AWS_ACCESS_KEY_ID}
         * @param secretAccessKey the value of {@code AWS_SECRET_ACCESS_KEY}
         * @param sessionToken the value of {@code AWS_SESSION_TOKEN}
         * @return this builder
         */
        public Builder credentials(String accessKeyId, String secretAccessKey, String sessionToken) {
            credentials = Map.of(
                    "AWS_ACCESS_KEY_ID", accessKeyId,
                    "AWS_SECRET_ACCESS_KEY", secretAccessKey,
                    "AWS_SESSION_TOKEN", sessionToken);
            return this;
        }

        /**
         * Gives participants the whole environment of this JVM as the function's own variables, as AWS's emulator does.
         * Reserved names are filtered by AWS's rules; the host's credentials are passed on. Unless asked for, they get
         * nothing of the host but {@code PATH}.
         *
         * @return this builder
         */
        public Builder inheritHostEnvironment() {
            inheritHostEnvironment = true;
            return this;
        }

        /**
         * Sets how much is kept for inspection; older entries make room.
         *
         * @param invocations how many reports, 10,000 unless set
         * @param events how many events, 100,000 unless set
         * @return this builder
         */
        public Builder retain(int invocations, int events) {
            if (invocations < 1 || events < 1) {
                throw new IllegalArgumentException("at least one invocation and one event have to be retained");
            }
            retainedInvocations = invocations;
            retainedEvents = events;
            return this;
        }

        /**
         * Sets the time: every instant, deadline and budget of the environment comes from this clock, and its
         * {@link VirtualClock#advance} knows what the environment is busy with. Several environments can share a clock.
         *
         * <p>The environment makes a scheduler of its own on it, so the clock's can be given to a participant that shuts it down.
         *
         * @param clock moves when the test says so; not closed by the simulator
         * @return this builder
         */
        public Builder time(VirtualClock clock) {
            this.clock = clock;
            this.scheduler = null;
            return this;
        }

        /**
         * Sets the time: every instant, deadline and budget of the environment comes from these two. For time that a test
         * controls see {@link #time(VirtualClock)}.
         *
         * @param clock tells the time
         * @param scheduler runs what becomes due; not closed by the simulator
         * @return this builder
         */
        public Builder time(Clock clock, ScheduledExecutorService scheduler) {
            this.clock = clock;
            this.scheduler = scheduler;
            return this;
        }

        /**
         * Sets where the Runtime and Extensions APIs listen; an ephemeral port of 127.0.0.1 unless set.
         *
         * @param host a host name or address of this machine
         * @param port a port, or 0 for an ephemeral one
         * @return this builder
         */
        public Builder runtimeApiAddress(String host, int port) {
            runtimeApiHost = host;
            runtimeApiPort = requirePort(port);
            return this;
        }

        /**
         * Opens a front door on an ephemeral port of 127.0.0.1; see {@link #frontDoorAddress}.
         *
         * @return this builder
         */
        public Builder frontDoor() {
            return frontDoorAddress("127.0.0.1", 0);
        }

        /**
         * Opens a front door: where AWS's SDKs and CLI find {@code Invoke} and {@code InvokeWithResponseStream} when it is their
         * endpoint. Credentials are accepted and not checked.
         *
         * <pre>{@code
         * LambdaClient client = LambdaClient.builder()
         *         .endpointOverride(lambda.frontDoor().orElseThrow())
         *         .region(Region.US_EAST_1)
         *         .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "thing")))
         *         .build();
         * }</pre>
         *
         * <p>See <a href="https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html">Invoke</a> and <a
         * href="https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html">InvokeWithResponseStream</a>.
         *
         * @param host a host name or address of this machine
         * @param port a port, or 0 for an ephemeral one
         * @return this builder
         */
        public Builder frontDoorAddress(String host, int port) {
            frontDoorHost = host;
            frontDoorPort = requirePort(port);
            return this;
        }

        /**
         * Opens a function URL on an ephemeral port of 127.0.0.1.
         *
         * @return this builder
         */
        public Builder functionUrl() {
            return functionUrlAddress("127.0.0.1", 0);
        }

        /**
         * Opens a function URL: every request, with any method and path, is an invocation whose event is the request in
         * payload format 2.0, and whose response is the HTTP response. As a function URL of AWS with the auth type
         * {@code NONE} and without CORS configuration.
         *
         * @param host a host name or address of this machine
         * @param port a port, or 0 for an ephemeral one
         * @return this builder
         */
        public Builder functionUrlAddress(String host, int port) {
            functionUrlHost = host;
            functionUrlPort = requirePort(port);
            return this;
        }

        /**
         * Sets how the function URL invokes the function. It opens none by itself.
         *
         * @param invokeMode {@link InvokeMode#BUFFERED} unless set
         * @return this builder
         */
        public Builder functionUrlInvokeMode(InvokeMode invokeMode) {
            this.invokeMode = invokeMode;
            return this;
        }

        private static int requirePort(int port) {
            if (port < 0 || port > 65_535) {
                throw new IllegalArgumentException(port + " is no port: use 0 to 65535");
            }
            return port;
        }

        /**
         * Starts the environment: its APIs listen and init is under way when this returns. Init itself is not awaited, see
         * {@link LambdaSimulator#awaitInit}; invocations wait for it.
         *
         * @return the running environment
         * @throws UncheckedIOException when an address cannot be listened on; the message names it
         * @throws IllegalStateException when a memory limit is to be enforced and no runtime is to be launched
         */
        public LambdaSimulator start() {
            if (enforcesMemoryLimit && runtimeCommand == null && !runtimeFromBootstrap) {
                throw new IllegalStateException("enforceMemoryLimit() needs a runtime that the simulator launches: use"
                        + " runtime(Command), since memory of this JVM and of clients that connect by themselves is not"
                        + " the function's");
            }
            Builder copy = new Builder();
            copy.copyFrom(this);
            copy.readExtensionsDirectory();
            LambdaSimulator simulator = new LambdaSimulator(copy);
            simulator.open();
            return simulator;
        }

        private void copyFrom(Builder other) {
            function = other.function;
            runtimeCommand = other.runtimeCommand;
            runtimeHandler = other.runtimeHandler;
            runtimeFromBootstrap = other.runtimeFromBootstrap;
            extensions.putAll(other.extensions);
            extensionsDirectory = other.extensionsDirectory;
            extensionsEnabled = other.extensionsEnabled;
            initTimeout = other.initTimeout;
            deadlines = other.deadlines;
            freezeMode = other.freezeMode;
            enforcesMemoryLimit = other.enforcesMemoryLimit;
            framedLog = other.framedLog;
            whenBusy = other.whenBusy;
            invocationIdHeader = other.invocationIdHeader;
            bandwidth = other.bandwidth;
            credentials = other.credentials;
            inheritHostEnvironment = other.inheritHostEnvironment;
            faults.addAll(other.faults);
            retainedInvocations = other.retainedInvocations;
            retainedEvents = other.retainedEvents;
            clock = other.clock;
            scheduler = other.scheduler;
            runtimeApiHost = other.runtimeApiHost;
            runtimeApiPort = other.runtimeApiPort;
            frontDoorHost = other.frontDoorHost;
            frontDoorPort = other.frontDoorPort;
            functionUrlHost = other.functionUrlHost;
            functionUrlPort = other.functionUrlPort;
            invokeMode = other.invokeMode;
        }

        private ScheduledExecutorService newScheduler(WorkerThreads workers) {
            if (scheduler != null) {
                return scheduler;
            }
            return clock instanceof VirtualClock virtual ? virtual.newScheduler() : workers.timer();
        }

        private void readExtensionsDirectory() {
            if (!extensionsEnabled) {
                extensions.clear();
            } else if (extensionsDirectory != null) {
                try {
                    for (Path file : ExtensionsDirectory.list(extensionsDirectory)) {
                        extension(
                                String.valueOf(file.getFileName()),
                                Command.of(file.toAbsolutePath().toString()));
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e.getMessage(), e);
                }
            }
        }

        private List<String> secrets() {
            List<String> secrets = new ArrayList<>(credentials.values());
            if (inheritHostEnvironment) {
                for (String name : EnvironmentVariables.SECRET) {
                    String value = System.getenv(name);
                    if (value != null) {
                        secrets.add(value);
                    }
                }
            }
            return secrets;
        }

        private String newLogStream() {
            return LOG_STREAM_DATE.format(clock.instant()) + "[" + function.version() + "]"
                    + UUID.randomUUID().toString().replace("-", "");
        }

        private EnvironmentSettings settings(String logStream) {
            List<ExpectedExtension> expected = new ArrayList<>();
            extensions.forEach((name, source) -> expected.add(new ExpectedExtension(name, supply(source))));
            Supply runtime = runtimeHandler != null
                    ? Supply.HOSTED
                    : runtimeCommand != null || runtimeFromBootstrap ? Supply.PROCESS : Supply.CLIENT;
            return new EnvironmentSettings(
                    function,
                    logStream.replace("[", function.name() + "["),
                    runtime,
                    expected,
                    initTimeout,
                    deadlines,
                    freezes(),
                    whenBusy,
                    invocationIdHeader,
                    bandwidth,
                    retainedInvocations);
        }

        private OptionalLong memoryLimit() {
            return enforcesMemoryLimit
                    ? OptionalLong.of(function.memorySize() * Limits.MEBIBYTE)
                    : OptionalLong.empty();
        }

        /** Where processes cannot be frozen nothing is, unless it was asked for. */
        private boolean freezes() {
            return freezeMode == null ? Freezing.isSupported() : freezeMode == FreezeMode.SIGNAL;
        }

        private static Supply supply(ExtensionSource source) {
            if (source instanceof ExtensionSource.Launched) {
                return Supply.PROCESS;
            }
            return source instanceof ExtensionSource.InJvm ? Supply.HOSTED : Supply.CLIENT;
        }

        private Map<Participant, Source> sources(String runtimeApi, String logStream, RecordingEventLog log) {
            EnvironmentVariables variables = (inheritHostEnvironment
                            ? EnvironmentVariables.ofHost(function, runtimeApi, logStream, System.getenv())
                            : EnvironmentVariables.isolated(function, runtimeApi, logStream, System.getenv()))
                    .withServiceValues(credentials);
            Map<Participant, Source> sources = new HashMap<>();
            FunctionHandler handler = runtimeHandler;
            if (handler != null) {
                sources.put(
                        Participant.RUNTIME,
                        new Source.Hosted(
                                "handler function",
                                timers -> new FunctionRuntime(runtimeApi, handler, outputOf(Participant.RUNTIME, log))
                                        .run()));
            } else if (runtimeCommand != null) {
                sources.put(
                        Participant.RUNTIME,
                        new Source.Program(runtimeCommand, variables.forRuntime(), null, framedLog));
            } else if (runtimeFromBootstrap) {
                sources.put(Participant.RUNTIME, bootstrap(variables));
            }
            extensions.forEach((name, source) -> {
                if (source instanceof ExtensionSource.Launched launched) {
                    sources.put(
                            Participant.extension(name),
                            new Source.Program(launched.command(), variables.forExtension(), null, false));
                } else if (source instanceof ExtensionSource.InJvm inJvm) {
                    sources.put(
                            Participant.extension(name),
                            new Source.Hosted(
                                    "extension in the JVM",
                                    timers -> inJvm.factory()
                                            .create(new ExtensionContext(
                                                    runtimeApi,
                                                    clock,
                                                    timers,
                                                    outputOf(Participant.extension(name), log)))
                                            .run()));
                }
            });
            return sources;
        }

        /** As from a process: lines end in a line feed, and what is no Unicode does not pass. */
        private static Consumer<String> outputOf(Participant participant, RecordingEventLog log) {
            return text -> {
                String unicode = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
                String lines = unicode.endsWith("\n") ? unicode.substring(0, unicode.length() - 1) : unicode;
                for (String line : lines.split("\n", -1)) {
                    log.append(new Event.ProcessOutput(participant, Event.OutputStream.STDOUT, line));
                }
            };
        }

        private Source bootstrap(EnvironmentVariables variables) {
            return Bootstrap.find()
                    .<Source>map(found -> new Source.Program(
                            Command.of(found.toString()), variables.forRuntime(), Path.of("/var/task"), framedLog))
                    .orElseGet(() -> {
                        String looked = String.join(
                                " ",
                                Bootstrap.PLACES.stream().map(Path::toString).toList());
                        return new Source.Missing("Couldn't find valid bootstrap(s): [" + looked + "]");
                    });
        }

        /** In real time; a test that stops time or debugs has no better bound. */
        private Duration waitLimit() {
            Duration simulated = initTimeout.plus(function.timeout()).plusSeconds(5);
            Duration least = deadlines ? Duration.ofMinutes(1) : Duration.ofHours(24);
            return simulated.compareTo(least) > 0 ? simulated : least;
        }
    }
}

package io.lambdasimulator.soak;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.participant.ExtensionProgram;
import io.lambdasimulator.participant.FunctionHandler;
import io.lambdasimulator.soak.Cast.Lives;
import io.lambdasimulator.soak.Cast.Member;
import io.lambdasimulator.soak.Model.Phase;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One environment from its start to its end, with random participants that do random things, some of them at once. After each step
 * everything that can be seen has to be what the model allows; what it allows in several ways is decided by what is seen.
 */
final class Lifecycle {

    /** How long anything may take, in real time, until it counts as stuck. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
    private static final Pattern ERROR_TYPE = Pattern.compile("\"errorType\":\"([^\"]*)\"");
    private static final Pattern REQUEST_ID = Pattern.compile("\"requestId\":\"([^\"]*)\"");
    private static final Pattern BY = Pattern.compile("\"#(\\d+)\"");
    private static final String RUNTIME = "/2018-06-01/runtime/";
    private static final String EXTENSION = "/2020-01-01/extension/";
    private static final int MOST_ALLOWED = 200;

    /** Lives until it is told to end by a signal: by USR1 with 3, by USR2 with 0; its child has to be ended with it. */
    private static final String PUPPET =
            "trap 'exit 3' USR1; trap 'exit 0' USR2; %s sleep 1000 & echo up; while :; do wait; done";

    /** Something that is done to the environment, and what that is to the model: one of several sequences of operations. */
    private record Step(String text, @Nullable Fault fault, List<List<Op>> meanings, Runnable act) {}

    /** A call that was made. */
    private record Call(int id, Line line, String what) {}

    /** A thread that stands for an extension; it ends when it is told to. */
    private record HostedExtension(CompletableFuture<Op.Way> end) {}

    /** What an invocation's caller waits for. */
    private record Result(CompletableFuture<InvocationResult> answer, CompletableFuture<InvocationReport> report) {}

    private final long seed;
    private final Random random;
    private final Map<Fault, AtomicLong> census;
    private final Cast cast;
    private final VirtualClock clock = VirtualClock.startingAt(BEGIN);
    private final LambdaSimulator lambda;
    private final List<String> script = new ArrayList<>();

    private List<Model> models;
    private int lastCall;
    private final Map<Integer, Call> open = new TreeMap<>();
    private final Deque<Line> idle = new ArrayDeque<>();
    private final List<Line> all = new ArrayList<>();
    private final List<Invocation> invocations = new ArrayList<>();
    private final List<Result> results = new ArrayList<>();
    private final Map<String, Integer> byRequestId = new HashMap<>();
    private final Map<Integer, String> identifiers = new HashMap<>();
    private final Map<String, List<HostedExtension>> hosted = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<String>> turns = new ConcurrentHashMap<>();
    private int stream = -1;

    // What has been seen.
    private final Map<Integer, String> replies = new TreeMap<>();
    /** Whether steps may be taken at once, and clients leave as soon as they have polled. */
    private final boolean races;

    private final Map<Integer, String> answers = new TreeMap<>();
    private final Map<Integer, String> reports = new TreeMap<>();
    private final Map<String, String> moves = new TreeMap<>();
    private final Map<String, Integer> withdrawn = new TreeMap<>();
    private Phase phase = Phase.INIT;
    private int looked;
    private boolean looksAtPolls;
    private int parkedPolls;
    private int runtimeStarts;
    private boolean runtimeHasPolled;
    private int inits;
    private int failures;

    private Lifecycle(long seed, boolean races, Map<Fault, AtomicLong> census) {
        this.seed = seed;
        this.races = races;
        this.random = new Random(seed);
        this.census = census;
        this.cast = cast((seed & 1) != 0);
        this.lambda = start();
        this.models = List.of(new Model(cast, 0));
    }

    /**
     * Plays a lifecycle.
     *
     * @param seed all that it begins with; an odd one has processes
     * @param census counts the faults
     * @throws AssertionError when something is not as the model or the rules allow
     */
    static void play(long seed, boolean races, Map<Fault, AtomicLong> census) {
        Lifecycle lifecycle = new Lifecycle(seed, races, census);
        try {
            lifecycle.play();
        } catch (RuntimeException e) {
            throw lifecycle.violation("unexpected: " + e, e);
        } finally {
            lifecycle.close();
        }
    }

    private void play() {
        awaitWhatIsAllowed(models);
        int steps = 20 + random.nextInt(180);
        for (int i = 0; i < steps; i++) {
            take(choose());
        }
        end();
        List<String> broken = Rules.brokenBy(lambda, cast);
        if (!broken.isEmpty()) {
            throw violation("broken rules:\n  " + String.join("\n  ", broken), null);
        }
    }

    // ---- who takes part

    private Cast cast(boolean withProcesses) {
        Lives runtime = withProcesses ? Lives.PROCESS : random.nextInt(5) == 0 ? Lives.HOSTED : Lives.CLIENT;
        List<Member> members = new ArrayList<>();
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            Lives lives = random.nextInt(3) > 0 ? Lives.CLIENT : withProcesses ? Lives.PROCESS : Lives.HOSTED;
            boolean declared = lives != Lives.CLIENT || random.nextInt(3) > 0;
            Set<ExtensionEventType> events = EnumSet.noneOf(ExtensionEventType.class);
            if (random.nextInt(4) > 0) {
                events.add(ExtensionEventType.INVOKE);
            }
            // A process that is told to shut down has up to 0.3 s of real time, which would be most of the soak's.
            if (random.nextInt(lives == Lives.PROCESS ? 8 : 2) == 0) {
                events.add(ExtensionEventType.SHUTDOWN);
            }
            members.add(new Member("ext-" + (char) ('a' + i), lives, declared, events));
        }
        Cast made = new Cast(
                runtime,
                runtime == Lives.PROCESS && random.nextInt(4) == 0,
                List.copyOf(members),
                1_000 + random.nextInt(4_000),
                1_000 + random.nextInt(10_000),
                random.nextBoolean());
        if (!made.onlyClients()) {
            // What is not declared is internal now, and those may not ask for SHUTDOWN.
            members.stream()
                    .filter(member -> !member.declared())
                    .forEach(member -> member.events().remove(ExtensionEventType.SHUTDOWN));
        }
        return made;
    }

    private LambdaSimulator start() {
        LambdaSimulator.Builder builder = LambdaSimulator.builder()
                .time(clock)
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMillis(cast.timeout()))
                        .build())
                .initTimeout(Duration.ofMillis(cast.initTimeout()))
                .freeze(cast.freezes() ? FreezeMode.SIGNAL : FreezeMode.NONE);
        if (cast.runtime() == Lives.HOSTED) {
            FunctionHandler handler = (event, context) -> {
                String does = clock.await(turn(context.requestId()));
                if (does.isEmpty()) {
                    throw new IllegalStateException("the function fails");
                }
                return does.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            };
            builder.runtime(handler);
        } else if (cast.runtime() == Lives.PROCESS) {
            builder.runtime(puppet(cast.runtimeIgnoresTerm() ? "trap '' TERM;" : ""));
        }
        for (Member member : cast.extensions()) {
            if (member.lives() == Lives.PROCESS) {
                builder.extension(member.name(), puppet(""));
            } else if (member.lives() == Lives.HOSTED) {
                ExtensionProgram.Factory factory = context -> {
                    HostedExtension extension = new HostedExtension(new CompletableFuture<>());
                    hosted.computeIfAbsent(member.name(), name -> new CopyOnWriteArrayList<>())
                            .add(extension);
                    return () -> {
                        if (clock.await(extension.end()) != Op.Way.EXIT_0) {
                            throw new IllegalStateException("the extension crashes");
                        }
                    };
                };
                builder.extension(member.name(), factory);
            } else if (member.declared()) {
                builder.declareExtension(member.name());
            }
        }
        return builder.start();
    }

    private static Command puppet(String more) {
        return Command.of("/bin/sh", "-c", PUPPET.formatted(more));
    }

    private CompletableFuture<String> turn(String requestId) {
        return turns.computeIfAbsent(requestId, id -> new CompletableFuture<>());
    }

    // ---- which step is next

    private List<Step> choose() {
        Model model = models.get(0);
        int chance = random.nextInt(100);
        if (chance < 45) {
            return List.of(progress(model));
        }
        if (chance < 85 || !races) {
            return List.of(fault(model, false));
        }
        List<Step> atOnce = new ArrayList<>();
        int count = 2 + random.nextInt(2);
        for (int i = 0; i < count && cast.runtime() == Lives.CLIENT; i++) {
            atOnce.add(random.nextBoolean() ? progress(model) : fault(model, true));
        }
        // Whatever may be refused or accepted leaves no trace when its client does not wait, so those go alone.
        if (atOnce.isEmpty() || atOnce.stream().anyMatch(Lifecycle::isForItself)) {
            return alone(model);
        }
        boolean ending = model.phase() == Phase.FAILED || model.phase() == Phase.RESET;
        if (ending && polls(atOnce) + model.runtimePolls() > 1) {
            return alone(model); // nobody can see there how many polls there are
        }
        if (polls(atOnce) > 0 && atOnce.stream().anyMatch(step -> step.fault() == Fault.ERROR_REPORTED)) {
            return alone(model); // a reset hides how many polls there are
        }
        if (random.nextInt(3) == 0 && polls(atOnce) == 0) {
            long due = models.stream().mapToLong(Model::nextDue).min().orElseThrow();
            // Timers of what is over make time stop on its way, which the model knows nothing of.
            boolean isNext = due != Long.MAX_VALUE && clock.nextDue().equals(Optional.of(BEGIN.plusMillis(due)));
            if (isNext && due > model.now() && staysFirst(due, atOnce)) {
                atOnce.add(jump(due, Fault.CLOCK_JUMP_TO));
            }
        }
        return atOnce;
    }

    /** Whether nothing becomes due before that, whichever of the steps come before the time goes on. */
    private boolean staysFirst(long due, List<Step> steps) {
        for (int chosen = 1; chosen < 1 << steps.size(); chosen++) {
            List<Step> some = new ArrayList<>();
            for (int i = 0; i < steps.size(); i++) {
                if ((chosen & 1 << i) != 0) {
                    some.add(steps.get(i));
                }
            }
            if (after(models, some).stream().anyMatch(model -> model.nextDue() < due)) {
                return false;
            }
        }
        return true;
    }

    private <T> T oneOf(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private List<Step> alone(Model model) {
        pendingSubmits = 0; // those that were to be taken are not
        return List.of(progress(model));
    }

    private static long polls(List<Step> atOnce) {
        return atOnce.stream()
                .flatMap(step -> step.meanings().get(0).stream())
                .filter(Op.Next.class::isInstance)
                .count();
    }

    private static boolean isForItself(Step step) {
        Fault fault = step.fault();
        boolean ends = step.meanings().get(0).get(0) instanceof Op.Ends;
        return ends
                || (fault != null
                        && switch (fault) {
                            case POLL_OF_NOBODY,
                                    BODY_CUT,
                                    REPLY_UNREAD,
                                    CLOCK_JUMP,
                                    CLOCK_JUMP_BEFORE,
                                    CLOCK_JUMP_TO,
                                    KILLED,
                                    EXITED -> true;
                            default -> false;
                        });
    }

    /** What somebody who behaves would do now. */
    private Step progress(Model model) {
        List<java.util.function.Supplier<Step>> due = new ArrayList<>();
        RuntimeState state = model.runtimeState();
        boolean mayPoll = cast.runtime() == Lives.CLIENT || !model.runtimeIsGone();
        if (state != null && cast.runtime() != Lives.HOSTED && mayPoll) {
            switch (state) {
                case STARTED, RESPONSE_SENT -> due.add(() -> next(null));
                case RUNNING -> {
                    if (model.current() >= 0) {
                        due.add(() -> respond(model.current(), Op.Kind.RESPONSE, null));
                        due.add(() -> respond(model.current(), Op.Kind.STREAM, null));
                    }
                }
                case INVOCATION_RESPONSE -> {
                    if (stream >= 0) {
                        due.add(() -> streamEnds(null));
                    }
                }
                case READY, INIT_ERROR, INVOCATION_ERROR_RESPONSE -> {}
            }
        }
        if (canEndTurn(model)) {
            due.add(() -> handlerEnds(true, null));
        }
        for (Member member : cast.extensions()) {
            ExtensionState extension = model.stateOf(member.name());
            if (extension == null || extension == ExtensionState.STARTED) {
                due.add(() -> register(member, null));
            } else if (model.wasToldToShutDown(member.name()) && member.lives() != Lives.CLIENT) {
                if (!model.isGone(member.name())) {
                    due.add(() -> ends(member.name(), Op.Way.EXIT_0, null));
                }
            } else if (extension == ExtensionState.REGISTERED || extension == ExtensionState.RUNNING) {
                due.add(() -> poll(model.registrationOf(member.name()), member.name(), null));
            }
        }
        if (model.phase() == Phase.IDLE || model.phase() == Phase.FAILED) {
            due.add(() -> submit(null));
            due.add(() -> submit(null));
        }
        if (due.isEmpty()) {
            long next = model.nextDue();
            return next == Long.MAX_VALUE ? submit(Fault.QUEUED) : jump(next, Fault.CLOCK_JUMP_TO);
        }
        return due.get(random.nextInt(due.size())).get();
    }

    private boolean canEndTurn(Model model) {
        return cast.runtime() == Lives.HOSTED
                && model.runtimeState() == RuntimeState.RUNNING
                && model.phase() == Phase.INVOKE
                && !model.runtimeIsGone();
    }

    /** What nobody should do, or what befalls everybody some day. */
    private Step fault(Model model, boolean beside) {
        for (int attempt = 0; attempt < 20; attempt++) {
            Step step = someFault(model, beside);
            if (step != null) {
                return step;
            }
        }
        return nonsense();
    }

    private @Nullable Step someFault(Model model, boolean beside) {
        RuntimeState runtime = model.runtimeState();
        boolean runs = runtime == RuntimeState.RUNNING && model.current() >= 0 && models.size() == 1;
        boolean makesNoCalls = cast.runtime() == Lives.HOSTED;
        switch (random.nextInt(20)) {
            case 0, 1, 2 -> {
                return leave();
            }
            case 3 -> {
                return !races || beside || makesNoCalls || models.size() > 1 ? null : leaveAtOnce(model);
            }
            case 4 -> {
                return beside || !runs || makesNoCalls ? null : cut(model.current());
            }
            case 5 -> {
                if (stream >= 0) {
                    return beside ? null : random.nextBoolean() ? streamIsCut() : streamEnds(Fault.LATE);
                }
                return beside || !runs || makesNoCalls ? null : streamBegins(model.current());
            }
            case 6 -> {
                return cancel();
            }
            case 7, 8 -> {
                return makesNoCalls ? null : someAnswer(model);
            }
            case 9 -> {
                if (makesNoCalls
                        || (runtime == RuntimeState.READY
                                && (model.phase() == Phase.FAILED || model.phase() == Phase.RESET))) {
                    return null;
                }
                return next(
                        runtime == RuntimeState.READY || runtime == RuntimeState.RUNNING ? Fault.DOUBLED : Fault.LATE);
            }
            case 10 -> {
                return someExtension(member -> {
                    boolean first = model.stateOf(member.name()) == ExtensionState.STARTED;
                    return register(member, first ? Fault.LATE : Fault.DOUBLED);
                });
            }
            case 11 -> {
                int registration = someRegistration();
                return registration < 0
                        ? null
                        : poll(registration, "whoever registered by " + registration, Fault.DOUBLED);
            }
            case 12 -> {
                if (makesNoCalls || (runtime == RuntimeState.STARTED && random.nextInt(3) > 0)) {
                    return null;
                }
                return initError();
            }
            case 13 -> {
                int registration = someRegistration();
                return registration < 0 || random.nextInt(3) > 0 ? null : report(registration, random.nextInt(3) > 0);
            }
            case 14 -> {
                return nonsense();
            }
            case 15, 16 -> {
                return beside ? null : jump(model);
            }
            case 17 -> {
                return submit(Fault.QUEUED);
            }
            case 18 -> {
                return canEndTurn(model)
                        ? handlerEnds(random.nextBoolean(), Fault.FUNCTION_ERROR)
                        : runs && !makesNoCalls ? respond(model.current(), Op.Kind.ERROR, Fault.FUNCTION_ERROR) : null;
            }
            default -> {
                return beside ? null : someEnd(model);
            }
        }
    }

    private @Nullable Step someExtension(java.util.function.Function<Member, Step> step) {
        List<Member> members = cast.extensions();
        return members.isEmpty() ? null : step.apply(members.get(random.nextInt(members.size())));
    }

    private int someRegistration() {
        List<Integer> known = new ArrayList<>(identifiers.keySet());
        if (known.isEmpty()) {
            return -1;
        }
        // The newest ones are of the generation there is.
        int newest = Math.min(known.size(), random.nextInt(4) == 0 ? known.size() : 3);
        known.sort(null);
        return known.get(known.size() - 1 - random.nextInt(newest));
    }

    private Step someAnswer(Model model) {
        Op.Kind kind = oneOf(Op.Kind.values());
        int which = random.nextInt(4);
        if (which == 0) {
            return respond(Op.NOBODYS, kind, Fault.WRONG_ID);
        }
        int invocation = which == 1 && !invocations.isEmpty() ? random.nextInt(invocations.size()) : model.current();
        boolean accepted = model.runtimeState() == RuntimeState.RUNNING && invocation == model.current();
        return respond(
                invocation,
                kind,
                accepted
                        ? kind == Op.Kind.UNKNOWN_MODE ? Fault.WRONG_CALL : Fault.DOUBLED
                        : invocation == model.current() ? Fault.DOUBLED : Fault.LATE);
    }

    private @Nullable Step someEnd(Model model) {
        if (cast.runtime() == Lives.PROCESS && random.nextBoolean()) {
            return model.runtimeState() == null || model.runtimeIsGone() ? null : endOrStop("runtime", model);
        }
        List<Member> members = cast.extensions().stream()
                .filter(member -> member.lives() != Lives.CLIENT
                        && model.isLaunched(member.name())
                        && !model.isGone(member.name()))
                .toList();
        if (members.isEmpty()) {
            return null;
        }
        Member member = members.get(random.nextInt(members.size()));
        return member.lives() == Lives.PROCESS
                ? endOrStop(member.name(), model)
                : ends(member.name(), random.nextBoolean() ? Op.Way.EXIT_0 : Op.Way.EXIT_3, Fault.EXITED);
    }

    private Step endOrStop(String participant, Model model) {
        // Who stands still does not hear a SIGTERM, which is to ignore it.
        boolean mayStop = !participant.equals("runtime") || cast.runtimeIgnoresTerm();
        if (mayStop && random.nextInt(3) == 0) {
            boolean stop = random.nextBoolean();
            return new Step(
                    participant + (stop ? " is stopped" : " is woken"),
                    Fault.STOPPED,
                    List.of(List.of(new Op.Nothing())),
                    () -> signal(participant, stop ? "STOP" : "CONT"));
        }
        // Whoever stands still takes nothing but SIGKILL.
        Op.Way way = oneOf(Op.Way.values());
        boolean ignored = way == Op.Way.SIGTERM && participant.equals("runtime") && cast.runtimeIgnoresTerm();
        if (model.phase() == Phase.IDLE || ignored) {
            way = Op.Way.SIGKILL;
        }
        return ends(participant, way, way == Op.Way.SIGKILL || way == Op.Way.SIGTERM ? Fault.KILLED : Fault.EXITED);
    }

    // ---- steps

    private static Step step(String text, @Nullable Fault fault, Runnable act, Op... meaning) {
        return new Step(text, fault, List.of(List.of(meaning)), act);
    }

    private Step next(@Nullable Fault fault) {
        int call = ++lastCall;
        return step("call " + call + ": next", fault, () -> get(call, RUNTIME + "invocation/next"), new Op.Next(call));
    }

    private Step poll(int registration, String who, @Nullable Fault fault) {
        int call = ++lastCall;
        return step(
                "call " + call + ": event/next of " + who,
                fault,
                () -> get(call, EXTENSION + "event/next", identification(registration)),
                new Op.Poll(call, registration));
    }

    private String identification(int registration) {
        return "Lambda-Extension-Identifier: " + identifiers.get(registration);
    }

    private Step leaveAtOnce(Model model) {
        int call = ++lastCall;
        List<Member> members = cast.extensions().stream()
                .filter(member -> {
                    ExtensionState state = model.stateOf(member.name());
                    return state == ExtensionState.REGISTERED || state == ExtensionState.RUNNING;
                })
                .toList();
        if (!members.isEmpty()) {
            Member member = members.get(random.nextInt(members.size()));
            int registration = model.registrationOf(member.name());
            return new Step(
                    "call " + call + ": event/next of " + member.name() + ", gone at once",
                    Fault.POLL_OF_NOBODY,
                    List.of(
                            List.of(new Op.Poll(call, registration), new Op.Leave(call)),
                            List.of(new Op.PollOfNobody(call, registration))),
                    () -> {
                        get(call, EXTENSION + "event/next", identification(registration));
                        hangUp(call);
                    });
        }
        RuntimeState state = model.runtimeState();
        if (state == RuntimeState.STARTED || state == RuntimeState.RESPONSE_SENT) {
            return new Step(
                    "call " + call + ": next, gone at once",
                    Fault.POLL_OF_NOBODY,
                    List.of(List.of(new Op.Next(call), new Op.Leave(call)), List.of(new Op.NextOfNobody(call))),
                    () -> {
                        get(call, RUNTIME + "invocation/next");
                        hangUp(call);
                    });
        }
        return nonsense();
    }

    private @Nullable Step leave() {
        List<Call> polls =
                open.values().stream().filter(call -> call.id() != stream).toList();
        if (polls.isEmpty()) {
            return null;
        }
        Call call = polls.get(random.nextInt(polls.size()));
        Fault how = List.of(Fault.POLL_LEFT_BY_CLOSE, Fault.POLL_LEFT_BY_RESET, Fault.POLL_LEFT_BY_HALF_CLOSE)
                .get(random.nextInt(3));
        return step(
                "the client of call " + call.id() + " goes away (" + how + ")",
                how,
                () -> {
                    switch (how) {
                        case POLL_LEFT_BY_CLOSE -> call.line().close();
                        case POLL_LEFT_BY_RESET -> call.line().reset();
                        default -> call.line().halfClose();
                    }
                    open.remove(call.id());
                },
                new Op.Leave(call.id()));
    }

    private void hangUp(int call) {
        Objects.requireNonNull(open.remove(call)).line().close();
    }

    private Step respond(int invocation, Op.Kind kind, @Nullable Fault fault) {
        int call = ++lastCall;
        String body = "\"#" + call + "\"";
        String target =
                RUNTIME + "invocation/" + requestId(invocation) + (kind == Op.Kind.ERROR ? "/error" : "/response");
        String text = "call " + call + ": " + kind + " for invocation " + invocation;
        List<Op> meaning = new ArrayList<>(List.of(new Op.Answer(call, invocation, kind)));
        if (kind == Op.Kind.STREAM) {
            meaning.add(new Op.Piece(call));
        }
        if (kind != Op.Kind.UNKNOWN_MODE) {
            meaning.add(new Op.BodyEnds(call, true));
        }
        boolean waits = fault != null || random.nextInt(8) > 0 || kind == Op.Kind.STREAM || models.size() > 1;
        if (!waits) {
            meaning.add(new Op.Leave(call));
        }
        return new Step(
                text + (waits ? "" : ", gone at once"), waits ? fault : Fault.REPLY_UNREAD, List.of(meaning), () -> {
                    switch (kind) {
                        case RESPONSE -> post(call, target, body);
                        case ERROR -> post(call, target, body, "Lambda-Runtime-Function-Error-Type: Function.Oops");
                        case STREAM ->
                            say(
                                    call,
                                    head(
                                                    "POST",
                                                    target,
                                                    "Lambda-Runtime-Function-Response-Mode: streaming",
                                                    "Transfer-Encoding: chunked")
                                            + chunk(body)
                                            + chunk(""),
                                    "answer");
                        case UNKNOWN_MODE -> post(call, target, body, "Lambda-Runtime-Function-Response-Mode: roaring");
                    }
                    if (!waits) {
                        hangUp(call);
                    }
                });
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    private String requestId(int invocation) {
        return invocation < 0
                ? "00000000-0000-0000-0000-000000000000"
                : invocations.get(invocation).requestId();
    }

    /** A body that is announced and never comes as a whole. */
    private Step cut(int invocation) {
        int call = ++lastCall;
        int how = random.nextInt(3);
        String target = RUNTIME + "invocation/" + requestId(invocation) + "/response";
        List<Op> meaning = new ArrayList<>(List.of(new Op.Answer(call, invocation, Op.Kind.RESPONSE)));
        // After a half-close as well: whether the 400 comes before the end of the connection is Jetty's affair.
        meaning.add(new Op.Leave(call));
        meaning.add(new Op.BodyEnds(call, false));
        return new Step(
                "call " + call + ": response for invocation " + invocation + ", cut off by a "
                        + List.of("close", "reset", "half-close").get(how),
                Fault.BODY_CUT,
                List.of(meaning),
                () -> {
                    say(call, head("POST", target, "Content-Length: 100") + "only so much", "answer");
                    Call made = Objects.requireNonNull(open.get(call));
                    if (how == 0) {
                        hangUp(call);
                    } else if (how == 1) {
                        // A reset takes with it what has not been read.
                        await("the head of call " + call, () -> {
                            look();
                            return String.valueOf(moves.get("runtime"))
                                    .endsWith(RuntimeState.INVOCATION_RESPONSE.wireName());
                        });
                        made.line().reset();
                        open.remove(call);
                    } else {
                        made.line().halfClose();
                        open.remove(call);
                    }
                });
    }

    private Step streamBegins(int invocation) {
        int call = ++lastCall;
        return step(
                "call " + call + ": a stream for invocation " + invocation + " begins",
                Fault.LATE,
                () -> {
                    stream = call;
                    String target = RUNTIME + "invocation/" + requestId(invocation) + "/response";
                    say(
                            call,
                            head(
                                            "POST",
                                            target,
                                            "Lambda-Runtime-Function-Response-Mode: streaming",
                                            "Transfer-Encoding: chunked")
                                    + chunk("\"#"),
                            "answer");
                },
                new Op.Answer(call, invocation, Op.Kind.STREAM));
    }

    private Step streamEnds(@Nullable Fault fault) {
        int call = stream;
        return step(
                "call " + call + ": its stream ends",
                fault,
                () -> {
                    Call made = open.get(call);
                    // Another step may have ended it at the same time; what comes behind its end would begin the next
                    // request.
                    if (made != null && stream == call) {
                        made.line().send(chunk(call + "\"") + chunk(""));
                        stream = -1;
                    }
                },
                new Op.Piece(call),
                new Op.BodyEnds(call, true));
    }

    private Step streamIsCut() {
        int call = stream;
        boolean half = random.nextBoolean();
        return step(
                "call " + call + ": its stream is cut off by a " + (half ? "half-close" : "close"),
                Fault.BODY_CUT,
                () -> {
                    Line line = Objects.requireNonNull(open.remove(call)).line();
                    if (half) {
                        line.halfClose();
                    } else {
                        line.close();
                    }
                    stream = -1;
                },
                new Op.Leave(call),
                new Op.BodyEnds(call, false));
    }

    private Step initError() {
        int call = ++lastCall;
        return step(
                "call " + call + ": init/error",
                Fault.ERROR_REPORTED,
                () -> post(
                        call,
                        RUNTIME + "init/error",
                        "\"#" + call + "\"",
                        "Lambda-Runtime-Function-Error-Type: Runtime.Oops"),
                new Op.InitError(call));
    }

    private Step register(Member member, @Nullable Fault fault) {
        int call = ++lastCall;
        String events =
                member.events().stream().map(event -> "\"" + event + "\"").collect(Collectors.joining(","));
        return step(
                "call " + call + ": register " + member.name(),
                fault,
                () -> post(
                        call,
                        EXTENSION + "register",
                        "{\"events\":[" + events + "]}",
                        "Lambda-Extension-Name: " + member.name()),
                new Op.Register(call, member.name()));
    }

    private Step report(int registration, boolean exit) {
        int call = ++lastCall;
        return step(
                "call " + call + ": " + (exit ? "exit" : "init") + "/error of whoever registered by " + registration,
                Fault.ERROR_REPORTED,
                () -> post(
                        call,
                        EXTENSION + (exit ? "exit" : "init") + "/error",
                        "",
                        identification(registration),
                        "Lambda-Extension-Function-Error-Type: Extension.Oops"),
                new Op.Report(call, registration, exit));
    }

    private Step nonsense() {
        int call = ++lastCall;
        String nobody = "Lambda-Extension-Identifier: 00000000-0000-0000-0000-000000000000";
        String reply;
        Runnable act;
        switch (random.nextInt(8)) {
            case 0 -> {
                reply = "403 Extension.InvalidExtensionName";
                act = () -> post(call, EXTENSION + "register", "{\"events\":[]}");
            }
            case 1 -> {
                reply = "403 InvalidRequestFormat";
                act = () -> post(call, EXTENSION + "register", "{\"events\":", "Lambda-Extension-Name: ext-a");
            }
            case 2 -> {
                reply = "403 Extension.MissingExtensionIdentifier";
                act = () -> get(call, EXTENSION + "event/next");
            }
            case 3 -> {
                reply = "403 Extension.InvalidExtensionIdentifier";
                act = () -> get(call, EXTENSION + "event/next", "Lambda-Extension-Identifier: ext-a");
            }
            case 4 -> {
                reply = "403 Extension.UnknownExtensionIdentifier";
                act = () -> get(call, EXTENSION + "event/next", nobody);
            }
            case 5 -> {
                reply = "403 Extension.MissingHeader";
                act = () -> post(call, EXTENSION + "exit/error", "{}", nobody);
            }
            case 6 -> {
                reply = "404";
                act = () -> get(call, RUNTIME + "invocation/next/");
            }
            default -> {
                reply = "405";
                act = () -> post(call, RUNTIME + "invocation/next", "{}");
            }
        }
        return step("call " + call + ": nonsense, for " + reply, Fault.GARBAGE, act, new Op.Nonsense(call, reply));
    }

    private Step submit(@Nullable Fault fault) {
        // The index is known when the step is taken, since others may be taken with it.
        int invocation = invocations.size() + pendingSubmits++;
        return step(
                "invocation " + invocation,
                fault,
                () -> {
                    Invocation submitted = lambda.submit(InvocationRequest.of("{\"n\":" + invocation + "}"));
                    invocations.add(submitted);
                    results.add(new Result(submitted.answer(), submitted.completion()));
                    byRequestId.put(submitted.requestId(), invocation);
                },
                new Op.Submit(invocation));
    }

    private int pendingSubmits;

    private @Nullable Step cancel() {
        if (invocations.isEmpty()) {
            return null;
        }
        int which = random.nextInt(invocations.size());
        return step(
                "the caller of invocation " + which + " does not want its answer any more",
                Fault.CALLER_GONE,
                () -> {
                    Result given = results.get(which);
                    given.answer().cancel(true);
                    given.report().cancel(true);
                    // Somebody else asks, and has to get what there is.
                    Invocation invocation = invocations.get(which);
                    results.set(which, new Result(invocation.answer(), invocation.completion()));
                },
                new Op.Nothing());
    }

    private Step handlerEnds(boolean returns, @Nullable Fault fault) {
        int call = ++lastCall;
        int invocation = models.get(0).current();
        return step(
                "call " + call + ": the handler of invocation " + invocation + (returns ? " returns" : " fails"),
                returns ? null : fault,
                () -> turn(requestId(invocation)).complete(returns ? "\"#" + call + "\"" : ""),
                new Op.HandlerEnds(call, returns));
    }

    private Step jump(Model model) {
        long next = model.nextDue();
        int how = random.nextInt(5);
        if (next == Long.MAX_VALUE || how == 0) {
            return jump(model.now() + 1 + random.nextInt(700), Fault.CLOCK_JUMP);
        }
        return switch (how) {
            case 1, 2 -> jump(Math.max(model.now(), next - 1), Fault.CLOCK_JUMP_BEFORE);
            case 3 -> jump(next, Fault.CLOCK_JUMP_TO);
            default -> jump(next + 1 + random.nextInt(6_000), Fault.CLOCK_JUMP_TO);
        };
    }

    private Step jump(long to, Fault fault) {
        return step(
                "the time is " + to,
                fault,
                () -> clock.advance(Duration.between(clock.instant(), BEGIN.plusMillis(to)), PATIENCE),
                new Op.Later(Math.min(
                        to, models.stream().mapToLong(Model::nextDue).min().orElse(to))),
                new Op.Due(to));
    }

    private Step ends(String participant, Op.Way way, @Nullable Fault fault) {
        return step(
                participant + " ends: " + way,
                fault,
                () -> {
                    long before = endsOf(participant);
                    end(participant, way);
                    // Nothing else tells it before the next invocation.
                    await("the end of " + participant, () -> endsOf(participant) > before);
                },
                new Op.Ends(participant, way));
    }

    private void end(String participant, Op.Way way) {
        if (!participant.equals("runtime") && cast.member(participant).lives() == Lives.HOSTED) {
            hosted(participant).end().complete(way);
            return;
        }
        signal(
                participant,
                switch (way) {
                    case EXIT_0 -> "USR2";
                    case EXIT_3 -> "USR1";
                    case SIGKILL -> "KILL";
                    case SIGTERM -> "TERM";
                });
        if (way != Op.Way.SIGKILL) {
            signal(participant, "CONT"); // it may have been stopped
        }
    }

    private long endsOf(String participant) {
        return lambda.eventLog().events(Event.ParticipantExited.class).stream()
                .filter(exited -> exited.participant().name().equals(participant))
                .count();
    }

    /** The newest one; it takes a moment until it is there. */
    private HostedExtension hosted(String participant) {
        int launches = models.get(0).launchesOf(participant);
        await(
                participant + " to be started " + launches + " times",
                () -> hosted.getOrDefault(participant, List.of()).size() == launches);
        return Objects.requireNonNull(hosted.get(participant)).get(launches - 1);
    }

    /** Waits until the newest process of a participant listens to signals; returns its id. */
    private long pidOnceUp(String participant) {
        Participant whose = participant.equals("runtime") ? Participant.RUNTIME : Participant.extension(participant);
        long[] pid = new long[1];
        int launches = models.get(0).launchesOf(participant);
        await(participant + " to be up " + launches + " times", () -> {
            boolean up = false;
            int started = 0;
            for (EventLog.Entry entry : lambda.eventLog().entries()) {
                if (entry.event() instanceof Event.ParticipantStarted start
                        && start.participant().equals(whose)) {
                    pid[0] = start.pid().orElseThrow();
                    started++;
                    up = false;
                } else if (entry.event() instanceof Event.ProcessOutput output
                        && output.participant().equals(whose)) {
                    up = true;
                }
            }
            return up && started == launches;
        });
        return pid[0];
    }

    private void signal(String participant, String signal) {
        long pid = pidOnceUp(participant);
        try {
            new ProcessBuilder("/bin/kill", "-s", signal, Long.toString(pid))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    // ---- calls

    private static String head(String method, String target, String... headers) {
        StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: lambda\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        return head.append("\r\n").toString();
    }

    private void get(int call, String target, String... headers) {
        say(call, head("GET", target, headers), "poll");
    }

    private void post(int call, String target, String body, String... headers) {
        List<String> lines = new ArrayList<>(List.of(headers));
        lines.add("Content-Length: " + body.length());
        say(
                call,
                head("POST", target, lines.toArray(String[]::new)) + body,
                target.endsWith("register") ? "register" : "post");
    }

    private void say(int call, String text, String what) {
        Line line = random.nextBoolean() ? idle.pollFirst() : null;
        if (line == null) {
            line = new Line(lambda.runtimeApi());
            all.add(line);
        }
        open.put(call, new Call(call, line, what));
        line.send(text);
    }

    // ---- what becomes of it

    private void take(List<Step> atOnce) {
        pendingSubmits = 0;
        script.add(atOnce.stream().map(Step::text).collect(Collectors.joining(" || ")));
        List<Model> allowed = after(models, atOnce);
        // A poll that only parks behind another changes nothing else.
        looksAtPolls = polls(atOnce) > 0;
        awaitProcessesUp(models.get(0));
        for (Step step : atOnce) {
            step.act().run();
        }
        awaitWhatIsAllowed(allowed);
        awaitProcessesUp(models.get(0));
        for (Step step : atOnce) {
            if (step.fault() != null) {
                Objects.requireNonNull(census.get(step.fault())).incrementAndGet();
            }
        }
    }

    /** Until then they ignore nothing and trap nothing, and would not get there while they are frozen. */
    private void awaitProcessesUp(Model model) {
        if (model.phase() == Phase.RESET || model.phase() == Phase.FAILED || model.phase() == Phase.SHUTDOWN) {
            return;
        }
        if (cast.runtime() == Lives.PROCESS && model.runtimeState() != null && !model.runtimeIsGone()) {
            pidOnceUp("runtime");
        }
        for (Member member : cast.extensions()) {
            if (member.lives() == Lives.PROCESS && model.isLaunched(member.name()) && !model.isGone(member.name())) {
                pidOnceUp(member.name());
            }
        }
    }

    private static List<Model> after(List<Model> models, List<Step> atOnce) {
        Map<String, Model> found = new LinkedHashMap<>();
        List<List<List<Op>>> choices = new ArrayList<>(List.of(List.of()));
        for (Step step : atOnce) {
            List<List<List<Op>>> more = new ArrayList<>();
            for (List<List<Op>> choice : choices) {
                for (List<Op> meaning : step.meanings()) {
                    List<List<Op>> extended = new ArrayList<>(choice);
                    extended.add(meaning);
                    more.add(extended);
                }
            }
            choices = more;
        }
        for (Model model : models) {
            for (Model variant : model.variants()) {
                for (List<List<Op>> choice : choices) {
                    interleave(variant, choice, new int[choice.size()], found);
                }
            }
        }
        return List.copyOf(found.values());
    }

    private static void interleave(Model model, List<List<Op>> sequences, int[] taken, Map<String, Model> found) {
        boolean over = true;
        for (int i = 0; i < taken.length; i++) {
            if (taken[i] < sequences.get(i).size()) {
                over = false;
                Op op = sequences.get(i).get(taken[i]++);
                for (Model variant : model.after(op).variants()) {
                    interleave(variant, sequences, taken, found);
                }
                taken[i]--;
            }
        }
        if (over) {
            found.putIfAbsent(model.toString(), model);
        }
    }

    private void awaitWhatIsAllowed(List<Model> allowed) {
        if (allowed.size() > MOST_ALLOWED) {
            throw violation("the model allows too much: " + allowed.size() + " states", null);
        }
        List<Model> seen = new ArrayList<>();
        long end = System.nanoTime() + PATIENCE.toNanos();
        boolean confirmed = false;
        for (int round = 0; ; round++) {
            look();
            for (Model model : allowed) {
                if (!model.isUnsettled() && isSeen(model)) {
                    seen.add(model);
                }
            }
            if (!seen.isEmpty() && confirmed) {
                break;
            }
            confirmed = !seen.isEmpty();
            if (confirmed) {
                // What belongs to one change comes into the log entry by entry: only behind its lock it is whole.
                var unused = lambda.phase();
                seen.clear();
                continue;
            }
            if (System.nanoTime() > end) {
                throw violation(
                        "none of this is seen:\n  "
                                + allowed.stream().map(Model::toString).collect(Collectors.joining("\n  "))
                                + "\nbut this: " + phase + ", calls " + replies + " of " + open.keySet() + ", answers "
                                + answers + ", reports " + reports + ", moves "
                                + moves + ", withdrawn " + withdrawn + ", inits " + inits + ", failures " + failures,
                        null);
            }
            if (round > 20) {
                LockSupport.parkNanos(20_000);
            } else {
                Thread.onSpinWait();
            }
        }
        forgetWhatIsOver(seen);
        models = List.copyOf(seen);
    }

    private boolean isSeen(Model model) {
        for (Map.Entry<Integer, String> call : model.calls().entrySet()) {
            String expected = call.getValue();
            if (!expected.equals(Model.LEFT)
                    && !replies.getOrDefault(call.getKey(), Model.OPEN).equals(expected)) {
                return false;
            }
        }
        return model.phase() == phase
                && model.inits() == inits
                && model.failures() == failures
                && movesAreSeen(model)
                && model.answers().equals(answers)
                && model.reports().equals(reports)
                && (!looksAtPolls || phase == Phase.FAILED || model.runtimePolls() == parkedPolls);
    }

    private boolean movesAreSeen(Model model) {
        if (cast.runtime() != Lives.HOSTED) {
            return ofThisGeneration(model, model.moves()).equals(ofThisGeneration(model, moves))
                    && ofThisGeneration(model, model.withdrawn()).equals(ofThisGeneration(model, withdrawn));
        }
        // One that is ended takes its poll back, sooner or later than it is forgotten.
        RuntimeState state = model.runtimeState();
        return (state == null
                        || model.runtimeIsGone()
                        || (runtimeHasPolled
                                && runtimeStarts == model.launchesOf("runtime")
                                && String.valueOf(moves.get("runtime")).endsWith(" " + state.wireName())))
                && withoutRuntime(ofThisGeneration(model, model.moves()))
                        .equals(withoutRuntime(ofThisGeneration(model, moves)))
                && withoutRuntime(ofThisGeneration(model, model.withdrawn()))
                        .equals(withoutRuntime(ofThisGeneration(model, withdrawn)));
    }

    /**
     * How an extension of the generation before came to its end, in the last moment, depends on what word came first, and matters to
     * nobody any more.
     */
    private static <T> Map<String, T> ofThisGeneration(Model model, Map<String, T> map) {
        Map<String, T> those = new TreeMap<>(map);
        those.keySet().removeIf(name -> !isOfThisGeneration(model, name));
        return those;
    }

    private static boolean isOfThisGeneration(Model model, String name) {
        ExtensionState state = model.stateOf(name);
        return name.equals("runtime") || (state != null && state != ExtensionState.STARTED);
    }

    private static <T> void follow(Model model, Map<String, T> known, Map<String, T> seen) {
        known.keySet().removeIf(name -> !isOfThisGeneration(model, name));
        seen.forEach((name, value) -> {
            if (!isOfThisGeneration(model, name)) {
                known.put(name, value);
            }
        });
    }

    private static <T> Map<String, T> withoutRuntime(Map<String, T> map) {
        Map<String, T> others = new TreeMap<>(map);
        others.remove("runtime");
        return others;
    }

    private int parkedPolls() {
        Matcher polls = Pattern.compile("(?m)^runtime: .*?(its|\\d+) polls? (is|are) parked")
                .matcher(lambda.describe());
        return !polls.find() ? 0 : polls.group(1).equals("its") ? 1 : Integer.parseInt(polls.group(1));
    }

    private void forgetWhatIsOver(Collection<Model> seen) {
        for (Model model : seen) {
            follow(model, model.moves(), moves);
            follow(model, model.withdrawn(), withdrawn);
        }
        for (int call : List.copyOf(replies.keySet())) {
            replies.remove(call);
            seen.forEach(model -> model.calls().remove(call));
        }
        for (int invocation : List.copyOf(reports.keySet())) {
            answers.remove(invocation);
            reports.remove(invocation);
            seen.forEach(model -> {
                model.answers().remove(invocation);
                model.reports().remove(invocation);
            });
        }
    }

    /** Reads what there is to see, without waiting. */
    private void look() {
        List<EventLog.Entry> entries = lambda.eventLog().entries();
        for (EventLog.Entry entry : entries.subList(looked, entries.size())) {
            Event event = entry.event();
            if (event instanceof Event.PhaseChanged change) {
                phase = phase(change.to());
            } else if (event instanceof Event.RuntimeStateChanged change) {
                runtimeHasPolled |= change.to() == RuntimeState.READY;
                moves.put(
                        "runtime", Model.next(moves.get("runtime"), change.to().wireName()));
            } else if (event instanceof Event.ExtensionStateChanged change) {
                moves.put(
                        change.name(),
                        Model.next(moves.get(change.name()), change.to().wireName()));
            } else if (event instanceof Event.ParticipantStarted start
                    && start.participant().equals(Participant.RUNTIME)) {
                runtimeStarts++;
                runtimeHasPolled = false;
            } else if (event instanceof Event.InitStarted) {
                inits++;
            } else if (event instanceof Event.EnvironmentFailed) {
                failures++;
            } else if (event instanceof Event.PollWithdrawn gone) {
                withdrawn.merge(gone.participant().name(), 1, Integer::sum);
            }
        }
        looked = entries.size();
        if (looksAtPolls) {
            parkedPolls = parkedPolls();
        }
        for (Call call : List.copyOf(open.values())) {
            Optional<Line.Reply> reply = call.line().reply();
            if (reply.isPresent()) {
                replies.put(call.id(), describe(call, reply.get()));
                idle.addLast(call.line());
                open.remove(call.id());
            } else if (call.line().isEnded()) {
                replies.put(call.id(), "dropped");
                open.remove(call.id());
            }
        }
        idle.removeIf(Line::isEnded);
        for (Map.Entry<String, Integer> one : byRequestId.entrySet()) {
            look(one.getValue());
        }
    }

    private final Set<Integer> reported = new java.util.HashSet<>();

    private void look(int index) {
        if (reported.contains(index)) {
            return;
        }
        CompletableFuture<InvocationResult> answer = results.get(index).answer();
        CompletableFuture<InvocationReport> report = results.get(index).report();
        // Looked at once: what is done only a moment later is for the next look.
        boolean isAnswered = answer.isDone();
        boolean isReported = report.isDone();
        if (isAnswered) {
            answers.put(index, answer.isCompletedExceptionally() ? rejection(answer) : describe(answer.join()));
        }
        if (isReported) {
            reports.put(index, report.isCompletedExceptionally() ? rejection(report) : describe(report.join()));
        }
        if (isAnswered && isReported) {
            reported.add(index);
        }
    }

    private static String rejection(CompletableFuture<?> future) {
        Throwable why = future.handle((value, failure) -> failure).join();
        Throwable cause = why.getCause() == null ? why : why.getCause();
        return cause instanceof InvocationRejectedException rejected && rejected.statusCode() == 503
                ? "rejected"
                : String.valueOf(cause);
    }

    private static String describe(InvocationResult result) {
        Matcher by = BY.matcher(result.payloadText());
        String from = by.matches() ? "by " + by.group(1) : "";
        return result.errorType()
                .map(type -> (type + " " + from).strip())
                .orElse(from.isEmpty() ? result.payloadText() : from);
    }

    private static String describe(InvocationReport report) {
        return report.status().wireName()
                + report.errorType().map(type -> " " + type).orElse("");
    }

    private static Phase phase(EnvironmentPhase phase) {
        return switch (phase) {
            case NEW, INIT -> Phase.INIT;
            case READY, FROZEN -> Phase.IDLE;
            case INVOKE -> Phase.INVOKE;
            case RESET -> Phase.RESET;
            case FAILED -> Phase.FAILED;
            case SHUTDOWN, CLOSED -> Phase.SHUTDOWN;
        };
    }

    private String describe(Call call, Line.Reply reply) {
        if (reply.status() != 200) {
            Matcher type = ERROR_TYPE.matcher(reply.body());
            return reply.status() + (reply.status() >= 400 && type.find() ? " " + type.group(1) : "");
        }
        if (call.what().equals("register")) {
            identifiers.put(
                    call.id(), reply.header("Lambda-Extension-Identifier").orElse("none"));
            return "200";
        }
        if (reply.body().contains("\"eventType\":\"SHUTDOWN\"")) {
            return "200 SHUTDOWN";
        }
        Matcher inBody = REQUEST_ID.matcher(reply.body());
        String requestId = inBody.find()
                ? inBody.group(1)
                : reply.header("Lambda-Runtime-Aws-Request-Id").orElse("none");
        return "200 INVOKE " + byRequestId.get(requestId);
    }

    private void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw violation("waited in vain for " + what, null);
            }
            LockSupport.parkNanos(50_000);
        }
    }

    // ---- the end

    private void end() {
        pendingSubmits = 0;
        Model model = models.get(0);
        List<Step> atOnce = new ArrayList<>();
        if (cast.runtime() == Lives.CLIENT && random.nextBoolean()) {
            Step last = random.nextBoolean() ? progress(model) : submit(Fault.QUEUED);
            if (!isForItself(last)) {
                atOnce.add(last);
            } else {
                pendingSubmits = 0;
            }
        }
        boolean amid = model.phase() != Phase.IDLE || model.queued() > 0 || !atOnce.isEmpty();
        boolean shutsDown = random.nextBoolean();
        atOnce.add(step(
                shutsDown ? "shutdown" : "close",
                amid ? Fault.ENDED_AMID : null,
                () -> {
                    if (shutsDown) {
                        lambda.shutdown(oneOf(ShutdownReason.values()));
                    } else {
                        lambda.close();
                    }
                },
                new Op.ShutDown()));
        script.add(atOnce.stream().map(Step::text).collect(Collectors.joining(" || ")));
        List<Model> allowed = after(models, atOnce);
        atOnce.forEach(step -> step.act().run());
        awaitEnd(allowed);
        if (amid) {
            Objects.requireNonNull(census.get(Fault.ENDED_AMID)).incrementAndGet();
        }
        lambda.close();
        await("all calls to be over", () -> {
            look();
            return open.isEmpty();
        });
        boolean accepted = true;
        try {
            lambda.submit(InvocationRequest.of("{}"));
        } catch (InvocationRejectedException e) {
            accepted = false;
        }
        if (accepted) {
            throw violation("an invocation is accepted after the end", null);
        }
    }

    /** Of the end only the callers' side is in the model; the rest is in the rules. */
    private void awaitEnd(List<Model> allowed) {
        await("the answers of " + allowed, () -> {
            look();
            return allowed.stream()
                    .anyMatch(model ->
                            model.answers().equals(answers) && model.reports().equals(reports));
        });
    }

    private void close() {
        hosted.values()
                .forEach(each -> each.forEach(extension -> extension.end().complete(Op.Way.EXIT_0)));
        lambda.close();
        all.forEach(Line::close);
        clock.close();
    }

    private AssertionError violation(String what, @Nullable Throwable cause) {
        StringBuilder text =
                new StringBuilder("lifecycle " + seed + ": " + what + "\n\n" + cast + "\n\nWhat was done:\n");
        for (int i = 0; i < script.size(); i++) {
            text.append("  ").append(i + 1).append(". ").append(script.get(i)).append('\n');
        }
        text.append("\nWhat it is now:\n").append(lambda.describe()).append("\nWhat happened:\n");
        for (EventLog.Entry entry : lambda.eventLog().entries()) {
            text.append("  ")
                    .append(Duration.between(BEGIN, entry.time()).toMillis())
                    .append(" ms  ")
                    .append(entry.event().describe())
                    .append('\n');
        }
        return new AssertionError(text.toString(), cause);
    }
}

package io.lambdasimulator.soak;

import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.soak.Cast.Lives;
import io.lambdasimulator.soak.Cast.Member;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What AWS's tables say of an execution environment: one state of it, and what each {@link Op} makes of that. It has no time but
 * what it is told, no threads and no sockets. The sections named here are those of AWS's open-source core as the fidelity table
 * sums them up (docs/fidelity.md), where this simulator differs on purpose, the table's line says so.
 *
 * <p>What comes about by itself and cannot be seen from outside is a {@link #variants() variant}.
 */
final class Model {

    enum Phase {
        INIT,
        /** Frozen or not. */
        IDLE,
        INVOKE,
        RESET,
        FAILED,
        SHUTDOWN
    }

    static final String OPEN = "open";
    static final String LEFT = "left";
    private static final String DROPPED = "dropped";
    private static final String ACCEPTED = "202";
    private static final String WRONG_STATE = "403 InvalidStateTransition";
    private static final String WRONG_EXTENSION_STATE = "403 Extension.InvalidExtensionState";
    private static final String UNKNOWN_EXTENSION = "403 Extension.UnknownExtensionIdentifier";
    private static final String WRONG_ID = "400 InvalidRequestID";
    private static final long NEVER = Long.MAX_VALUE;

    /** The poll of a hosted runtime, which nobody but that sees. */
    private static final int HOSTED_POLL = -2;

    /** The share of a shutdown that is the runtime's, and the whole (AWS: "Shutdown phase"). */
    private static final int RUNTIME_SHARE = 300;

    private static final int WITH_INTERNAL = 500;
    private static final int WITH_EXTERNAL = 2000;

    /** The runtime of one init. */
    private static final class RuntimeAgent {
        RuntimeState state = RuntimeState.STARTED;
        RuntimeState before = RuntimeState.STARTED;
        final Deque<Integer> polls = new ArrayDeque<>();
        boolean due;

        /** The poll that was handed the invocation, while it may turn out not to have arrived. */
        int handed = -1;

        boolean dying;
        boolean gone;

        RuntimeAgent copy() {
            RuntimeAgent copy = new RuntimeAgent();
            copy.state = state;
            copy.before = before;
            copy.polls.addAll(polls);
            copy.due = due;
            copy.handed = handed;
            copy.dying = dying;
            copy.gone = gone;
            return copy;
        }

        @Override
        public String toString() {
            return state + "<" + before + " polls " + polls + (due ? " due" : "") + " handed " + handed
                    + (gone ? " gone" : dying ? " dying" : "");
        }
    }

    /** An extension of one init. */
    private static final class Extension {
        final Member member;
        ExtensionState state = ExtensionState.STARTED;
        ExtensionState before = ExtensionState.REGISTERED;
        int registration = -1;
        int poll = -1;
        String due = "";
        String has = "";
        int handed = -1;
        boolean dying;
        boolean gone;
        boolean launched;

        Extension(Member member) {
            this.member = member;
        }

        Extension copy() {
            Extension copy = new Extension(member);
            copy.state = state;
            copy.before = before;
            copy.registration = registration;
            copy.poll = poll;
            copy.due = due;
            copy.has = has;
            copy.handed = handed;
            copy.dying = dying;
            copy.gone = gone;
            copy.launched = launched;
            return copy;
        }

        boolean wants(ExtensionEventType type) {
            return registration >= 0 && member.events().contains(type);
        }

        boolean hasFailed() {
            return state == ExtensionState.INIT_ERROR || state == ExtensionState.EXIT_ERROR;
        }

        @Override
        public String toString() {
            return state + "<" + before + " by " + registration + " poll " + poll + " due " + due + " has " + has
                    + " handed " + handed + (gone ? " gone" : dying ? " dying" : launched ? " launched" : "");
        }
    }

    private final Cast cast;
    private long now;
    private Phase phase = Phase.INIT;

    // The generation.
    private @Nullable RuntimeAgent runtime;
    private final Map<String, Extension> extensions = new LinkedHashMap<>();
    private boolean registrationClosed;
    private String firstFatal = "";
    private String reportedBody = "";
    private String idleFailure = "";
    private String idleReport = "";
    private long initDeadline;

    // The invocation under way.
    private int current = -1;
    private boolean answered;
    private boolean runtimeDone;
    private boolean handedOut;
    private final Set<String> awaited = new TreeSet<>();
    private long deadline = NEVER;
    private int answering = -1;
    private final Deque<Integer> queue = new ArrayDeque<>();

    // The end of a generation.
    private long budget = NEVER;
    private long share = NEVER;
    private boolean told;
    private boolean over;

    // What can be seen.
    private final Map<Integer, String> calls = new TreeMap<>();
    private final Map<Integer, Op.Answer> heads = new TreeMap<>();
    private final Map<Integer, String> answers = new TreeMap<>();
    private final Map<Integer, String> reports = new TreeMap<>();
    private final Map<String, String> moves = new TreeMap<>();
    private final Map<String, Integer> withdrawn = new TreeMap<>();

    private int inits;
    private int failures;

    /** How often each participant was started; it takes a moment until that can be seen. */
    private final Map<String, Integer> launches = new TreeMap<>();

    Model(Cast cast, long now) {
        this.cast = cast;
        this.now = now;
        this.initDeadline = now + cast.initTimeout();
        newGeneration();
        launch();
        advance();
    }

    private Model(Model other) {
        cast = other.cast;
        now = other.now;
        phase = other.phase;
        runtime = other.runtime == null ? null : other.runtime.copy();
        other.extensions.forEach((name, extension) -> extensions.put(name, extension.copy()));
        registrationClosed = other.registrationClosed;
        firstFatal = other.firstFatal;
        reportedBody = other.reportedBody;
        idleFailure = other.idleFailure;
        idleReport = other.idleReport;
        initDeadline = other.initDeadline;
        current = other.current;
        answered = other.answered;
        runtimeDone = other.runtimeDone;
        handedOut = other.handedOut;
        awaited.addAll(other.awaited);
        deadline = other.deadline;
        answering = other.answering;
        queue.addAll(other.queue);
        budget = other.budget;
        share = other.share;
        told = other.told;
        over = other.over;
        calls.putAll(other.calls);
        heads.putAll(other.heads);
        answers.putAll(other.answers);
        reports.putAll(other.reports);
        moves.putAll(other.moves);
        withdrawn.putAll(other.withdrawn);
        launches.putAll(other.launches);
        inits = other.inits;
        failures = other.failures;
    }

    /** The state after an operation. */
    Model after(Op op) {
        Model next = new Model(this);
        next.apply(op);
        return next;
    }

    private void apply(Op op) {
        if (op instanceof Op.Next next) {
            next(next.call(), true);
        } else if (op instanceof Op.NextOfNobody next) {
            next(next.call(), false);
        } else if (op instanceof Op.Answer answer) {
            answer(answer);
        } else if (op instanceof Op.Piece piece) {
            if (isOpen(piece.call()) && answering != piece.call()) {
                reply(piece.call(), DROPPED);
            }
        } else if (op instanceof Op.BodyEnds end) {
            bodyEnds(end);
        } else if (op instanceof Op.InitError error) {
            initError(error.call());
        } else if (op instanceof Op.Register register) {
            register(register);
        } else if (op instanceof Op.Poll poll) {
            poll(poll.call(), poll.registration(), true);
        } else if (op instanceof Op.PollOfNobody poll) {
            poll(poll.call(), poll.registration(), false);
        } else if (op instanceof Op.Report report) {
            report(report);
        } else if (op instanceof Op.Nonsense nonsense) {
            reply(nonsense.call(), nonsense.reply());
        } else if (op instanceof Op.Leave leave) {
            leave(leave.call());
        } else if (op instanceof Op.Submit submit) {
            submit(submit.invocation());
        } else if (op instanceof Op.HandlerEnds handler) {
            handlerEnds(handler);
        } else if (op instanceof Op.Later later) {
            moveTo(later.now());
        } else if (op instanceof Op.Due due) {
            due(due.until());
        } else if (op instanceof Op.Ends ends) {
            ends(ends);
        } else if (op instanceof Op.ShutDown) {
            shutDown();
        }
    }

    /**
     * This state, and what it may become by itself: a client that left when its event was on the way may not have received it, and
     * who is being killed ends sooner or later.
     */
    List<Model> variants() {
        List<Model> variants = new ArrayList<>();
        variants.add(this);
        for (int i = 0; i < variants.size(); i++) {
            Model one = variants.get(i);
            if (one.runtime != null && one.runtime.dying) {
                Model other = new Model(one);
                other.vanish(other.runtime);
                variants.add(other);
            }
            for (Extension it : one.extensions.values()) {
                if (it.dying) {
                    Model other = new Model(one);
                    other.vanish(other.extensions.get(it.member.name()));
                    variants.add(other);
                }
            }
        }
        for (Model one : List.copyOf(variants)) {
            RuntimeAgent it = one.runtime;
            if (it != null
                    && it.state == RuntimeState.RUNNING
                    && it.handed >= 0
                    && LEFT.equals(one.calls.get(it.handed))) {
                Model other = new Model(one);
                other.takeBackFromRuntime();
                variants.add(other);
            }
        }
        for (String name : extensions.keySet()) {
            for (Model one : List.copyOf(variants)) {
                Extension extension = one.extensions.get(name);
                if (extension != null
                        && extension.state == ExtensionState.RUNNING
                        && extension.handed >= 0
                        && LEFT.equals(one.calls.get(extension.handed))) {
                    Model other = new Model(one);
                    other.takeBackFrom(other.extensions.get(name));
                    variants.add(other);
                }
            }
        }
        return variants;
    }

    // ---- the runtime's calls (§2.1)

    private void next(int call, boolean isThere) {
        if (call != HOSTED_POLL) {
            calls.put(call, isThere ? OPEN : LEFT);
        }
        RuntimeAgent it = runtime;
        if (it == null || !allowsNext(it.state)) {
            reply(call, WRONG_STATE);
            return;
        }
        it.handed = -1;
        if (it.state == RuntimeState.RUNNING && current >= 0) {
            reply(call, "200 INVOKE " + current); // again the same one
        } else if (!isThere) {
            withdrawn.merge("runtime", 1, Integer::sum);
        } else {
            registrationClosed = true;
            it.polls.addLast(call);
            if (it.state != RuntimeState.READY) {
                it.before = it.state;
                move(it, RuntimeState.READY);
            }
            if (current >= 0 && answered) {
                runtimeDone = true;
            }
            advance();
        }
    }

    private static boolean allowsNext(RuntimeState state) {
        return switch (state) {
            case STARTED, READY, RUNNING, RESPONSE_SENT -> true;
            case INIT_ERROR, INVOCATION_RESPONSE, INVOCATION_ERROR_RESPONSE -> false;
        };
    }

    private void answer(Op.Answer answer) {
        calls.put(answer.call(), OPEN);
        RuntimeAgent it = runtime;
        if (current < 0 || answer.invocation() != current) {
            reply(answer.call(), WRONG_ID);
        } else if (it == null || it.state != RuntimeState.RUNNING) {
            reply(answer.call(), WRONG_STATE);
        } else {
            it.handed = -1;
            move(
                    it,
                    answer.kind() == Op.Kind.ERROR
                            ? RuntimeState.INVOCATION_ERROR_RESPONSE
                            : RuntimeState.INVOCATION_RESPONSE);
            if (answer.kind() == Op.Kind.UNKNOWN_MODE) {
                answerCaller("Runtime.InvalidResponseModeHeader");
                move(it, RuntimeState.RESPONSE_SENT);
                reply(answer.call(), "400 InvalidFunctionResponseMode");
            } else {
                answering = answer.call();
                heads.put(answer.call(), answer);
            }
        }
    }

    private void bodyEnds(Op.BodyEnds end) {
        Op.Answer head = heads.get(end.call());
        if (head == null || !isUndecided(end.call())) {
            return;
        }
        RuntimeAgent it = runtime;
        if (answering != end.call() || it == null) {
            reply(end.call(), WRONG_ID);
            return;
        }
        answering = -1;
        if (!end.complete()) {
            answerCaller("Runtime.TruncatedResponse");
            reply(end.call(), "400 TruncatedHTTPRequest");
        } else {
            answerCaller(head.kind() == Op.Kind.ERROR ? "Function.Oops by " + end.call() : "by " + end.call());
            reply(end.call(), ACCEPTED);
        }
        move(it, RuntimeState.RESPONSE_SENT);
        completeIfDone();
    }

    private void initError(int call) {
        calls.put(call, OPEN);
        RuntimeAgent it = runtime;
        if (it == null || it.state != RuntimeState.STARTED) {
            reply(call, WRONG_STATE);
            return;
        }
        reply(call, ACCEPTED);
        move(it, RuntimeState.INIT_ERROR);
        if (firstFatal.isEmpty()) {
            firstFatal = "Runtime.Oops";
            reportedBody = " by " + call;
        }
        if (current >= 0) {
            answerCaller("Runtime.Oops by " + call);
        }
        if (cast.runtime() != Lives.PROCESS) {
            runtimeEnded(it, "Runtime.ExitError", "Runtime.ExitError");
        }
    }

    private void handlerEnds(Op.HandlerEnds handler) {
        RuntimeAgent it = runtime;
        if (it == null || it.gone || it.state != RuntimeState.RUNNING || current < 0) {
            return;
        }
        move(it, handler.returns() ? RuntimeState.INVOCATION_RESPONSE : RuntimeState.INVOCATION_ERROR_RESPONSE);
        answerCaller(handler.returns() ? "by " + handler.call() : "Runtime.UserException");
        move(it, RuntimeState.RESPONSE_SENT);
        next(HOSTED_POLL, true);
    }

    // ---- the extensions' calls (§1.8, §2.2, §2.3)

    private void register(Op.Register register) {
        calls.put(register.call(), OPEN);
        Member member = cast.member(register.name());
        Extension known = extensions.get(register.name());
        if (phase == Phase.RESET) {
            reply(register.call(), "403 Extension.RegistrationClosed");
        } else if (known != null && cast.isExternal(member)) {
            if (phase == Phase.FAILED && !isLaunched(known)) {
                reply(register.call(), WRONG_EXTENSION_STATE);
            } else if (known.state != ExtensionState.STARTED) {
                reply(register.call(), WRONG_EXTENSION_STATE);
            } else {
                register(known, register.call());
            }
        } else if (registrationClosed) {
            reply(register.call(), "403 Extension.RegistrationClosed");
        } else if (known != null) {
            reply(register.call(), WRONG_EXTENSION_STATE);
        } else {
            Extension added = new Extension(member);
            extensions.put(register.name(), added);
            register(added, register.call());
        }
    }

    private void register(Extension extension, int call) {
        extension.registration = call;
        move(extension, ExtensionState.REGISTERED);
        reply(call, "200");
        advance();
    }

    private @Nullable Extension registeredBy(int registration) {
        return extensions.values().stream()
                .filter(extension -> registration >= 0 && extension.registration == registration)
                .findFirst()
                .orElse(null);
    }

    private void poll(int call, int registration, boolean isThere) {
        calls.put(call, isThere ? OPEN : LEFT);
        Extension it = registeredBy(registration);
        if (it == null) {
            reply(call, UNKNOWN_EXTENSION);
            return;
        }
        boolean allowed = it.state == ExtensionState.REGISTERED || it.state == ExtensionState.RUNNING;
        if (!allowed) {
            reply(call, WRONG_EXTENSION_STATE);
            return;
        }
        it.handed = -1;
        if (!isThere) {
            withdrawn.merge(it.member.name(), 1, Integer::sum);
            return;
        }
        it.poll = call;
        it.before = it.state;
        move(it, ExtensionState.READY);
        if (it.has.startsWith("INVOKE")) {
            awaited.remove(it.member.name() + " " + it.has);
        }
        it.has = "";
        advance();
    }

    private void report(Op.Report report) {
        calls.put(report.call(), OPEN);
        Extension it = registeredBy(report.registration());
        if (it == null) {
            reply(report.call(), UNKNOWN_EXTENSION);
            return;
        }
        ExtensionState target = report.exit() ? ExtensionState.EXIT_ERROR : ExtensionState.INIT_ERROR;
        if (it.state == target) {
            reply(report.call(), ACCEPTED); // told before
            return;
        }
        boolean allowed = it.state == ExtensionState.REGISTERED
                || (report.exit() && (it.state == ExtensionState.READY || it.state == ExtensionState.RUNNING));
        if (!allowed) {
            reply(report.call(), WRONG_EXTENSION_STATE);
            return;
        }
        it.handed = -1;
        reply(report.call(), ACCEPTED);
        move(it, target);
        if (it.poll >= 0) {
            reply(it.poll, WRONG_EXTENSION_STATE);
            it.poll = -1;
        }
        if (firstFatal.isEmpty()) {
            firstFatal = report.exit() ? "Extension.ExitError" : "Extension.InitError";
        }
        if (livesIn(it) != Lives.PROCESS) {
            extensionEnded(it, true);
        }
    }

    /** An internal one lives in the runtime. */
    private Lives livesIn(Extension it) {
        return cast.isExternal(it.member) ? it.member.lives() : cast.runtime();
    }

    // ---- clients that leave

    private void leave(int call) {
        String reply = calls.get(call);
        calls.put(call, LEFT);
        if (!OPEN.equals(reply)) {
            return;
        }
        if (runtime != null && runtime.polls.remove(call)) {
            withdrawn.merge("runtime", 1, Integer::sum);
            if (runtime.polls.isEmpty() && runtime.state == RuntimeState.READY) {
                move(runtime, runtime.before);
            }
        }
        for (Extension it : extensions.values()) {
            if (it.poll == call) {
                it.poll = -1;
                withdrawn.merge(it.member.name(), 1, Integer::sum);
                if (it.state == ExtensionState.READY) {
                    move(it, it.before);
                }
            }
        }
        advance();
    }

    private void takeBackFromRuntime() {
        RuntimeAgent it = runtime;
        if (it != null) {
            withdrawn.merge("runtime", 1, Integer::sum);
            it.handed = -1;
            it.due = true;
            move(it, it.polls.isEmpty() ? it.before : RuntimeState.READY);
            advance();
        }
    }

    private void takeBackFrom(@Nullable Extension it) {
        if (it != null) {
            withdrawn.merge(it.member.name(), 1, Integer::sum);
            it.handed = -1;
            it.due = it.has;
            it.has = "";
            move(it, it.before);
            advance();
        }
    }

    // ---- invocations (§4)

    private void submit(int invocation) {
        if (phase == Phase.SHUTDOWN) {
            answers.put(invocation, "rejected");
            reports.put(invocation, "rejected");
            return;
        }
        queue.addLast(invocation);
        advance();
    }

    private void begin(int invocation) {
        current = invocation;
        answered = false;
        runtimeDone = false;
        handedOut = false;
        awaited.clear();
        deadline = now + cast.timeout();
    }

    private void handOut() {
        handedOut = true;
        for (Extension it : extensions.values()) {
            if (it.wants(ExtensionEventType.INVOKE)) {
                it.due = "INVOKE " + current;
                awaited.add(it.member.name() + " " + it.due);
            }
        }
        if (runtime != null) {
            runtime.due = true;
        }
        handOver();
    }

    private void handOver() {
        extensions.values().forEach(this::handOver);
        RuntimeAgent it = runtime;
        if (it != null && it.due && it.state == RuntimeState.READY && !it.polls.isEmpty()) {
            it.due = false;
            it.handed = it.polls.removeFirst();
            reply(it.handed, "200 INVOKE " + current);
            move(it, RuntimeState.RUNNING);
        }
    }

    private void handOver(Extension it) {
        if (!it.due.isEmpty() && it.poll >= 0 && it.state == ExtensionState.READY) {
            reply(it.poll, "200 " + it.due);
            it.handed = it.poll;
            it.poll = -1;
            it.has = it.due;
            it.due = "";
            move(it, ExtensionState.RUNNING);
        }
    }

    private void answerCaller(String answer) {
        if (current >= 0 && !answered) {
            answered = true;
            answers.put(current, answer);
        }
    }

    private void completeIfDone() {
        if (phase == Phase.INVOKE && current >= 0 && answered && runtimeDone && awaited.isEmpty()) {
            complete("success");
            phase = Phase.IDLE;
            advance();
        }
    }

    private void complete(String report) {
        reports.put(current, report);
        current = -1;
        answering = -1;
        deadline = NEVER;
    }

    // ---- steps (§3, §5)

    private void newGeneration() {
        extensions.clear();
        for (Member member : cast.extensions()) {
            if (member.declared()) {
                extensions.put(member.name(), new Extension(member));
            }
        }
        runtime = cast.runtime() == Lives.CLIENT ? new RuntimeAgent() : null;
        registrationClosed = false;
        firstFatal = "";
        reportedBody = "";
        idleFailure = "";
        idleReport = "";
        told = false;
        over = false;
        budget = NEVER;
        share = NEVER;
    }

    private void launch() {
        inits++;
        for (Extension it : extensions.values()) {
            if (cast.isExternal(it.member)) {
                it.launched = true;
                launches.merge(it.member.name(), 1, Integer::sum);
            }
        }
    }

    private static boolean isLaunched(Extension it) {
        return it.launched || it.member.lives() == Lives.CLIENT;
    }

    private void advance() {
        handOver();
        switch (phase) {
            case INIT -> advanceInit();
            case IDLE -> {
                if (!queue.isEmpty()) {
                    begin(queue.removeFirst());
                    phase = Phase.INVOKE;
                    if (idleFailure.isEmpty()) {
                        handOut();
                    } else {
                        reset(idleFailure, idleReport);
                    }
                }
            }
            case INVOKE -> completeIfDone();
            case RESET, SHUTDOWN -> advanceEnd();
            case FAILED -> {
                if (!queue.isEmpty()) {
                    phase = Phase.INIT;
                    begin(queue.removeFirst());
                    launch();
                    advance();
                }
            }
        }
    }

    private void advanceInit() {
        if (runtime == null && extensions.values().stream().noneMatch(it -> it.state == ExtensionState.STARTED)) {
            runtime = new RuntimeAgent();
            launches.merge("runtime", 1, Integer::sum);
            if (cast.runtime() == Lives.HOSTED) {
                next(HOSTED_POLL, true);
                return;
            }
        }
        if (runtime == null
                || runtime.state != RuntimeState.READY
                || !extensions.values().stream().allMatch(it -> it.state == ExtensionState.READY)) {
            return;
        }
        initDeadline = NEVER;
        if (current < 0) {
            phase = Phase.IDLE;
            advance();
        } else {
            phase = Phase.INVOKE;
            handOut();
            completeIfDone();
        }
    }

    /**
     * Something fatal; the first error that a participant reported outranks what its end looks like (§3.3).
     *
     * @param type what the caller is told
     * @param report what the records say
     */
    private void fail(String type, String report) {
        switch (phase) {
            case IDLE -> {
                failures++;
                if (idleFailure.isEmpty()) {
                    idleFailure = type;
                    idleReport = report;
                }
            }
            case INIT, INVOKE -> {
                failures++;
                reset(type, report);
            }
            case RESET, FAILED, SHUTDOWN -> advance();
        }
    }

    private void failWithEnd(String type, String recorded) {
        if (firstFatal.isEmpty()) {
            fail(type, "error " + recorded);
        } else {
            fail(firstFatal + reportedBody, "error " + firstFatal);
        }
    }

    private void reset(String type, String report) {
        initDeadline = NEVER;
        if (current >= 0) {
            answerCaller(type);
            complete(report);
        }
        phase = Phase.RESET;
        if (runtime != null) {
            runtime.due = false;
            runtime.handed = -1;
            if (cast.runtime() == Lives.CLIENT) {
                runtime.polls.forEach(poll -> reply(poll, DROPPED));
                runtime.polls.clear();
            }
        }
        for (Extension it : extensions.values()) {
            it.due = "";
            it.handed = -1;
        }
        beginEnd();
    }

    private boolean runtimeRuns() {
        return runtime != null && !runtime.gone && cast.runtime() != Lives.CLIENT;
    }

    private void beginEnd() {
        boolean external = extensions.values().stream().anyMatch(it -> cast.isExternal(it.member));
        boolean internal = extensions.values().stream().anyMatch(it -> !cast.isExternal(it.member));
        int whole = external ? WITH_EXTERNAL : internal ? WITH_INTERNAL : 0;
        if (whole > 0) {
            budget = now + whole;
            share = now + (internal ? WITH_INTERNAL : RUNTIME_SHARE);
        }
        if (whole == 0 || !cast.runtimeIgnoresTerm()) {
            killRuntime();
        }
        advanceEnd();
    }

    private void killRuntime() {
        if (runtime != null && runtimeRuns()) {
            runtime.dying = true;
        }
    }

    private void vanish(@Nullable RuntimeAgent it) {
        if (it != null) {
            it.dying = false;
            it.gone = true;
            advance();
        }
    }

    private void vanish(@Nullable Extension it) {
        if (it != null) {
            it.dying = false;
            it.gone = true;
            if (it.state == ExtensionState.RUNNING) {
                move(it, ExtensionState.SHUTDOWN_FAILED);
            }
            advance();
        }
    }

    /** Whether somebody is certain to end and has not yet. */
    boolean isUnsettled() {
        return (runtime != null && runtime.dying)
                || extensions.values().stream().anyMatch(it -> it.dying);
    }

    private void advanceEnd() {
        if (over || runtimeRuns()) {
            return;
        }
        if (!told) {
            told = true;
            for (Extension it : extensions.values()) {
                if (!it.gone) {
                    tell(it);
                }
            }
        }
        for (Extension it : extensions.values()) {
            handOver(it);
            if (it.has.equals("SHUTDOWN") && it.member.lives() == Lives.CLIENT) {
                it.gone = true; // told, and that is all that can be seen of it
            }
        }
        if (extensions.values().stream().allMatch(it -> it.gone)) {
            over = true;
            if (phase == Phase.RESET) {
                beginAnew();
            }
        }
    }

    private void tell(Extension it) {
        boolean registered = it.wants(ExtensionEventType.SHUTDOWN);
        if (!cast.isExternal(it.member) || !isLaunched(it)) {
            it.gone = true;
        } else if (it.member.lives() == Lives.CLIENT && (!registered || it.hasFailed())) {
            it.gone = true;
        } else if (!registered) {
            it.dying = true;
        } else if (!it.hasFailed()) {
            it.due = "SHUTDOWN";
        }
    }

    private void beginAnew() {
        List<Integer> stay = runtime == null ? List.of() : List.copyOf(runtime.polls);
        extensions.values().stream().filter(it -> it.poll >= 0).forEach(it -> reply(it.poll, DROPPED));
        boolean returned = cast.runtime() == Lives.CLIENT;
        if (!returned) {
            stay.forEach(poll -> reply(poll, DROPPED));
        }
        newGeneration();
        RuntimeAgent it = runtime;
        if (returned && it != null) {
            for (int poll : stay) {
                it.polls.addLast(poll);
                if (it.state != RuntimeState.READY) {
                    move(it, RuntimeState.READY);
                }
            }
        }
        phase = Phase.FAILED;
        advance();
    }

    // ---- time

    /** When the next thing is due. */
    long nextDue() {
        return Math.min(Math.min(initDeadline, deadline), Math.min(budget, share));
    }

    /** Time waits for whoever is certain to end. */
    private void moveTo(long instant) {
        while (now < instant && isUnsettled()) {
            vanish();
        }
        now = Math.max(now, instant);
    }

    private void vanish() {
        if (runtime != null && runtime.dying) {
            vanish(runtime);
        }
        for (Extension it : List.copyOf(extensions.values())) {
            if (it.dying) {
                vanish(it);
            }
        }
    }

    private void due(long until) {
        while (now < until || nextDue() <= until) {
            long due = Math.min(nextDue(), until);
            if (due > now && isUnsettled()) {
                vanish(); // what is due next may be another thing then
                continue;
            }
            now = Math.max(now, due);
            if (nextDue() <= now) {
                whatIsDue();
            }
        }
    }

    private void whatIsDue() {
        if (initDeadline <= now) {
            initDeadline = NEVER;
            if (phase == Phase.INIT) {
                fail("Sandbox.Timedout", "timeout");
            }
        } else if (deadline <= now) {
            deadline = NEVER;
            fail("Sandbox.Timedout", "timeout");
        } else if (share <= now) {
            share = NEVER;
            killRuntime();
            advanceEnd();
        } else {
            budget = NEVER;
            if (!over) {
                killRuntime();
                for (Extension it : extensions.values()) {
                    if (it.member.lives() == Lives.CLIENT || !cast.isExternal(it.member)) {
                        it.gone = true;
                    } else if (!it.gone) {
                        it.dying = true;
                    }
                }
                advanceEnd();
            }
        }
    }

    // ---- ends

    private void ends(Op.Ends ends) {
        if (ends.participant().equals("runtime")) {
            RuntimeAgent it = runtime;
            if (it != null && !it.gone) {
                runtimeEnded(
                        it,
                        "Runtime.ExitError",
                        ends.way() == Op.Way.SIGKILL ? "Runtime.OutOfMemory" : "Runtime.ExitError");
            }
            return;
        }
        Extension it = extensions.get(ends.participant());
        if (it != null && !it.gone) {
            extensionEnded(it, ends.way() != Op.Way.EXIT_0);
        }
    }

    private void runtimeEnded(RuntimeAgent it, String type, String recorded) {
        it.dying = false;
        it.gone = true;
        failWithEnd(type, recorded);
    }

    private void extensionEnded(Extension it, boolean badly) {
        it.dying = false;
        it.gone = true;
        boolean expected = phase == Phase.RESET || phase == Phase.SHUTDOWN || phase == Phase.FAILED;
        if (expected && it.state == ExtensionState.RUNNING) {
            move(it, badly ? ExtensionState.SHUTDOWN_FAILED : ExtensionState.EXITED);
        }
        failWithEnd("Extension.Crash", "Extension.Crash");
    }

    private void shutDown() {
        if (phase == Phase.SHUTDOWN) {
            return;
        }
        if (current >= 0) {
            if (answered && handedOut) {
                complete("success");
            } else {
                answerCaller("Sandbox.Failure");
                complete("failure Sandbox.Failure");
            }
        }
        for (int waiting : queue) {
            answers.put(waiting, "rejected");
            reports.put(waiting, "rejected");
        }
        queue.clear();
        initDeadline = NEVER;
        phase = Phase.SHUTDOWN;
    }

    // ---- what can be seen

    private void reply(int call, String reply) {
        if (call == HOSTED_POLL) {
            return;
        }
        calls.merge(call, reply, (before, now) -> before.equals(LEFT) ? LEFT : now);
    }

    private boolean isOpen(int call) {
        return OPEN.equals(calls.get(call));
    }

    /** Whether a body is on its way, be it of a client that has left since. */
    private boolean isUndecided(int call) {
        return isOpen(call) || LEFT.equals(calls.get(call));
    }

    private void move(RuntimeAgent it, RuntimeState to) {
        it.state = to;
        moved("runtime", to.wireName());
    }

    private void move(Extension it, ExtensionState to) {
        it.state = to;
        moved(it.member.name(), to.wireName());
    }

    private void moved(String who, String state) {
        moves.put(who, next(moves.get(who), state));
    }

    /** Counts one step more. */
    static String next(@Nullable String before, String state) {
        int count = before == null ? 0 : Integer.parseInt(before.split(" ", 2)[0]);
        return count + 1 + " " + state;
    }

    Phase phase() {
        return phase;
    }

    long now() {
        return now;
    }

    int current() {
        return current;
    }

    int queued() {
        return queue.size();
    }

    boolean isFailedWhileIdle() {
        return !idleFailure.isEmpty();
    }

    @Nullable RuntimeState runtimeState() {
        return runtime == null ? null : runtime.state;
    }

    boolean runtimeIsGone() {
        return runtime != null && runtime.gone;
    }

    int runtimePolls() {
        return runtime == null ? 0 : runtime.polls.size();
    }

    @Nullable ExtensionState stateOf(String name) {
        Extension it = extensions.get(name);
        return it == null ? null : it.state;
    }

    boolean isGone(String name) {
        Extension it = extensions.get(name);
        return it == null || it.gone;
    }

    boolean isLaunched(String name) {
        Extension it = extensions.get(name);
        return it != null && isLaunched(it) && phase != Phase.FAILED;
    }

    /** The call that registered an extension of the generation there is now; -1 without one. */
    int registrationOf(String name) {
        Extension it = extensions.get(name);
        return it == null ? -1 : it.registration;
    }

    boolean wasToldToShutDown(String name) {
        Extension it = extensions.get(name);
        return it != null && it.has.equals("SHUTDOWN");
    }

    /** The answer whose body is on its way; -1 without one. */
    int answering() {
        return answering;
    }

    Map<Integer, String> calls() {
        return calls;
    }

    Map<Integer, String> answers() {
        return answers;
    }

    Map<Integer, String> reports() {
        return reports;
    }

    /** How many steps each participant has taken, and the state it is in. */
    Map<String, String> moves() {
        return moves;
    }

    Map<String, Integer> withdrawn() {
        return withdrawn;
    }

    int inits() {
        return inits;
    }

    /** How often something fatal happened. */
    int failures() {
        return failures;
    }

    int launchesOf(String participant) {
        return launches.getOrDefault(participant, 0);
    }

    /** The whole of it; equal states have equal texts. */
    @Override
    public String toString() {
        return phase + " at " + now + ", init until " + initDeadline + ", invocation " + current
                + (answered ? " answered" : "")
                + (runtimeDone ? " done" : "") + (handedOut ? " handed out" : "") + " awaits " + awaited + " until "
                + deadline
                + " answering " + answering + " of " + heads.get(answering) + ", queue " + queue + ", runtime "
                + runtime + ", extensions " + extensions
                + (registrationClosed ? ", closed" : "") + ", fatal " + firstFatal + reportedBody + ", idle "
                + idleFailure
                + " " + idleReport + ", end " + budget + " " + share + (told ? " told" : "") + (over ? " over" : "")
                + ", calls " + calls + ", answers " + answers + ", reports " + reports + ", moves " + moves
                + ", withdrawn "
                + withdrawn + ", inits " + inits + ", failures " + failures;
    }
}

package io.lambdasimulator.internal.participant;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.environment.Limits;
import io.lambdasimulator.internal.environment.Participants;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.process.ForeignProcess;
import io.lambdasimulator.internal.process.Freezable;
import io.lambdasimulator.internal.process.FreezeResult;
import io.lambdasimulator.internal.process.LaunchException;
import io.lambdasimulator.internal.process.LaunchedProcess;
import io.lambdasimulator.internal.process.MemorySampler;
import io.lambdasimulator.internal.process.ProcessLauncher;
import io.lambdasimulator.internal.process.ProcessListener;
import io.lambdasimulator.internal.time.Activity;
import io.lambdasimulator.participant.Command;
import io.lambdasimulator.time.Busy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what an environment wants done to its participants. All of it happens on one thread, in order: a participant
 * that is killed before it was launched is never launched, and extensions start one after the other, as on AWS.
 */
public final class SimulatedParticipants implements Participants, AutoCloseable {

    /** What a participant is made of. */
    public sealed interface Source {

        /** A process, which may have a descriptor for framed logs. */
        record Program(
                Command command,
                Map<String, String> environment,
                @Nullable Path defaultDirectory,
                boolean framedLog) implements Source {}

        /** A thread in this JVM. */
        record Hosted(String description, Program body) implements Source {

            /** What the thread does, with timers that end with it. */
            @FunctionalInterface
            public interface Program {
                void run(ScheduledExecutorService timers) throws Exception;
            }
        }

        /** A program that could not be found when the environment was put together. */
        record Missing(String message) implements Source {}
    }

    private static final int SIGKILL = 9;

    /** How long a freeze may take until it counts as failed. */
    private static final Duration CONFIRMATION_BOUND = Duration.ofSeconds(1);

    /** How long a virtual clock waits, in real time, for the end of a process that was told to end. */
    private static final Duration TIME_TO_END = Duration.ofMillis(300);

    /** In real time, between two looks at the memory when there is a limit. */
    private static final Duration MEMORY_INTERVAL = Duration.ofMillis(20);

    private final RecordingEventLog log;
    private final Clock clock;
    private final Activity activity;
    private final ProcessLauncher launcher = new ProcessLauncher();
    private final MemorySampler memory = launcher.memorySampler();
    private final OptionalLong memoryLimit;
    private final ExecutorService inOrder;
    private final Executor counting;
    private final Map<Participant, Source> sources = new HashMap<>();

    private final Map<Launch, HostedThread> threads = new ConcurrentHashMap<>();
    private final Map<Launch, FreezableScheduler> timers = new ConcurrentHashMap<>();

    // Started by the user.
    private final Map<Participant, ForeignProcess> registered = new ConcurrentHashMap<>();

    // Touched by the one thread alone.
    private final Map<Launch, LaunchedProcess> processes = new HashMap<>();
    private final Map<Launch, Watcher> watchers = new HashMap<>();
    private final Set<Launch> doomed = new HashSet<>();

    /** The newest generation of which a launch has failed, 0 for none. Nobody of it is launched any more. */
    private int failedLaunches;

    /** The newest freeze that was ended. */
    private volatile long thawed;

    private volatile boolean hasProcesses;

    /** What is being stopped now. */
    private volatile @Nullable Freezable stopping;

    private @Nullable ExecutionEnvironment environment;

    /** Waits for what a runtime that has ended may have said before; on the thread that saw its end. */
    private Runnable lastWords = () -> {};

    /** @param memoryLimit how much memory, in bytes, all processes together may use; empty for any */
    public SimulatedParticipants(RecordingEventLog log, Clock clock, Activity activity, OptionalLong memoryLimit) {
        this.memoryLimit = memoryLimit;
        this.log = log;
        this.clock = clock;
        this.activity = activity;
        this.inOrder = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "lambda-participants");
            thread.setDaemon(true);
            return thread;
        });
        this.counting = activity.counting("a launch or signal", inOrder);
    }

    /**
     * Says what participants are made of and who is told of their fate; once, before the environment starts.
     *
     * @param takeUp waits until calls that have arrived are taken up, since those of a runtime come before its end
     */
    public void prepare(ExecutionEnvironment owner, Map<Participant, Source> madeOf, Runnable takeUp) {
        environment = owner;
        lastWords = takeUp;
        sources.putAll(madeOf);
    }

    @Override
    public void launch(Launch launch) {
        inOrder(() -> {
            if (launch.generation() == failedLaunches) {
                environment().neverLaunched(launch);
                return;
            }
            if (doomed.contains(launch)) {
                environment().exited(launch, new ProcessExit.Signal(SIGKILL));
                return;
            }
            Participant participant = launch.participant();
            Source source = sources.get(participant);
            if (source instanceof Source.Program program) {
                launch(launch, program);
            } else if (source instanceof Source.Hosted hosted) {
                environment().started(launch, Optional.empty(), hosted.description());
                FreezableScheduler scheduler = FreezableScheduler.of(participant, clock);
                timers.put(launch, scheduler);
                threads.put(
                        launch,
                        HostedThread.start(
                                participant, () -> hosted.body().run(scheduler), activity.enters(participant), exit -> {
                                    scheduler.shutdownNow();
                                    environment().exited(launch, exit);
                                }));
            } else if (source instanceof Source.Missing missing) {
                launchFailed(launch, errorType(participant, LaunchException.Reason.NOT_FOUND), missing.message());
            }
        });
    }

    @Override
    public void refuseToLaunch(Launch launch, String errorType, String message) {
        inOrder(() -> launchFailed(launch, errorType, message));
    }

    private void launchFailed(Launch launch, String errorType, String message) {
        failedLaunches = launch.generation();
        environment().launchFailed(launch, errorType, message);
    }

    private void launch(Launch launch, Source.Program program) {
        Participant participant = launch.participant();
        Watcher watcher = new Watcher(launch, program.command().toString());
        try {
            LaunchedProcess process = launcher.launch(
                    participant.name(),
                    program.command(),
                    program.environment(),
                    program.defaultDirectory(),
                    program.framedLog(),
                    watcher);
            processes.put(launch, process);
            watchers.put(launch, watcher);
            watchMemory();
        } catch (LaunchException e) {
            launchFailed(launch, errorType(participant, e.reason()), String.valueOf(e.getMessage()));
        }
    }

    private void watchMemory() {
        if (!hasProcesses) {
            hasProcesses = true;
            memoryLimit.ifPresentOrElse(
                    limit -> memory.enforce(limit, MEMORY_INTERVAL, this::outOfMemory),
                    () -> memory.watch(MEMORY_INTERVAL));
        }
        memory.look();
    }

    private static String errorType(Participant participant, LaunchException.Reason reason) {
        if (participant.kind() == Participant.Kind.RUNTIME) {
            return reason == LaunchException.Reason.WORKING_DIRECTORY
                    ? "Runtime.InvalidWorkingDir"
                    : "Runtime.InvalidEntrypoint";
        }
        return reason == LaunchException.Reason.PERMISSION_DENIED ? "PermissionDenied" : "UnknownError";
    }

    @Override
    public void terminate(Launch launch) {
        terminateThread(launch);
        inOrder(() -> {
            LaunchedProcess process = processes.get(launch);
            if (process != null) {
                log.append(new Event.SignalSent(launch.participant(), "SIGTERM", "shutdown"));
                process.terminate();
                Objects.requireNonNull(watchers.get(launch)).endsSoon();
            }
            terminateThread(launch); // it may have been launched since
        });
    }

    @Override
    public void expectEnd(Launch launch) {
        inOrder(() -> {
            Watcher watcher = watchers.get(launch);
            if (watcher != null) {
                watcher.endsSoon();
            }
        });
    }

    @Override
    public void kill(Launch launch, String reason) {
        end(launch);
        inOrder(() -> {
            doomed.add(launch);
            LaunchedProcess process = processes.get(launch);
            if (process != null) {
                kill(launch, process, reason);
            }
            HostedThread thread = threads.get(launch);
            if (thread != null) {
                thread.end(); // it may have been launched since
                thread.awaitEnd();
            }
        });
    }

    private void kill(Launch launch, LaunchedProcess process, String reason) {
        log.append(new Event.SignalSent(launch.participant(), "SIGKILL", reason));
        process.kill();
        Objects.requireNonNull(watchers.get(launch)).killed();
    }

    /** Kills the runtime, as the kernel does on AWS, unless it is being killed. */
    private void outOfMemory(long usedBytes) {
        String reason = "out of memory: " + usedBytes / Limits.MEBIBYTE + " MB are used, and the function has "
                + memoryLimit.orElseThrow() / Limits.MEBIBYTE + " MB";
        inOrder(() -> processes.forEach((launch, process) -> {
            if (launch.participant().equals(Participant.RUNTIME)
                    && Objects.requireNonNull(watchers.get(launch)).isAlive()) {
                kill(launch, process, reason);
            }
        }));
    }

    @Override
    public void lookAtMemory() {
        if (hasProcesses) {
            memory.look();
        }
    }

    /** With a limit not more than that, which the kernel would not have let them have. */
    @Override
    public OptionalLong maxMemoryUsed() {
        OptionalLong seen = memory.maximumBytes();
        return seen.isPresent() && memoryLimit.isPresent()
                ? OptionalLong.of(Math.min(seen.getAsLong(), memoryLimit.getAsLong()))
                : seen;
    }

    @Override
    public void endAll(int generation) {
        inOrder(() -> {
            processes.entrySet().removeIf(process -> {
                if (process.getKey().generation() != generation) {
                    return false;
                }
                process.getValue().killTree(); // whoever the leader has left behind
                return true;
            });
            launcher.killStrays();
            watchers.keySet().removeIf(launch -> launch.generation() == generation);
            threads.keySet().removeIf(launch -> launch.generation() == generation);
            timers.keySet().removeIf(launch -> launch.generation() == generation);
            doomed.removeIf(launch -> launch.generation() == generation);
        });
    }

    /** Has a process that the user started frozen and thawed with the environment, as that of a participant. */
    public void register(Participant participant, ForeignProcess process) {
        if (sources.containsKey(participant)) {
            throw new IllegalArgumentException(participant + " is launched by the simulator, which freezes it anyway;"
                    + " a process is registered for one that connects by itself");
        }
        if (processes.values().stream().anyMatch(launched -> launched.pid() == process.pid())) {
            throw new IllegalArgumentException(
                    "process " + process.pid() + " is launched by the simulator, which freezes it anyway");
        }
        launcher.spare(process.pid());
        ForeignProcess before = registered.put(participant, process);
        if (before != null) {
            before.thaw();
        }
    }

    /** The process goes its own way again. */
    public void unregister(Participant participant) {
        ForeignProcess process = registered.remove(participant);
        if (process != null) {
            process.thaw();
        }
    }

    @Override
    public void freeze(long round) {
        inOrder(() -> {
            long begin = System.nanoTime();
            List<Participant> stopped = new ArrayList<>();
            List<String> running = new ArrayList<>();
            timers.forEach((launch, scheduler) -> {
                scheduler.freeze();
                stopped.add(launch.participant());
            });
            for (Map.Entry<Participant, Freezable> one : freezables().entrySet()) {
                stopping = one.getValue();
                if (thawed >= round) {
                    return; // something is to happen: the thaw, which comes next, wakes whoever stands still
                }
                FreezeResult result = one.getValue().freeze(CONFIRMATION_BOUND);
                switch (result.outcome()) {
                    case CONFIRMED -> stopped.add(one.getKey());
                    case PARTLY, UNCONFIRMED -> running.add(one.getKey() + ": " + result);
                    case NOBODY, THAWED -> {}
                }
            }
            if (running.isEmpty()) {
                environment().frozen(round, Duration.ofNanos(System.nanoTime() - begin), List.copyOf(stopped));
            } else {
                environment().freezeFailed(round, String.join("; ", running));
            }
        });
    }

    @Override
    public void thaw(long round) {
        thawed = round;
        Freezable underWay = stopping;
        if (underWay != null) {
            underWay.thaw(); // ends its wait
        }
        inOrder(() -> {
            stopping = null;
            freezables().values().forEach(Freezable::thaw);
            timers.values().forEach(FreezableScheduler::thaw);
            environment().thawed(round);
        });
    }

    private Map<Participant, Freezable> freezables() {
        Map<Participant, Freezable> all = new LinkedHashMap<>(registered);
        processes.forEach((launch, process) -> all.put(launch.participant(), process));
        return all;
    }

    @Override
    public void afterOutput(Runnable task) {
        Busy reading = activity.begin("the output of processes");
        try {
            inOrder.execute(() -> {
                AtomicInteger left = new AtomicInteger(processes.size() + 1);
                Runnable one = () -> {
                    if (left.decrementAndGet() == 0) {
                        task.run();
                        reading.close();
                    }
                };
                processes.values().forEach(process -> process.afterOutput(one));
                one.run();
            });
        } catch (RejectedExecutionException e) {
            task.run(); // closed: what was written has been read
            reading.close();
        }
    }

    private void terminateThread(Launch launch) {
        HostedThread thread = threads.get(launch);
        if (thread != null) {
            thread.endUnlessEnding();
        }
    }

    // At once, so that a thread in this JVM learns that it is to end before it learns that its poll was dropped.
    private void end(Launch launch) {
        HostedThread thread = threads.get(launch);
        if (thread != null) {
            thread.end();
        }
    }

    private void inOrder(Runnable task) {
        try {
            counting.execute(task);
        } catch (RejectedExecutionException e) {
            // Closed: everything is dead or about to be killed.
        }
    }

    private ExecutionEnvironment environment() {
        if (environment == null) {
            throw new IllegalStateException("participants act before prepare(…)");
        }
        return environment;
    }

    /** Kills and ends whatever is left; returns when it is gone, within a few seconds of real time. */
    @Override
    public void close() {
        inOrder.shutdown();
        try {
            if (!inOrder.awaitTermination(2, TimeUnit.SECONDS)) {
                inOrder.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        memory.close();
        timers.values().forEach(FreezableScheduler::thaw);
        registered.values().forEach(ForeignProcess::thaw);
        threads.values().forEach(HostedThread::end);
        try {
            launcher.close();
        } finally {
            threads.values().forEach(HostedThread::awaitEnd);
        }
    }

    private final class Watcher implements ProcessListener {
        private final Launch launch;
        private final String command;
        private final Instant begun = clock.instant();

        // Ends that time waits for: a killed process is certain to end, one that was told to has a moment for it.
        private final List<Busy> ends = new ArrayList<>();
        private boolean exited;
        private boolean killed;

        Watcher(Launch launch, String command) {
            this.launch = launch;
            this.command = command;
        }

        @Override
        public void started(long pid) {
            environment().started(launch, Optional.of(pid), command);
        }

        @Override
        public void line(Event.OutputStream stream, String line) {
            log.append(new Event.ProcessOutput(launch.participant(), stream, line));
        }

        @Override
        public void framed(@Nullable Instant written, String message) {
            // Another clock than the process's may be in charge here, and no time may push the log into the future.
            Instant now = clock.instant();
            Instant time = written == null || written.isBefore(begun) || written.isAfter(now) ? now : written;
            log.append(time, new Event.ProcessOutput(launch.participant(), Event.OutputStream.FRAMED_LOG, message));
        }

        @Override
        public void exited(ProcessExit exit) {
            if (launch.participant().kind() == Participant.Kind.RUNTIME
                    && environment().awaitsAnswer()) {
                lastWords.run();
            }
            environment().exited(launch, exit);
            List<Busy> over;
            synchronized (this) {
                exited = true;
                over = List.copyOf(ends);
            }
            over.forEach(Busy::close);
        }

        /** Whether it has neither ended nor been killed. */
        synchronized boolean isAlive() {
            return !exited && !killed;
        }

        void killed() {
            synchronized (this) {
                killed = true;
            }
            awaitEnd(", which is being killed");
        }

        /** Simulated budgets are over in no time, and a process needs some to do as it was told. */
        void endsSoon() {
            Busy ending = awaitEnd(", which is ending");
            CompletableFuture.delayedExecutor(TIME_TO_END.toMillis(), TimeUnit.MILLISECONDS, Runnable::run)
                    .execute(ending::close);
        }

        private synchronized Busy awaitEnd(String doing) {
            Busy ending = activity.begin(launch + doing);
            if (exited) {
                ending.close();
            } else {
                ends.add(ending);
            }
            return ending;
        }
    }
}

package io.lambdasimulator.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.internal.environment.EnvironmentSettings.ExpectedExtension;
import io.lambdasimulator.internal.environment.Participants.Launch;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.time.VirtualClock;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What happens while the output that an invocation has left in the pipes is being read: here until the test says so. */
class UnreadOutputTest {

    private static final Launch RUNTIME = new Launch(Participant.RUNTIME, 1);
    private static final Launch EXTENSION = new Launch(Participant.extension("watcher"), 1);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private final RecordingEventLog log = new RecordingEventLog(clock, 1_000);
    private final ArrayDeque<Runnable> reading = new ArrayDeque<>();
    private final List<String> asked = new ArrayList<>();
    private final List<String> handedOut = new ArrayList<>();
    private ExecutionEnvironment environment = environment(Supply.PROCESS, List.of());

    private ExecutionEnvironment environment(Supply runtime, List<ExpectedExtension> extensions) {
        return Environments.environment(
                clock, log, runtime, extensions, standIn(Participants.class), standIn(Subscribers.class));
    }

    private <T> T standIn(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, given) -> {
            asked.add(method.getName());
            if (method.getName().equals("afterOutput")) {
                reading.add((Runnable) given[0]);
            }
            if (method.getReturnType() == OptionalLong.class) {
                return OptionalLong.empty();
            }
            return method.getName().equals("flush") ? CompletableFuture.completedFuture(null) : null;
        }));
    }

    private final class Call<E> extends Poll<E> {
        @Override
        public void deliver(E event) {
            handedOut.add(event instanceof InvocationEvent invoke ? invoke.requestId() : "to the extension");
        }

        @Override
        public void refuse(CallRefused refusal) {
            throw new AssertionError(refusal);
        }

        @Override
        public void probe() {}

        @Override
        public void drop() {}
    }

    private void next() {
        environment.runtimeNext(new Call<>());
    }

    private void respond(Invocation invocation) throws CallRefused {
        environment.beginResponse(invocation.requestId(), null, null, null).complete(new byte[] {'1'});
    }

    private void outputIsRead() {
        while (!reading.isEmpty()) {
            reading.remove().run();
        }
    }

    private Invocation invoke(String id) {
        return environment.invoke(
                InvocationRequest.builder().payload("1").requestId(id).build(), false);
    }

    private List<String> records() {
        return log.entries().stream()
                .map(EventLog.Entry::event)
                .filter(event -> event instanceof Event.InvocationStarted
                        || event instanceof Event.InvocationAnswered
                        || event instanceof Event.RuntimeDone
                        || event instanceof Event.InvocationCompleted)
                .map(event -> event.getClass().getSimpleName())
                .toList();
    }

    /** An invocation that is answered and whose runtime has asked for the next one, a second after its start. */
    private Invocation answeredWithOutputUnread() throws CallRefused {
        environment.start();
        next();
        Invocation invocation = invoke("one");
        clock.advance(Duration.ofSeconds(1));
        respond(invocation);
        assertThat(invocation.answer()).isCompleted();
        next();
        return invocation;
    }

    @Test
    void holds_back_the_records_and_the_next_invocation_and_lengthens_nothing() throws CallRefused {
        Invocation first = answeredWithOutputUnread();
        Instant done = clock.instant();
        invoke("two");
        clock.advance(Duration.ofSeconds(1));
        assertThat(records()).containsExactly("InvocationStarted", "InvocationAnswered");
        assertThat(handedOut).containsExactly("one");
        assertThat(environment.phase()).isEqualTo(EnvironmentPhase.INVOKE);
        assertThat(environment.describeWaiting()).contains("its output to be read");

        outputIsRead();

        assertThat(records())
                .containsExactly(
                        "InvocationStarted",
                        "InvocationAnswered",
                        "RuntimeDone",
                        "InvocationCompleted",
                        "InvocationStarted");
        assertThat(handedOut).containsExactly("one", "two");
        InvocationReport report = first.completion().join();
        assertThat(report.duration()).hasSeconds(1);
        assertThat(report.runtimeDoneAt()).contains(done);
        assertThat(log.events(Event.RuntimeDone.class).get(0).duration()).hasSeconds(1);
        assertThat(log.entries())
                .filteredOn(entry -> entry.event() instanceof Event.RuntimeDone)
                .extracting(EventLog.Entry::time)
                .as("as early as what was recorded since allows")
                .hasSize(1)
                .allMatch(time -> !time.isAfter(done));
    }

    @Test
    void of_an_environment_without_processes_is_not_waited_for() throws CallRefused {
        environment = environment(Supply.HOSTED, List.of());

        Invocation invocation = answeredWithOutputUnread();

        assertThat(invocation.completion()).isCompleted();
        assertThat(asked).doesNotContain("afterOutput");
    }

    @Test
    void of_the_runtime_does_not_wait_for_an_extension() throws CallRefused {
        environment = environment(Supply.PROCESS, List.of(new ExpectedExtension("watcher", Supply.PROCESS)));
        environment.start();
        UUID watcher = environment.register("watcher", List.of("INVOKE")).identifier();
        environment.extensionNext(watcher, new Call<>());
        next();
        Invocation invocation = invoke("one");
        respond(invocation);
        next();
        outputIsRead();
        assertThat(records()).containsExactly("InvocationStarted", "InvocationAnswered", "RuntimeDone");
        clock.advance(Duration.ofSeconds(1));

        environment.extensionNext(watcher, new Call<>());
        clock.advance(Duration.ofSeconds(1));
        assertThat(invocation.completion()).isNotDone();
        outputIsRead();

        InvocationReport report = invocation.completion().join();
        assertThat(report.duration()).hasSeconds(1);
        assertThat(report.spans())
                .singleElement()
                .satisfies(span -> assertThat(span.duration()).hasSeconds(1));
    }

    @Test
    void of_an_invocation_that_times_out_does_not_hold_up_its_caller_but_the_end_of_the_environment() {
        environment.start();
        next();
        Invocation invocation = invoke("one");

        clock.advance(TIMEOUT.plusSeconds(1));

        assertThat(invocation.answer().join().errorType()).contains("Sandbox.Timedout");
        assertThat(environment.phase()).isEqualTo(EnvironmentPhase.RESET);
        assertThat(records()).containsExactly("InvocationStarted", "InvocationAnswered");
        assertThat(asked).doesNotContain("hold", "kill");
        outputIsRead();
        assertThat(records())
                .containsExactly("InvocationStarted", "InvocationAnswered", "RuntimeDone", "InvocationCompleted");
        assertThat(log.events(Event.RuntimeDone.class).get(0).duration()).isEqualTo(TIMEOUT);
        assertThat(asked).containsSubsequence("afterOutput", "hold", "kill");
        environment.exited(RUNTIME, new ProcessExit.Signal(9));
        assertThat(environment.phase()).isEqualTo(EnvironmentPhase.FAILED);
    }

    @Test
    void may_be_that_of_a_runtime_that_ends_after_its_work_which_fails_the_next_invocation() throws CallRefused {
        Invocation first = answeredWithOutputUnread();
        Invocation second = invoke("two");

        environment.exited(RUNTIME, new ProcessExit.Code(1));
        outputIsRead();

        assertThat(first.completion().join().status()).isEqualTo(InvocationStatus.SUCCESS);
        assertThat(second.answer().join().errorType()).contains("Runtime.ExitError");
        assertThat(log.events(Event.EnvironmentFailed.class)).hasSize(1);
    }

    @Test
    void is_waited_for_by_a_shutdown() throws CallRefused {
        Invocation invocation = answeredWithOutputUnread();

        CompletableFuture<?> shutdown = environment.shutDown(ShutdownReason.SPINDOWN);

        assertThat(environment.describeWaiting()).contains("the output of its last invocation");
        assertThat(asked).doesNotContain("kill");
        outputIsRead();
        assertThat(invocation.completion().join().status()).isEqualTo(InvocationStatus.SUCCESS);
        assertThat(asked).contains("kill");
        environment.exited(RUNTIME, new ProcessExit.Signal(9));
        assertThat(shutdown).isCompleted();
    }

    @Test
    void of_an_answered_invocation_is_waited_for_by_the_shutdown_that_ends_it() throws CallRefused {
        environment.start();
        next();
        Invocation invocation = invoke("one");
        respond(invocation);

        CompletableFuture<?> shutdown = environment.shutDown(ShutdownReason.SPINDOWN);

        assertThat(records()).containsExactly("InvocationStarted", "InvocationAnswered");
        outputIsRead();
        assertThat(invocation.completion().join().status()).isEqualTo(InvocationStatus.SUCCESS);
        environment.exited(RUNTIME, new ProcessExit.Signal(9));
        assertThat(shutdown).isCompleted();
    }

    @Test
    void is_waited_for_by_a_shutdown_amid_a_reset() {
        environment.start();
        next();
        Invocation invocation = invoke("one");
        clock.advance(TIMEOUT);

        CompletableFuture<?> shutdown = environment.shutDown(ShutdownReason.SPINDOWN);
        assertThat(asked).doesNotContain("kill");
        outputIsRead();

        assertThat(invocation.completion().join().status()).isEqualTo(InvocationStatus.TIMEOUT);
        environment.exited(RUNTIME, new ProcessExit.Signal(9));
        assertThat(shutdown).isCompleted();
    }

    @Test
    void is_given_up_when_the_environment_is_closed() throws CallRefused {
        Invocation invocation = answeredWithOutputUnread();
        CompletableFuture<?> shutdown = environment.shutDown(ShutdownReason.SPINDOWN);

        environment.close();

        assertThat(invocation.completion().join().status()).isEqualTo(InvocationStatus.SUCCESS);
        assertThat(shutdown).isCompleted();
        List<EventLog.Entry> all = log.entries();
        outputIsRead();
        assertThat(log.entries()).as("nothing comes of it any more").isEqualTo(all);
    }

    @Test
    void does_not_keep_a_reset_from_being_one_when_an_extension_ends_meanwhile() throws CallRefused {
        environment = environment(Supply.PROCESS, List.of(new ExpectedExtension("watcher", Supply.PROCESS)));
        environment.start();
        UUID watcher = environment.register("watcher", List.of("INVOKE")).identifier();
        environment.extensionNext(watcher, new Call<>());
        next();
        Invocation invocation = invoke("one");
        environment.exited(RUNTIME, new ProcessExit.Code(3));

        environment.exited(EXTENSION, new ProcessExit.Code(0));
        outputIsRead();

        assertThat(invocation.completion().join().errorType()).contains("Runtime.ExitError");
        assertThat(environment.phase()).isEqualTo(EnvironmentPhase.FAILED);
        assertThat(log.events(Event.ShutdownStarted.class)).hasSize(1);
    }
}

package io.lambdasimulator.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.time.VirtualClock;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An event that went to polls whose clients turn out to be gone is for whoever still waits. */
class ReplayedEventTest {

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private final RecordingEventLog log = new RecordingEventLog(clock, 1_000);
    private final ExecutionEnvironment environment = Environments.environment(
            clock, log, Supply.CLIENT, List.of(), standIn(Participants.class), standIn(Subscribers.class));
    private final List<String> handedOut = new ArrayList<>();

    private static <T> T standIn(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, given) -> method.getReturnType() == OptionalLong.class ? OptionalLong.empty() : null));
    }

    private final class Client extends Poll<InvocationEvent> {
        private final String name;

        Client(String name) {
            this.name = name;
        }

        Client poll() {
            environment.runtimeNext(this);
            return this;
        }

        /** Its connection turns out to have ended. */
        void leave() {
            environment.withdraw(this);
        }

        @Override
        public void deliver(InvocationEvent event) {
            handedOut.add(name);
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

    @BeforeEach
    void start() {
        environment.start();
    }

    private void invoke() {
        var unused = environment.invoke(InvocationRequest.of("1"), false);
    }

    @Test
    void goes_to_a_poll_that_was_parked_before_the_last_of_them_came() {
        Client first = new Client("first").poll();
        new Client("patient").poll();
        invoke();
        Client second = new Client("second").poll();
        assertThat(handedOut).containsExactly("first", "second");

        first.leave();
        assertThat(handedOut).containsExactly("first", "second");
        second.leave();

        assertThat(handedOut).containsExactly("first", "second", "patient");
    }

    @Test
    void goes_to_the_next_poll_if_none_is_parked() {
        Client first = new Client("first").poll();
        invoke();
        Client second = new Client("second").poll();
        second.leave();
        first.leave();

        new Client("late").poll();

        assertThat(handedOut).containsExactly("first", "second", "late");
    }

    @Test
    void goes_to_nobody_else_while_one_who_has_it_is_there() {
        new Client("first").poll();
        new Client("patient").poll();
        invoke();
        new Client("second").poll().leave();

        assertThat(handedOut).containsExactly("first", "second");
    }

    @Test
    void is_not_handed_to_who_has_left_before_his_poll_is_looked_at() {
        new Client("first").poll();
        invoke();
        Client second = new Client("second");
        second.leave();

        second.poll();

        assertThat(handedOut).containsExactly("first");
        assertThat(log.events(Event.PollWithdrawn.class)).containsExactly(new Event.PollWithdrawn(Participant.RUNTIME));
    }
}

package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * A state of an environment in which requests arrive. One environment serves as long as the state is there or can be brought back;
 * else another one is started.
 */
abstract class Situation implements AutoCloseable {

    /** The first word of a test's name. */
    static Situation of(String name) {
        return switch (name) {
            case "before-init" -> new BeforeInit();
            case "during-init" -> new DuringInit();
            case "idle" -> new Idle();
            case "parked" -> new Parked();
            case "frozen" -> new Frozen();
            case "in-flight" -> new InFlight();
            case "streaming" -> new Streaming();
            case "failed" -> new Failed();
            case "shutting-down" -> new ShuttingDown();
            case "extension-registered" -> new ExtensionRegistered();
            case "extension-subscribed" -> new ExtensionSubscribed();
            case "extension-ready" -> new ExtensionReady();
            case "extension-running" -> new ExtensionRunning();
            case "serving" -> new Serving();
            case "busy" -> new Busy();
            case "waiting-for-init" -> new WaitingForInit();
            case "timing-out" -> new TimingOut();
            default -> throw new IllegalArgumentException("no situation is called " + name);
        };
    }

    private final List<AutoCloseable> open = new ArrayList<>();
    private LambdaSimulator lambda;
    private int environments;

    /** For what an environment is to be told before it starts; nothing of the log is needed for long. */
    static LambdaSimulator.Builder builder() {
        return LambdaSimulator.builder()
                .retain(100, 2_000)
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMinutes(5))
                        .build());
    }

    abstract LambdaSimulator.Builder configuration();

    /** Brings the state about in an environment that has just been started. */
    abstract void reach();

    /** Whether the state is there. */
    abstract boolean isThere();

    /** Tries to bring the state back in the same environment; whether that makes sense. */
    boolean bringBack() {
        return false;
    }

    /** A normal invocation through this environment succeeds. */
    abstract void assertGoesOn() throws Exception;

    /** Whether a request that was sent waits, as it should, for something that does not come. */
    boolean isWaiting() {
        return false;
    }

    /** The request id in paths. */
    String requestId() {
        return "none";
    }

    /** The identifier in headers. */
    String identifier() {
        return "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    }

    final LambdaSimulator lambda() {
        return lambda;
    }

    /** How many environments there were. */
    final int environments() {
        return environments;
    }

    /** Sees to it that the state is there. */
    final void establish() {
        if (lambda != null && (isThere() || bringBack())) {
            return;
        }
        close();
        environments++;
        lambda = configuration().start();
        reach();
    }

    final <T extends AutoCloseable> T keep(T resource) {
        open.add(resource);
        return resource;
    }

    /** A fresh runtime serves an invocation. */
    final void assertServes(BareRuntime runtime) throws Exception {
        Invocation invocation = lambda.submit(InvocationRequest.of("{\"goes\":\"on\"}"));
        serve(runtime, invocation.requestId());
        assertThat(invocation.awaitAnswer(Wire.PATIENCE).payloadText()).isEqualTo("{\"goes\":\"on\"}");
        runtime.poll();
        invocation.awaitCompletion(Wire.PATIENCE);
    }

    /** Answers whatever comes until it has answered that one. */
    private static void serve(BareRuntime runtime, String requestId) {
        String served = "";
        while (!served.equals(requestId)) {
            Reply event = runtime.reply();
            served = BareRuntime.requestIdOf(event);
            runtime.respond(served, event.text()).assertAccepted();
            if (!served.equals(requestId)) {
                runtime.poll();
            }
        }
    }

    @Override
    public void close() {
        for (int i = open.size() - 1; i >= 0; i--) {
            try {
                open.get(i).close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        open.clear();
        if (lambda != null) {
            lambda.close();
            lambda = null;
        }
    }

    /** An extension that is expected has not registered, so the runtime may not start. */
    private static final class BeforeInit extends Situation {
        @Override
        LambdaSimulator.Builder configuration() {
            return builder().declareExtension("late");
        }

        @Override
        void reach() {}

        @Override
        boolean isThere() {
            return lambda().phase() == EnvironmentPhase.INIT
                    && lambda().extensions().stream()
                            .allMatch(extension -> extension.state() == ExtensionState.STARTED);
        }

        @Override
        void assertGoesOn() throws Exception {
            keep(BareExtension.register(lambda(), "late")).poll();
            assertServes(keep(new BareRuntime(lambda())).poll());
        }
    }

    /** Extensions may register: one that is expected has, and has not polled. */
    private static final class DuringInit extends Situation {
        private BareExtension first;

        @Override
        LambdaSimulator.Builder configuration() {
            return builder().declareExtension("first");
        }

        @Override
        void reach() {
            first = keep(BareExtension.register(lambda(), "first"));
        }

        @Override
        boolean isThere() {
            return lambda().phase() == EnvironmentPhase.INIT
                    && lambda().extensions().size() == 1;
        }

        @Override
        void assertGoesOn() throws Exception {
            first.poll();
            assertServes(keep(new BareRuntime(lambda())).poll());
        }
    }

    /** Nobody polls. */
    private static final class Idle extends Situation {
        @Override
        LambdaSimulator.Builder configuration() {
            return builder();
        }

        @Override
        void reach() {}

        @Override
        boolean isThere() {
            return lambda().phase() != EnvironmentPhase.FAILED
                    && lambda().phase() != EnvironmentPhase.RESET
                    && lambda().runtimeState()
                            .filter(state -> state != RuntimeState.INIT_ERROR)
                            .isPresent();
        }

        @Override
        void assertGoesOn() throws Exception {
            assertServes(keep(new BareRuntime(lambda())).poll());
        }
    }

    /** A runtime that connects by itself is parked. */
    private static class Parked extends Situation {
        private BareRuntime runtime;

        @Override
        LambdaSimulator.Builder configuration() {
            return builder();
        }

        @Override
        void reach() {
            runtime = keep(new BareRuntime(lambda())).park();
        }

        @Override
        boolean isThere() {
            return lambda().runtimeState()
                    .filter(state -> state == RuntimeState.READY)
                    .isPresent();
        }

        @Override
        void assertGoesOn() throws Exception {
            assertServes(runtime);
        }
    }

    /** A process that is stopped is the runtime; the test makes its calls. */
    private static final class Frozen extends Parked {
        @Override
        LambdaSimulator.Builder configuration() {
            return builder().runtime(Command.of("sleep", "600"));
        }

        @Override
        void reach() {
            super.reach();
            lambda().awaitFrozen(Wire.PATIENCE);
        }

        @Override
        boolean isThere() {
            return lambda().phase() == EnvironmentPhase.FROZEN;
        }
    }

    /** The runtime works on an invocation. */
    private static class InFlight extends Situation {
        private BareRuntime runtime;
        private Invocation invocation;

        @Override
        LambdaSimulator.Builder configuration() {
            return builder();
        }

        @Override
        void reach() {
            runtime = keep(new BareRuntime(lambda()));
            take();
        }

        private void take() {
            invocation = lambda().submit(InvocationRequest.of("{\"in\":\"flight\"}"));
            assertThat(BareRuntime.requestIdOf(runtime.next())).isEqualTo(invocation.requestId());
        }

        @Override
        boolean isThere() {
            return lambda().runtimeState()
                    .filter(state -> state == RuntimeState.RUNNING)
                    .isPresent();
        }

        @Override
        boolean bringBack() {
            invocation.awaitAnswer(Wire.PATIENCE);
            take();
            return true;
        }

        @Override
        String requestId() {
            return invocation.requestId();
        }

        BareRuntime runtime() {
            return runtime;
        }

        @Override
        void assertGoesOn() throws Exception {
            runtime.respond(requestId(), "{}").assertAccepted();
            runtime.poll();
            invocation.awaitCompletion(Wire.PATIENCE);
            assertServes(runtime);
        }
    }

    /** The runtime has begun a streamed response. */
    private static final class Streaming extends InFlight {
        @Override
        void reach() {
            super.reach();
            new Moments(lambda())
                    .bringsRuntimeTo(
                            RuntimeState.INVOCATION_RESPONSE,
                            () -> runtime()
                                    .wire()
                                    .head(
                                            "POST",
                                            BareRuntime.response(requestId()),
                                            "Lambda-Runtime-Function-Response-Mode: streaming",
                                            "Transfer-Encoding: chunked")
                                    .chunk("{"));
        }

        @Override
        boolean isThere() {
            return lambda().runtimeState()
                    .filter(state -> state == RuntimeState.INVOCATION_RESPONSE)
                    .isPresent();
        }

        @Override
        boolean bringBack() {
            return false;
        }

        @Override
        void assertGoesOn() throws Exception {
            runtime().wire().chunk("}").lastChunk().reply().assertAccepted();
            runtime().poll();
            assertServes(runtime());
        }
    }

    /** Init has failed; the next invocation begins with another one. */
    private static final class Failed extends Situation {
        @Override
        LambdaSimulator.Builder configuration() {
            return builder().retain(100, 100_000);
        }

        @Override
        void reach() {
            keep(new BareRuntime(lambda())).initError("{}").assertAccepted();
            lambda().awaitPhase(EnvironmentPhase.FAILED, Wire.PATIENCE);
        }

        /** What is reported early by the runtime or the extensions that come next is for the next invocation. */
        @Override
        boolean isThere() {
            return lambda().phase() == EnvironmentPhase.FAILED
                    && lambda().eventLog().events(Event.CallAnswered.class).stream()
                                    .filter(call -> call.status() < 300)
                                    .count()
                            == 1;
        }

        @Override
        void assertGoesOn() throws Exception {
            assertServes(keep(new BareRuntime(lambda())).poll());
        }
    }

    /** An extension has received SHUTDOWN and takes its time. */
    private static final class ShuttingDown extends Situation {
        private BareExtension extension;

        @Override
        LambdaSimulator.Builder configuration() {
            return builder().declareExtension("slow");
        }

        @Override
        void reach() {
            extension = keep(BareExtension.register(lambda(), "slow", "INVOKE", "SHUTDOWN"))
                    .park();
            keep(new BareRuntime(lambda())).park();
            lambda().awaitInit(Wire.PATIENCE);
            LambdaSimulator closing = lambda();
            Thread thread = new Thread(() -> closing.shutdown(ShutdownReason.SPINDOWN), "shutdown of a test");
            thread.start();
            keep(thread::join);
            assertThat(extension.reply().text()).contains("SHUTDOWN");
        }

        @Override
        boolean isThere() {
            return lambda().phase() == EnvironmentPhase.SHUTDOWN;
        }

        @Override
        String identifier() {
            return extension.identifier();
        }

        @Override
        void assertGoesOn() {
            // It ends, which close() waits for.
        }
    }

    /** An extension is registered and has not polled. */
    private static class ExtensionRegistered extends Situation {
        private BareExtension extension;

        @Override
        LambdaSimulator.Builder configuration() {
            return builder().declareExtension("ours");
        }

        @Override
        void reach() {
            extension = keep(BareExtension.register(lambda(), "ours", "INVOKE"));
        }

        @Override
        boolean isThere() {
            return lambda().extensions().stream()
                            .map(ExtensionInfo::state)
                            .toList()
                            .equals(List.of(ExtensionState.REGISTERED))
                    && lambda().phase() == EnvironmentPhase.INIT;
        }

        BareExtension extension() {
            return extension;
        }

        @Override
        String identifier() {
            return extension.identifier();
        }

        @Override
        void assertGoesOn() throws Exception {
            extension.poll();
            BareRuntime runtime = keep(new BareRuntime(lambda())).poll();
            lambda().awaitInit(Wire.PATIENCE);
            Invocation invocation = lambda().submit(InvocationRequest.of("{}"));
            assertThat(extension.reply().text()).contains(invocation.requestId());
            extension.poll();
            runtime.echo();
            invocation.awaitCompletion(Wire.PATIENCE);
        }
    }

    /** A registered extension has subscribed to telemetry. */
    private static final class ExtensionSubscribed extends ExtensionRegistered {
        @Override
        void reach() {
            super.reach();
            TelemetryConsumer consumer = keep(new TelemetryConsumer("2022-12-13", "\"platform\""));
            Reply reply = extension()
                    .wire()
                    .request(
                            "PUT",
                            "/2022-07-01/telemetry",
                            consumer.subscription(),
                            "Lambda-Extension-Identifier: " + identifier())
                    .reply();
            assertThat(reply.text()).isEqualTo("\"OK\"");
            Awaitility.await("the first batch").atMost(Wire.PATIENCE).until(() -> !consumer.events.isEmpty());
        }
    }

    /** Extension and runtime are parked. */
    private static class ExtensionReady extends ExtensionRegistered {
        private BareRuntime runtime;

        @Override
        void reach() {
            super.reach();
            extension().park();
            runtime = keep(new BareRuntime(lambda())).park();
            lambda().awaitInit(Wire.PATIENCE);
        }

        @Override
        boolean isThere() {
            return lambda().extensions().stream()
                            .map(ExtensionInfo::state)
                            .toList()
                            .equals(List.of(ExtensionState.READY))
                    && (lambda().phase() == EnvironmentPhase.READY || lambda().phase() == EnvironmentPhase.FROZEN);
        }

        BareRuntime runtime() {
            return runtime;
        }

        @Override
        void assertGoesOn() throws Exception {
            Invocation invocation = lambda().submit(InvocationRequest.of("{}"));
            assertThat(extension().reply().text()).contains(invocation.requestId());
            extension().poll();
            runtime.echo();
            invocation.awaitCompletion(Wire.PATIENCE);
        }
    }

    /** Extension and runtime work on an invocation. */
    private static final class ExtensionRunning extends ExtensionReady {
        private Invocation invocation;

        @Override
        void reach() {
            super.reach();
            invocation = lambda().submit(InvocationRequest.of("{}"));
            assertThat(extension().reply().text()).contains(invocation.requestId());
            BareRuntime.requestIdOf(runtime().reply());
        }

        @Override
        boolean isThere() {
            return lambda().extensions().stream()
                            .map(ExtensionInfo::state)
                            .toList()
                            .equals(List.of(ExtensionState.RUNNING))
                    && lambda().phase() == EnvironmentPhase.INVOKE;
        }

        @Override
        void assertGoesOn() throws Exception {
            runtime().respond(invocation.requestId(), "{}").assertAccepted();
            runtime().poll();
            extension().poll();
            invocation.awaitCompletion(Wire.PATIENCE);
            super.assertGoesOn();
        }
    }

    /** A function in the JVM answers at once, and the environment is frozen in between. */
    private static final class Serving extends Situation {
        @Override
        LambdaSimulator.Builder configuration() {
            return builder().runtime((event, context) -> event).frontDoor().functionUrl();
        }

        @Override
        void reach() {
            lambda().awaitInit(Wire.PATIENCE);
        }

        @Override
        boolean isThere() {
            return lambda().phase() != EnvironmentPhase.FAILED;
        }

        @Override
        void assertGoesOn() throws Exception {
            assertThat(lambda().invoke("{\"goes\":\"on\"}").payloadText()).isEqualTo("{\"goes\":\"on\"}");
        }
    }

    /** An invocation is under way, and others are turned away. */
    private static final class Busy extends InFlight {
        @Override
        LambdaSimulator.Builder configuration() {
            return builder().whenBusy(WhenBusy.REJECT).frontDoor().functionUrl();
        }

        @Override
        void assertGoesOn() {
            runtime().respond(requestId(), "{}").assertAccepted();
            // Asynchronous invocations are not turned away, so some may have come to wait.
            Thread server = new Thread(
                    () -> {
                        try (BareRuntime next = new BareRuntime(lambda())) {
                            next.poll();
                            while (lambda().phase() != EnvironmentPhase.CLOSED) {
                                next.echo();
                            }
                        } catch (UncheckedIOException e) {
                            // The environment has closed.
                        }
                    },
                    "runtime of a test");
            server.start();
            lambda().awaitPhase(EnvironmentPhase.FROZEN, Wire.PATIENCE);
            assertThat(lambda().invoke("{\"goes\":\"on\"}").payloadText()).isEqualTo("{\"goes\":\"on\"}");
        }
    }

    /** Invocations wait until the runtime is there. */
    private static final class WaitingForInit extends Situation {
        private long before;

        @Override
        LambdaSimulator.Builder configuration() {
            return builder().retain(100_000, 100_000).frontDoor().functionUrl();
        }

        @Override
        void reach() {}

        @Override
        boolean isThere() {
            before = queued();
            return true;
        }

        private long queued() {
            return lambda().eventLog().events(Event.InvocationQueued.class).size();
        }

        @Override
        boolean isWaiting() {
            return queued() > before;
        }

        @Override
        void assertGoesOn() throws Exception {
            assertServes(keep(new BareRuntime(lambda())).poll());
        }
    }

    /** Nobody serves, so each invocation ends at its timeout, and its environment with it. */
    private static final class TimingOut extends Situation {
        @Override
        LambdaSimulator.Builder configuration() {
            return builder()
                    .function(FunctionConfiguration.builder()
                            .timeout(Duration.ofMillis(10))
                            .build())
                    .frontDoor()
                    .functionUrl();
        }

        @Override
        void reach() {
            keep(new BareRuntime(lambda())).initError("{}").assertAccepted();
            lambda().awaitPhase(EnvironmentPhase.FAILED, Wire.PATIENCE);
        }

        @Override
        boolean isThere() {
            return true;
        }

        @Override
        void assertGoesOn() {
            lambda().awaitPhase(EnvironmentPhase.FAILED, Wire.PATIENCE);
            BareRuntime runtime = keep(new BareRuntime(lambda())).poll();
            Invocation invocation = lambda().submit(InvocationRequest.of("{}"));
            // An answer within 10 ms would be a matter of luck.
            assertThat(BareRuntime.requestIdOf(runtime.reply())).isEqualTo(invocation.requestId());
            assertThat(invocation.awaitAnswer(Wire.PATIENCE).errorType()).contains("Sandbox.Timedout");
        }
    }
}

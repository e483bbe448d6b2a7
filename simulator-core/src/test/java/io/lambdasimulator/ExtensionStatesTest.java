package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The state machines of external and internal extensions (spec: on-demand §2.2 and §2.3). Runtime and external extension
 * are processes that do nothing, so that calls are only recorded; the calls come from bare clients.
 */
class ExtensionStatesTest {

    private static final Command IDLE = Command.of("sleep", "600");
    private static final String NAME = "ext";

    /** A call, with the name of the state it leads to in messages. */
    private enum Call {
        REGISTER("Registered"),
        NEXT("Ready"),
        INIT_ERROR("InitError"),
        EXIT_ERROR("Exited");

        private final String target;

        Call(String target) {
            this.target = target;
        }
    }

    /** The cells that say 403, but for registering. */
    private static final Map<ExtensionState, List<Call>> REFUSED = new EnumMap<>(Map.of(
            ExtensionState.REGISTERED, List.of(),
            ExtensionState.READY, List.of(Call.NEXT, Call.INIT_ERROR),
            ExtensionState.RUNNING, List.of(Call.INIT_ERROR),
            ExtensionState.INIT_ERROR, List.of(Call.NEXT, Call.EXIT_ERROR),
            ExtensionState.EXIT_ERROR, List.of(Call.NEXT, Call.INIT_ERROR)));

    private final List<AutoCloseable> open = new ArrayList<>();
    private LambdaSimulator lambda;
    private BareRuntime runtime;
    private BareExtension extension;

    private <T extends AutoCloseable> T keep(T resource) {
        open.add(resource);
        return resource;
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private void start(boolean external) {
        LambdaSimulator.Builder builder = LambdaSimulator.builder()
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMinutes(1))
                        .build())
                .runtime(IDLE);
        if (external) {
            builder.extension(NAME, IDLE);
        }
        lambda = keep(builder.start());
    }

    /** Registers the extension, for {@code INVOKE} alone: {@code SHUTDOWN} would let closing wait. */
    private void register() {
        extension = keep(BareExtension.register(lambda, NAME, "INVOKE"));
        runtime = keep(new BareRuntime(lambda));
    }

    private void bring(ExtensionState state) {
        register();
        switch (state) {
            case REGISTERED -> {
                // The state it is in.
            }
            case READY -> extension.park();
            case RUNNING -> run();
            case INIT_ERROR -> extension.initError("Extension.First").assertAccepted();
            case EXIT_ERROR -> extension.exitError("Extension.First").assertAccepted();
            default -> throw new IllegalArgumentException("cannot bring " + state);
        }
        assertState(state);
    }

    private Invocation run() {
        extension.park();
        runtime.poll();
        Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
        assertThat(extension.reply().text()).contains(invocation.requestId());
        return invocation;
    }

    private ExtensionInfo info() {
        return lambda.extensions().stream()
                .filter(info -> info.name().equals(NAME))
                .findFirst()
                .orElseThrow();
    }

    private void assertState(ExtensionState state) {
        assertThat(info().state()).isEqualTo(state);
    }

    private Reply register(String name) {
        return Wire.call(
                lambda.runtimeApi(),
                "POST",
                BareExtension.REGISTER,
                BareExtension.body("INVOKE"),
                "Lambda-Extension-Name: " + name);
    }

    private Reply make(Call call) {
        String identification = "Lambda-Extension-Identifier: " + (extension == null ? "" : extension.identifier());
        String type = "Lambda-Extension-Function-Error-Type: Extension.Second";
        String api = lambda.runtimeApi();
        return switch (call) {
            case REGISTER -> register(NAME);
            case NEXT -> Wire.call(api, "GET", BareExtension.NEXT, "", identification);
            case INIT_ERROR -> Wire.call(api, "POST", BareExtension.INIT_ERROR, "", identification, type);
            case EXIT_ERROR -> Wire.call(api, "POST", BareExtension.EXIT_ERROR, "", identification, type);
        };
    }

    private static void assertRefused(Reply reply, ExtensionState state, Call call, String nameOrId) {
        reply.assertRefused(
                403,
                "Extension.InvalidExtensionState",
                "State transition from " + state.wireName() + " to " + call.target + " failed for extension " + nameOrId
                        + ". Error: State transition is not allowed");
    }

    static Stream<Arguments> states() {
        return REFUSED.keySet().stream().flatMap(state -> Stream.of(arguments(state, true), arguments(state, false)));
    }

    @ParameterizedTest
    @MethodSource("states")
    void a_call_that_the_state_does_not_allow_is_refused_and_changes_nothing(ExtensionState state, boolean external) {
        start(external);
        bring(state);

        for (Call call : REFUSED.get(state)) {
            assertRefused(make(call), state, call, extension.identifier());
            assertState(state);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"REGISTERED", "READY", "RUNNING", "INIT_ERROR", "EXIT_ERROR"})
    void an_external_extension_registers_once(ExtensionState state) {
        start(true);
        bring(state);

        assertRefused(make(Call.REGISTER), state, Call.REGISTER, NAME);
        assertState(state);
    }

    @ParameterizedTest
    @EnumSource(names = {"REGISTERED", "READY", "INIT_ERROR", "EXIT_ERROR"})
    void an_internal_extension_registers_once(ExtensionState state) {
        start(false);
        bring(state);

        make(Call.REGISTER)
                .assertRefused(403, "Extension.InvalidExtensionState", "Extension with this name already registered");
        assertState(state);
    }

    @Test
    void an_external_extension_that_was_launched_registers() {
        start(true);
        assertState(ExtensionState.STARTED);

        assertThat(make(Call.REGISTER).status()).isEqualTo(200);

        assertState(ExtensionState.REGISTERED);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void next_leads_from_registered_and_running_to_ready_and_on_to_running(boolean external) {
        start(external);
        register();
        run();
        assertState(ExtensionState.RUNNING);

        extension.park();

        assertState(ExtensionState.READY);
    }

    @ParameterizedTest
    @CsvSource({
        "true,  INIT_ERROR, REGISTERED", "true,  EXIT_ERROR, REGISTERED",
        "false, INIT_ERROR, REGISTERED", "false, EXIT_ERROR, REGISTERED",
        "true,  EXIT_ERROR, READY", "false, EXIT_ERROR, READY",
        "true,  EXIT_ERROR, RUNNING", "false, EXIT_ERROR, RUNNING",
    })
    void an_error_is_accepted_again_but_its_first_type_stays(
            boolean external, ExtensionState error, ExtensionState from) {
        start(external);
        bring(from);
        Call call = error == ExtensionState.INIT_ERROR ? Call.INIT_ERROR : Call.EXIT_ERROR;

        make(call).assertAccepted();
        Optional<String> first = info().errorType();
        String other = "Lambda-Extension-Function-Error-Type: Extension.Other";
        Wire.call(
                        lambda.runtimeApi(),
                        "POST",
                        call == Call.INIT_ERROR ? BareExtension.INIT_ERROR : BareExtension.EXIT_ERROR,
                        "ignored",
                        "Lambda-Extension-Identifier: " + extension.identifier(),
                        other)
                .assertAccepted();

        assertState(error);
        assertThat(info().errorType()).contains("Extension.Second").isEqualTo(first);
        assertThat(lambda.phase())
                .as("only the exit of the process is fatal")
                .isIn(EnvironmentPhase.INIT, EnvironmentPhase.READY, EnvironmentPhase.INVOKE);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void a_parked_poll_is_refused_at_once_when_the_extension_reports_its_exit(boolean external) {
        start(external);
        bring(ExtensionState.READY);

        make(Call.EXIT_ERROR).assertAccepted();

        extension
                .reply()
                .assertRefused(
                        403,
                        "Extension.InvalidExtensionState",
                        "State transition from ExitError to Ready failed for extension " + extension.identifier()
                                + ". Error: Concurrent state modification");
    }

    @Test
    void an_extension_that_failed_and_did_not_register_for_shutdown_is_killed_at_once() {
        start(true);
        bring(ExtensionState.INIT_ERROR);

        lambda.close();

        assertThat(lambda.eventLog().events(Event.SignalSent.class))
                .contains(new Event.SignalSent(
                        Participant.extension(NAME), "SIGKILL", "it did not register for SHUTDOWN"));
    }

    @Nested
    class During_shutdown {

        @TempDir
        private Path directory;

        /** Brings the extension into its last state; another one keeps the shutdown from being over. */
        private Thread shutDownWithExitCode(int code) throws IOException, InterruptedException {
            Path fifo = directory.resolve("exit");
            assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                    .isZero();
            lambda = keep(LambdaSimulator.builder()
                    .runtime(IDLE)
                    .extension("holds", IDLE)
                    .extension(NAME, Command.of("sh", "-c", "read code < " + fifo + "; exit $code"))
                    .start());
            keep(BareExtension.register(lambda, "holds", "SHUTDOWN"));
            extension = keep(BareExtension.register(lambda, NAME, "SHUTDOWN"));
            extension.park();
            Thread closing = new Thread(lambda::close);
            closing.start();
            Reply event = extension.reply();
            assertThat(event.text()).startsWith("{\"eventType\":\"SHUTDOWN\"");
            assertState(ExtensionState.RUNNING);
            new Moments(lambda)
                    .bringsExtensionTo(code == 0 ? ExtensionState.EXITED : ExtensionState.SHUTDOWN_FAILED, NAME, () -> {
                        try {
                            Files.writeString(fifo, code + "\n");
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });
            return closing;
        }

        @ParameterizedTest
        @CsvSource({"0, EXITED", "1, SHUTDOWN_FAILED"})
        void an_extension_that_has_exited_can_do_nothing(int code, ExtensionState state) throws Exception {
            Thread closing = shutDownWithExitCode(code);

            assertRefused(make(Call.REGISTER), state, Call.REGISTER, NAME);
            for (Call call : List.of(Call.NEXT, Call.INIT_ERROR, Call.EXIT_ERROR)) {
                assertRefused(make(call), state, call, extension.identifier());
            }
            assertState(state);
            closing.join(Wire.PATIENCE.toMillis());
        }
    }

    @Nested
    class After_a_failed_launch {

        @TempDir
        private Path directory;

        @Test
        void the_environment_has_failed_and_says_so_to_whoever_registers() throws IOException {
            Path file = Files.writeString(directory.resolve(NAME), "#!/bin/sh\n");
            lambda = keep(LambdaSimulator.builder()
                    .extension(NAME, Command.of(file.toString()))
                    .start());
            lambda.eventLog().await(Event.PhaseChanged.class, to -> to.to() == EnvironmentPhase.FAILED, Wire.PATIENCE);

            Reply reply = register(NAME);

            assertState(ExtensionState.LAUNCH_ERROR);
            assertThat(info().errorType()).contains("PermissionDenied");
            reply.assertRefused(
                    403,
                    "Extension.InvalidExtensionState",
                    "the environment has failed with Extension.LaunchError: fork/exec " + file
                            + ": permission denied (extension " + NAME
                            + "); it is initialised again with the next invocation");
        }
    }
}

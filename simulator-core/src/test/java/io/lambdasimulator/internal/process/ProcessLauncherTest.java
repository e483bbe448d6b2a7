package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event.OutputStream;
import io.lambdasimulator.internal.process.LaunchException.Reason;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class ProcessLauncherTest {

    private static final Map<String, String> PATH = Map.of("PATH", System.getenv("PATH"));

    @TempDir
    Path directory;

    private final Queue<LaunchedProcess> launched = new ConcurrentLinkedQueue<>();
    private ProcessLauncher launcher = new ProcessLauncher();

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        launcher.close();
        // JUnit would warn of a link that leads out of the directory.
        Files.deleteIfExists(directory.resolve("perl"));
        Machine.awaitEmpty(pids());
        assertThat(Machine.processes())
                .filteredOn(entry -> entry.parent() == ProcessHandle.current().pid())
                .filteredOn(entry -> !entry.command().startsWith("ps "))
                .isEmpty();
    }

    private List<Long> pids() {
        return launched.stream().map(LaunchedProcess::pid).toList();
    }

    private LaunchedProcess launch(ProcessListener listener, String... command) throws LaunchException {
        return launch(listener, Command.of(List.of(command)), PATH, directory);
    }

    private LaunchedProcess launch(
            ProcessListener listener, Command command, Map<String, String> environment, @Nullable Path defaultDirectory)
            throws LaunchException {
        LaunchedProcess process = launcher.launch("test", command, environment, defaultDirectory, listener);
        launched.add(process);
        return process;
    }

    private RecordingListener run(Command command, Map<String, String> environment) throws Exception {
        RecordingListener listener = new RecordingListener();
        launch(listener, command, environment, directory);
        listener.awaitExit();
        return listener;
    }

    private RecordingListener runShell(String script) throws Exception {
        return run(Command.of("sh", "-c", script), PATH);
    }

    private Path file(String name, String content, String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve(name), content, StandardCharsets.ISO_8859_1);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static long number(String line) {
        return Long.parseLong(line.strip());
    }

    @Nested
    class Environment {

        @ParameterizedTest
        @EnumSource
        void exactly_what_is_given(Variant variant) throws Exception {
            launcher = variant.launcher(directory);
            Map<String, String> environment = new HashMap<>();
            environment.put("ONE", "1");
            environment.put("EMPTY", "");
            environment.put("EQUALS", "a=b=c");
            environment.put("REPLACED", "by the command");
            environment.put("_HANDLER", "a handler with spaces");

            RecordingListener env =
                    run(Command.of("/usr/bin/env").environment("OWN", "x").environment("REPLACED", "yes"), environment);

            assertThat(env.stdout())
                    .containsExactlyInAnyOrder(
                            "ONE=1",
                            "EMPTY=",
                            "EQUALS=a=b=c",
                            "REPLACED=yes",
                            "_HANDLER=a handler with spaces",
                            "OWN=x");
            assertThat(env.stderr()).isEmpty();
        }

        @ParameterizedTest
        @EnumSource
        void none_at_all(Variant variant) throws Exception {
            launcher = variant.launcher(directory);

            assertThat(run(Command.of("/usr/bin/env"), Map.of()).stdout()).isEmpty();
        }

        @ParameterizedTest
        @EnumSource
        void variables_that_a_shell_keeps_to_itself(Variant variant) throws Exception {
            launcher = variant.launcher(directory);
            Map<String, String> environment = new HashMap<>();
            for (String name : List.of(
                    "PWD",
                    "OLDPWD",
                    "SHLVL",
                    "_",
                    "UID",
                    "PPID",
                    "IFS",
                    "PS1",
                    "PS4",
                    "OPTIND",
                    "LINENO",
                    "RANDOM",
                    "BASH_VERSION",
                    "BASH_ENV",
                    "SHELLOPTS",
                    "ENV",
                    "HOSTNAME",
                    "PERL5OPT",
                    "a.b",
                    "npm-x",
                    "1st",
                    "%%")) {
                environment.put(name, "of the user");
            }
            environment.put("LC_ALL", "xx_YY.none");
            environment.put("SINGLE", "it's `a` $HOME \\ \"quote\"");
            environment.put("UMLAUT", "grün 🐑");
            environment.put("LONG", "x".repeat(100_000));

            RecordingListener env = run(Command.of("/usr/bin/env"), environment);

            assertThat(env.stderr()).isEmpty();
            assertThat(env.stdout())
                    .containsExactlyInAnyOrderElementsOf(environment.entrySet().stream()
                            .map(variable -> variable.getKey() + "=" + variable.getValue())
                            .toList());
        }

        @Test
        void nothing_is_open_but_the_three_streams() throws Exception {
            assertThat(run(Command.of("sh", "-c", "ls /proc/self/fd; readlink /proc/self/fd/0"), PATH)
                            .stdout())
                    .containsExactly("0", "1", "2", "3", "/dev/null");
        }

        @Test
        void a_program_with_an_equals_sign_and_an_odd_variable() throws Exception {
            Path script = file("a=b", "#!/bin/sh\necho \"$0 $PWD\" \"$@\"\n", "rwxr-xr-x");

            assertThat(run(Command.of(script.toString(), "x=y"), Map.of("a.b", "c"))
                            .stdout())
                    .containsExactly(script + " " + directory.toRealPath() + " x=y");
        }

        @Test
        void arguments_arrive_as_they_are() throws Exception {
            RecordingListener printf =
                    run(Command.of("printf", "[%s]\\n", "", " a  b ", "$HOME", "'\"", "--", "*"), Map.of());

            assertThat(printf.stdout()).containsExactly("[]", "[ a  b ]", "[$HOME]", "['\"]", "[--]", "[*]");
        }

        @Test
        void standard_input_is_empty() throws Exception {
            assertThat(run(Command.of("cat"), Map.of()).exits()).containsExactly(new ProcessExit.Code(0));
        }

        @Test
        void the_commands_directory_wins_over_the_default() throws Exception {
            Path own = Files.createDirectory(directory.resolve("own"));

            assertThat(run(Command.of("/bin/pwd").directory(own), Map.of()).stdout())
                    .containsExactly(own.toRealPath().toString());
            assertThat(run(Command.of("/bin/pwd"), Map.of()).stdout())
                    .containsExactly(directory.toRealPath().toString());
        }

        @Test
        void without_any_directory_it_is_the_simulators() throws Exception {
            RecordingListener listener = new RecordingListener();
            launch(listener, Command.of("/bin/pwd"), Map.of(), null);
            listener.awaitExit();

            assertThat(listener.stdout())
                    .containsExactly(Path.of("").toRealPath().toString());
        }
    }

    @Nested
    class Session {

        @ParameterizedTest
        @EnumSource
        void the_program_leads_its_own_session_and_group(Variant variant) throws Exception {
            launcher = variant.launcher(directory);
            RecordingListener listener = new RecordingListener();

            LaunchedProcess process = launch(listener, "sh", "-c", "exec ps -o pid=,pgid=,sid= -p $$");
            listener.awaitExit();

            assertThat(listener.stdout())
                    .singleElement()
                    .satisfies(
                            line -> assertThat(line.strip().split("\\s+")).containsOnly(Long.toString(process.pid())));
        }

        @Test
        void neither_setsid_nor_perl() {
            launcher = new ProcessLauncher(new CommandPosix(), new PsCommand(), new SearchPath(List.of(directory)));

            assertThatThrownBy(() -> launch(new RecordingListener(), "/bin/true"))
                    .isInstanceOfSatisfying(
                            LaunchException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNSUPPORTED))
                    .hasMessage(
                            "cannot start /bin/true in a session of its own: there is neither setsid nor perl on the"
                                    + " PATH, in /usr/bin or in /bin");
        }
    }

    @Nested
    class Framed_log {

        private RecordingListener run(String script) throws Exception {
            RecordingListener listener = new RecordingListener();
            launched.add(launcher.launch("test", Command.of("sh", "-c", script), PATH, directory, true, listener));
            listener.awaitExit();
            return listener;
        }

        @ParameterizedTest
        @EnumSource
        void is_open_under_the_number_that_the_environment_tells(Variant variant) throws Exception {
            launcher = variant.launcher(directory);

            RecordingListener shell = run("echo $_LAMBDA_TELEMETRY_LOG_FD; ls /proc/self/fd; echo line >&3");

            assertThat(shell.stdout()).containsExactly("3", "0", "1", "2", "3", "4");
            assertThat(shell.stderr()).isEmpty();
            assertThat(shell.framed()).containsExactly("line");
        }

        @Test
        void may_be_closed_or_kept_by_a_descendant() throws Exception {
            assertThat(run("exec 3>&-; echo here").stdout()).containsExactly("here");

            RecordingListener listener = run("{ echo late >&3; exec sleep 1000; } > /dev/null 2>&1 &");
            assertThat(listener.exits()).containsExactly(new ProcessExit.Code(0));
            Machine.await("the descendant's line").until(() -> listener.framed().equals(List.of("late")));
        }

        @Test
        void loses_nothing_at_the_end_of_many_short_processes() throws Exception {
            for (int i = 0; i < 100; i++) {
                assertThat(run("printf 'line\\nunfinished " + i + "' >&3").framed())
                        .containsExactly("line", "unfinished " + i);
            }
        }

        @Test
        void is_waited_for_by_a_task_that_runs_after_the_output() throws Exception {
            CountDownLatch release = new CountDownLatch(1);
            RecordingListener slow = new RecordingListener() {
                @Override
                public void framed(@Nullable Instant written, String message) {
                    awaitUninterruptibly(release);
                    super.framed(written, message);
                }
            };
            Command command = Command.of("sh", "-c", "echo message >&3; echo written; exec sleep 1000");
            LaunchedProcess process = launcher.launch("test", command, PATH, directory, true, slow);
            launched.add(process);
            slow.awaitLines(1);

            CompletableFuture<List<String>> seen = new CompletableFuture<>();
            process.afterOutput(() -> seen.complete(slow.framed()));
            assertThatThrownBy(() -> seen.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            release.countDown();

            assertThat(seen.get(30, TimeUnit.SECONDS)).containsExactly("message");
        }

        @Test
        void none_for_who_was_not_given_one() throws Exception {
            RecordingListener first = new RecordingListener();
            launched.add(launcher.launch("test", Command.of("cat"), PATH, directory, true, first));
            first.awaitExit();

            assertThat(runShell("echo $_LAMBDA_TELEMETRY_LOG_FD; ls /proc/self/fd")
                            .stdout())
                    .containsExactly("", "0", "1", "2", "3");
        }
    }

    @Nested
    class Output {

        @Test
        void streams_are_captured_separately_and_in_order() throws Exception {
            RecordingListener shell =
                    runShell("i=0; while [ $i -lt 500 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done");

            assertThat(shell.stdout())
                    .isEqualTo(IntStream.range(0, 500).mapToObj(i -> "out " + i).toList());
            assertThat(shell.stderr())
                    .isEqualTo(IntStream.range(0, 500).mapToObj(i -> "err " + i).toList());
        }

        @Test
        void one_line_of_ten_megabytes_without_an_end() throws Exception {
            RecordingListener shell = runShell("head -c 10485760 /dev/zero | tr '\\0' x; exit 0");

            assertThat(shell.linesBeforeExit())
                    .singleElement()
                    .satisfies(line -> assertThat(line.length()).isEqualTo(10_485_760));
            assertThat(shell.stdout().get(0).chars().allMatch(character -> character == 'x'))
                    .isTrue();
        }

        @Test
        void a_line_ends_with_a_line_feed_only() throws Exception {
            RecordingListener shell = runShell("printf 'a\\r\\n\\n\\rb\\tc\\0d\\n\\nlast'");

            assertThat(shell.stdout()).containsExactly("a\r", "", "\rb\tc\0d", "", "last");
        }

        @Test
        void what_is_not_utf8_is_replaced() throws Exception {
            RecordingListener shell =
                    runShell("printf 'gr\\303\\274n \\360\\237\\220\\221\\n\\377\\376 \\303\\n\\200'");

            assertThat(shell.stdout()).containsExactly("grün 🐑", "\ufffd\ufffd \ufffd", "\ufffd");
        }

        @Test
        void random_bytes_do_not_break_the_capture() throws Exception {
            RecordingListener shell = runShell("head -c 3000000 /dev/urandom; echo; echo end");

            assertThat(shell.stdout()).last().isEqualTo("end");
        }

        @Test
        void a_quick_process_with_many_lines_loses_none() throws Exception {
            RecordingListener seq = run(Command.of("seq", "100000"), PATH);

            assertThat(seq.linesBeforeExit())
                    .isEqualTo(IntStream.rangeClosed(1, 100_000)
                            .mapToObj(Integer::toString)
                            .toList());
        }

        @Test
        void nothing_is_lost_at_the_end_of_many_short_processes() throws Exception {
            for (int i = 0; i < 100; i++) {
                assertThat(run(Command.of("printf", "line\\nunfinished line " + i), PATH)
                                .linesBeforeExit())
                        .containsExactly("line", "unfinished line " + i);
            }
        }

        @Test
        void a_slow_listener_gets_every_line_before_the_exit() throws Exception {
            CountDownLatch release = new CountDownLatch(1);
            RecordingListener listener = new RecordingListener() {
                @Override
                public void line(OutputStream stream, String line) {
                    awaitUninterruptibly(release);
                    super.line(stream, line);
                }
            };

            LaunchedProcess process = launch(listener, "seq", "1000");
            Machine.awaitEnd(process.pid());
            // Longer than the end waits for a stream that a descendant holds open.
            assertThatThrownBy(() -> listener.exit().get(500, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            release.countDown();
            listener.awaitExit();

            assertThat(listener.linesBeforeExit()).hasSize(1000);
        }

        @Test
        void a_failing_listener_still_gets_every_line_and_the_exit() throws Exception {
            RecordingListener listener = new RecordingListener() {
                @Override
                public void line(OutputStream stream, String line) {
                    super.line(stream, line);
                    throw new IllegalStateException("thrown by the test's listener");
                }
            };

            launch(listener, "seq", "3");
            listener.awaitExit();

            assertThat(listener.linesBeforeExit()).containsExactly("1", "2", "3");
        }

        @Test
        void the_start_comes_before_everything_else() throws Exception {
            List<String> calls = Collections.synchronizedList(new ArrayList<>());
            RecordingListener listener = new RecordingListener() {
                @Override
                public void started(long pid) {
                    calls.add("started " + pid);
                }

                @Override
                public void line(OutputStream stream, String line) {
                    calls.add(line);
                }

                @Override
                public void exited(ProcessExit end) {
                    calls.add(end.describe());
                    super.exited(end);
                }
            };

            LaunchedProcess process = launch(listener, "echo", "hello");
            listener.awaitExit();

            assertThat(calls).containsExactly("started " + process.pid(), "hello", "exit status 0");
        }

        @Test
        void lines_of_a_descendant_come_after_the_exit() throws Exception {
            Path gate = directory.resolve("gate");
            new CommandPosix().makeFifo(gate);
            RecordingListener listener = new RecordingListener();
            try (RandomAccessFile opener = new RandomAccessFile(gate.toFile(), "rw")) {
                launch(listener, "sh", "-c", "echo early; (read line < gate; echo $line; echo $line >&2) & exit 3");

                assertThat(listener.awaitExit()).isEqualTo(new ProcessExit.Code(3));
                assertThat(listener.linesBeforeExit()).containsExactly("early");
                opener.write("late\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(listener.awaitLines(2)).containsExactly("early", "late");
            }
            Machine.await("the line of standard error")
                    .until(() -> listener.stderr().equals(List.of("late")));
            assertThat(listener.exits()).hasSize(1);
        }

        @Test
        void a_descendant_that_never_stops_writing_does_not_hold_up_the_exit() throws Exception {
            RecordingListener listener = new RecordingListener() {
                @Override
                public void line(OutputStream stream, String line) {
                    if (!line.equals("y")) {
                        super.line(stream, line);
                    }
                }
            };

            LaunchedProcess process = launch(listener, "sh", "-c", "echo last; yes & exit 0");

            assertThat(listener.awaitExit()).isEqualTo(new ProcessExit.Code(0));
            assertThat(listener.linesBeforeExit()).containsExactly("last");
            process.kill();
        }

        @Test
        void threads_end_with_their_process() throws Exception {
            LaunchedProcess process = launch(new RecordingListener(), "sleep", "1000");
            assertThat(threads()).containsExactlyInAnyOrder("test-stdout", "test-stderr", "test-exit");

            process.kill();

            Machine.await("end of the threads")
                    .untilAsserted(() -> assertThat(threads()).isEmpty());
        }

        private List<String> threads() {
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(Thread::isDaemon)
                    .map(Thread::getName)
                    .filter(name -> name.startsWith("test-"))
                    .toList();
        }
    }

    @Nested
    class Exit {

        @ParameterizedTest
        @CsvSource({
            "exit 0, exit status 0",
            "exit 3, exit status 3",
            "exit 127, exit status 127",
            "kill -SEGV $$, signal: segmentation fault",
            "kill -KILL $$, signal: killed",
            "kill -TERM $$, signal: terminated"
        })
        void is_reported_once_in_the_services_words(String script, String description) throws Exception {
            RecordingListener shell = runShell(script);

            assertThat(shell.exits()).extracting(ProcessExit::describe).containsExactly(description);
        }
    }

    @Nested
    class Failure {

        private void assertFailure(String program, Reason reason, String message) {
            RecordingListener listener = new RecordingListener();
            assertThatThrownBy(() -> launch(listener, program, "argument"))
                    .isInstanceOfSatisfying(
                            LaunchException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                    .hasMessage(message);
            assertThat(listener.exits()).isEmpty();
        }

        @Test
        void missing_file() {
            assertFailure(
                    "/var/no/bootstrap", Reason.NOT_FOUND, "fork/exec /var/no/bootstrap: no such file or directory");
        }

        @Test
        void missing_name() {
            assertFailure(
                    "no-such-program",
                    Reason.NOT_FOUND,
                    "exec: \"no-such-program\": executable file not found in $PATH");
        }

        @Test
        void a_file_in_the_way_of_a_directory() throws Exception {
            Path file = file("plain", "", "rw-r--r--");

            assertFailure(file + "/bootstrap", Reason.NOT_FOUND, "fork/exec " + file + "/bootstrap: not a directory");
        }

        @Test
        void link_to_itself() throws Exception {
            Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("link"));

            assertFailure(
                    link.toString(), Reason.NOT_FOUND, "fork/exec " + link + ": too many levels of symbolic links");
        }

        @Test
        void broken_link() throws Exception {
            Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("nowhere"));

            assertFailure(link.toString(), Reason.NOT_FOUND, "fork/exec " + link + ": no such file or directory");
        }

        @Test
        void not_executable() throws Exception {
            Path script = file("script", "#!/bin/sh\n", "rw-r--r--");

            assertFailure(script.toString(), Reason.PERMISSION_DENIED, "fork/exec " + script + ": permission denied");
        }

        @Test
        void directory_in_place_of_a_program() {
            assertFailure(
                    directory.toString(), Reason.PERMISSION_DENIED, "fork/exec " + directory + ": permission denied");
        }

        @ParameterizedTest
        @CsvSource({"empty,''", "text,echo hello", "mark,\u00ef\u00bb\u00bf#!/bin/sh", "bare,#!", "blank,#! \t \n"})
        void neither_script_nor_native(String name, String content) throws Exception {
            Path file = file(name, content, "rwxr-xr-x");

            assertFailure(file.toString(), Reason.EXEC_FORMAT, "fork/exec " + file + ": exec format error");
        }

        @Test
        void missing_interpreter() throws Exception {
            Path script = file("script", "#!/no/such/shell -e\n", "rwxr-xr-x");

            assertFailure(script.toString(), Reason.NOT_FOUND, "fork/exec " + script + ": no such file or directory");
        }

        @Test
        void script_with_windows_line_ends() throws Exception {
            Path script = file("script", "#!/bin/sh\r\nexit 0\r\n", "rwxr-xr-x");

            assertFailure(script.toString(), Reason.NOT_FOUND, "fork/exec " + script + ": no such file or directory");
        }

        @Test
        void interpreter_that_is_not_executable() throws Exception {
            Path shell = file("shell", "#!/bin/sh\n", "rw-r--r--");
            Path script = file("script", "#!" + shell + "\n", "rwxr-xr-x");

            assertFailure(script.toString(), Reason.PERMISSION_DENIED, "fork/exec " + script + ": permission denied");
        }

        @Test
        void script_that_is_its_own_interpreter() throws Exception {
            Path script = file("script", "#!" + directory.resolve("script") + "\n", "rwxr-xr-x");

            assertFailure(
                    script.toString(),
                    Reason.EXEC_FORMAT,
                    "fork/exec " + script + ": too many levels of symbolic links");
        }

        @Test
        void missing_working_directory() {
            Path missing = directory.resolve("missing");

            assertThatThrownBy(() -> launch(
                            new RecordingListener(), Command.of("/bin/true").directory(missing), PATH, directory))
                    .isInstanceOfSatisfying(
                            LaunchException.class, e -> assertThat(e.reason()).isEqualTo(Reason.WORKING_DIRECTORY))
                    .hasMessage("chdir " + missing + ": no such file or directory");
        }

        @Test
        void working_directory_that_is_a_file() throws Exception {
            Path file = file("plain", "", "rwxr-xr-x");

            assertThatThrownBy(() -> launch(new RecordingListener(), Command.of("/bin/true"), PATH, file))
                    .isInstanceOfSatisfying(
                            LaunchException.class, e -> assertThat(e.reason()).isEqualTo(Reason.WORKING_DIRECTORY))
                    .hasMessage("chdir " + file + ": not a directory");
        }

        @Test
        void more_arguments_than_the_system_takes() {
            assertThatThrownBy(() -> launch(new RecordingListener(), "/bin/true", "x".repeat(3_000_000)))
                    .isInstanceOfSatisfying(
                            LaunchException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNSUPPORTED))
                    .hasMessage("fork/exec /bin/true: argument list too long");
        }

        @Test
        void programs_that_do_run() throws Exception {
            Path script = file("script", "#! /bin/sh -u\necho \"$0 $1\"\n", "rwxr-xr-x");
            Path link = Files.createSymbolicLink(directory.resolve("link"), script);
            file("unfinished", "#!/bin/cat", "rwxr-xr-x");
            file("nested", "#!" + script + " option\n", "rwxr-xr-x");
            Files.copy(Path.of("/bin/sh"), directory.resolve("shell"));
            file("relative", "#!shell\necho relative\n", "rwxr-xr-x");

            assertThat(run(Command.of(link.toString(), "x"), Map.of()).stdout()).containsExactly(link + " x");
            assertThat(run(Command.of("./unfinished"), Map.of()).stdout()).containsExactly("#!/bin/cat");
            assertThat(run(Command.of("./nested"), Map.of()).stdout()).containsExactly(script + " option");
            assertThat(run(Command.of("./relative"), Map.of()).stdout()).containsExactly("relative");
        }
    }

    @Nested
    class Signals {

        @ParameterizedTest
        @EnumSource
        void kill_takes_grandchildren_too(Variant variant) throws Exception {
            launcher = variant.launcher(directory);
            RecordingListener listener = new RecordingListener();
            LaunchedProcess process =
                    launch(listener, "sh", "-c", "sleep 1000 & echo $!; (sleep 1000 & echo $!; wait) & wait");
            List<String> grandchildren = listener.awaitLines(2);

            process.kill();

            assertThat(listener.awaitExit()).isEqualTo(new ProcessExit.Signal(9));
            grandchildren.forEach(pid -> Machine.awaitEnd(number(pid)));
        }

        @ParameterizedTest
        @EnumSource
        void terminate_reaches_the_group(Variant variant) throws Exception {
            launcher = variant.launcher(directory);
            RecordingListener listener = new RecordingListener();
            // The grandchild speaks for itself: before it has become its own program it has the shell's trap.
            LaunchedProcess process = launch(
                    listener, "sh", "-c", "trap 'echo bye; exit 3' TERM; sh -c 'echo $$; exec sleep 1000' & wait");
            long grandchild = number(listener.awaitLines(1).get(0));

            process.terminate();

            assertThat(listener.awaitExit()).isEqualTo(new ProcessExit.Code(3));
            assertThat(listener.stdout()).last().isEqualTo("bye");
            Machine.awaitEnd(grandchild);
        }

        @Test
        void a_process_that_ignores_sigterm_needs_sigkill() throws Exception {
            RecordingListener listener = new RecordingListener();
            LaunchedProcess process =
                    launch(listener, "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done");
            listener.awaitLines(1);

            process.terminate();
            process.kill();

            assertThat(listener.awaitExit()).isEqualTo(new ProcessExit.Signal(9));
        }

        @Test
        void kill_reaches_a_process_that_was_just_launched() throws Exception {
            for (int i = 0; i < 50; i++) {
                RecordingListener listener = new RecordingListener();
                launch(listener, "sleep", "1000").kill();
                assertThat(listener.awaitExit()).isEqualTo(new ProcessExit.Signal(9));
            }
        }

        @Test
        void kill_after_the_exit_takes_those_left_behind() throws Exception {
            RecordingListener listener = new RecordingListener();
            LaunchedProcess process = launch(listener, "sh", "-c", "sleep 1000 & echo $!; exit 0");
            listener.awaitExit();
            long left = number(listener.stdout().get(0));
            assertThat(Machine.lives(left)).isTrue();

            process.terminate();
            assertThat(Machine.lives(left)).isTrue();
            process.kill();
            process.kill();

            Machine.awaitEnd(left);
            assertThat(listener.exits()).containsExactly(new ProcessExit.Code(0));
        }

        @Test
        void a_stopped_process_is_killed() throws Exception {
            RecordingListener listener = new RecordingListener();
            LaunchedProcess process = launch(listener, "sh", "-c", "kill -STOP $$");
            Machine.await("the stop")
                    .until(() -> Machine.groupOf(process.pid()).stream()
                            .anyMatch(entry -> entry.state().startsWith("T")));

            process.kill();

            assertThat(listener.awaitExit()).isEqualTo(new ProcessExit.Signal(9));
        }
    }

    @Nested
    class Close {

        @ParameterizedTest
        @EnumSource
        void kills_what_lives_and_what_was_left_behind(Variant variant) throws Exception {
            launcher = variant.launcher(directory);
            RecordingListener living = new RecordingListener();
            RecordingListener ended = new RecordingListener();
            launch(living, "sh", "-c", "trap '' TERM; sleep 1000 & echo $!; wait");
            launch(ended, "sh", "-c", "sleep 1000 & echo $!");
            ended.awaitExit();
            long child = number(living.awaitLines(1).get(0));
            long left = number(ended.stdout().get(0));

            launcher.close();

            assertThat(living.awaitExit()).isEqualTo(new ProcessExit.Signal(9));
            Machine.awaitEnd(child);
            Machine.awaitEnd(left);
        }

        @Test
        void kills_a_grandchild_with_a_session_of_its_own() throws Exception {
            RecordingListener listener = new RecordingListener();
            LaunchedProcess process = launch(listener, "sh", "-c", "setsid sh -c 'echo $$; sleep 1000; exit' & wait");
            long escaped = number(listener.awaitLines(1).get(0));
            assertThat(Machine.groupOf(process.pid()))
                    .extracting(Machine.Entry::pid)
                    .doesNotContain(escaped);
            assertThat(Machine.groupOf(escaped)).isNotEmpty();

            launcher.close();

            Machine.awaitEmpty(List.of(escaped));
        }

        @Test
        void kills_a_grandchild_whose_parent_was_killed_before() throws Exception {
            RecordingListener listener = new RecordingListener();
            LaunchedProcess process = launch(listener, "sh", "-c", "setsid sh -c 'echo $$; sleep 1000; exit' & wait");
            long escaped = number(listener.awaitLines(1).get(0));
            process.kill();
            listener.awaitExit();
            assertThat(Machine.lives(escaped)).isTrue();

            launcher.close();

            Machine.awaitEmpty(List.of(escaped));
        }

        @Test
        void kills_an_orphan_that_changed_its_group_but_not_its_session() throws Exception {
            RecordingListener listener = new RecordingListener();
            LaunchedProcess process = launch(
                    listener,
                    "sh",
                    "-c",
                    "timeout 1000 sh -c 'echo $$ > pid; sleep 1000; exit' >/dev/null 2>&1 &"
                            + " while [ ! -s pid ]; do :; done; cat pid");
            listener.awaitExit();
            long orphan = number(listener.stdout().get(0));
            assertThat(Machine.groupOf(process.pid())).isEmpty();
            assertThat(Machine.lives(orphan)).isTrue();

            launcher.close();

            Machine.awaitEnd(orphan);
        }

        @Test
        void waits_until_the_processes_are_reaped_and_may_be_repeated() throws Exception {
            List<LaunchedProcess> processes = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                processes.add(launch(new RecordingListener(), "sleep", "1000"));
            }

            launcher.close();

            assertThat(processes)
                    .noneMatch(process -> ProcessHandle.of(process.pid()).isPresent());
            launcher.close();
        }

        @Test
        void refuses_further_launches() {
            launcher.close();

            assertThatThrownBy(() -> launch(new RecordingListener(), "/bin/true"))
                    .isInstanceOfSatisfying(
                            LaunchException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CLOSED))
                    .hasMessage("cannot start /bin/true: the environment is closed");
        }

        @Test
        void an_interrupted_thread_can_close() throws Exception {
            LaunchedProcess process = launch(new RecordingListener(), "sleep", "1000");

            Thread.currentThread().interrupt();
            launcher.close();

            assertThat(Thread.interrupted()).isTrue();
            assertThat(ProcessHandle.of(process.pid())).isEmpty();
        }

        @Test
        void racing_launches_leave_nothing() throws Exception {
            for (int round = 0; round < 5; round++) {
                launcher = new ProcessLauncher();
                ExecutorService threads = Executors.newFixedThreadPool(10);
                CountDownLatch some = new CountDownLatch(10);
                List<Future<?>> launches = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    launches.add(threads.submit(() -> {
                        try {
                            launch(new RecordingListener(), "sh", "-c", "sleep 1000 & wait");
                            some.countDown();
                        } catch (LaunchException e) {
                            assertThat(e.reason()).isEqualTo(Reason.CLOSED);
                        }
                    }));
                }
                assertThat(some.await(60, TimeUnit.SECONDS)).isTrue();

                launcher.close();

                Machine.awaitEmpty(pids());
                for (Future<?> launch : launches) {
                    launch.get(60, TimeUnit.SECONDS);
                }
                launched.forEach(
                        process -> assertThat(ProcessHandle.of(process.pid())).isEmpty());
                threads.shutdown();
            }
        }
    }
}

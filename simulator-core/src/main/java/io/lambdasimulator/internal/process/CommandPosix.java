package io.lambdasimulator.internal.process;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The system calls through the commands that every POSIX system has; some 3 ms each. */
final class CommandPosix implements Posix {

    private static final long BOUND_NANOS = TimeUnit.SECONDS.toNanos(10);

    @Override
    public Delivery signalGroup(int group, int signal) {
        return kill("-" + Posix.requireGroup(group), signal);
    }

    @Override
    public Delivery signal(long pid, int signal) {
        return kill(Integer.toString(Posix.requireProcess(pid)), signal);
    }

    // "--" before a negative number is the one form that all implementations of kill understand. They say why only in
    // words, and of the reasons to fail "no such process" is by far the likeliest.
    private static Delivery kill(String id, int signal) {
        try {
            return run("kill", "-s", name(signal), "--", id) == 0 ? Delivery.DELIVERED : Delivery.NOBODY;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot signal " + id, e);
        }
    }

    // No command tells it in the same way on all systems. Only what changed its group and lost its parent goes
    // unnoticed.
    @Override
    public int session(long pid) {
        return 0;
    }

    @Override
    public void makeFifo(Path path) throws IOException {
        int status = run("mkfifo", "-m", "600", path.toString());
        if (status != 0) {
            throw new IOException("cannot make the named pipe " + path + ": mkfifo ended with " + status);
        }
    }

    private static String name(int signal) {
        if (signal == SIGSTOP) {
            return "STOP";
        }
        if (signal == SIGCONT) {
            return "CONT";
        }
        return switch (signal) {
            case 0 -> "0";
            case SIGKILL -> "KILL";
            case SIGTERM -> "TERM";
            default -> throw new IllegalArgumentException("unexpected signal " + signal);
        };
    }

    private static int run(String name, String... arguments) throws IOException {
        Path program = SearchPath.ofSimulator()
                .withSystemDirectories()
                .find(name)
                .orElseThrow(() -> new IOException("there is no command " + name + " on the PATH"));
        ProcessBuilder command = new ProcessBuilder(program.toString());
        command.command().addAll(List.of(arguments));
        command.redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process = command.start();
        if (!Waiting.forExit(process, BOUND_NANOS)) {
            process.destroyForcibly();
            throw new IOException(program + " did not end within 10 s");
        }
        return process.exitValue();
    }
}

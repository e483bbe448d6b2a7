package io.lambdasimulator.internal.process;

import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.event.Event.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Remembers what a process did, in the order of the calls. */
class RecordingListener implements ProcessListener {

    private final List<String> stdout = new ArrayList<>();
    private final List<String> stderr = new ArrayList<>();
    private final List<String> framed = new ArrayList<>();
    private final List<String> linesBeforeExit = new ArrayList<>();
    private final List<ProcessExit> exits = new ArrayList<>();
    private final CompletableFuture<ProcessExit> exit = new CompletableFuture<>();

    @Override
    public void line(OutputStream stream, String line) {
        synchronized (this) {
            List<String> target = switch (stream) {
                case STDOUT -> stdout;
                case STDERR -> stderr;
                case FRAMED_LOG -> framed;
            };
            target.add(line);
        }
    }

    @Override
    public void exited(ProcessExit end) {
        synchronized (this) {
            exits.add(end);
            linesBeforeExit.addAll(stdout);
            linesBeforeExit.addAll(stderr);
        }
        exit.complete(end);
    }

    ProcessExit awaitExit() throws Exception {
        return exit.get(30, TimeUnit.SECONDS);
    }

    CompletableFuture<ProcessExit> exit() {
        return exit;
    }

    /** Waits for so many lines of standard output and returns them. */
    List<String> awaitLines(int count) {
        Machine.await("lines of standard output").until(() -> stdout().size() >= count);
        return stdout();
    }

    synchronized List<String> stdout() {
        return List.copyOf(stdout);
    }

    synchronized List<String> stderr() {
        return List.copyOf(stderr);
    }

    synchronized List<String> framed() {
        return List.copyOf(framed);
    }

    /** The lines of both streams that came before the exit. */
    synchronized List<String> linesBeforeExit() {
        return List.copyOf(linesBeforeExit);
    }

    synchronized List<ProcessExit> exits() {
        return List.copyOf(exits);
    }
}

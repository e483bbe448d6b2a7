package io.lambdasimulator.cli;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.process.JvmExitHook;
import io.lambdasimulator.internal.telemetry.SystemLogLines;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Runs an environment until a signal ends the JVM, and then shuts it down in order. */
final class Server {

    private static final Duration LAST_LINES = Duration.ofSeconds(2);

    private final LambdaSimulator.Builder builder;
    private final PrintStream out;
    private final PrintStream err;

    private @Nullable LambdaSimulator simulator;
    private @Nullable ServiceLog serviceLog;
    private @Nullable ClassArchive archive;
    private boolean initialised;

    Server(LambdaSimulator.Builder builder, PrintStream out, PrintStream err) {
        this.builder = builder;
        this.out = out;
        this.err = err;
    }

    /**
     * Serves until a signal ends the JVM, or this thread is interrupted.
     *
     * @return the exit code
     * @throws java.io.UncheckedIOException when an address cannot be listened on
     */
    int run() {
        JvmExitHook.beforeKilling(this::endOnSignal);
        LambdaSimulator started = builder.start();
        begin(started);
        tellWhere(started);
        ClassArchive.missing().ifPresent(this::makeArchive);
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            // Asked to end.
        }
        return end();
    }

    private synchronized void begin(LambdaSimulator started) {
        simulator = started;
        serviceLog =
                ServiceLog.start(started.eventLog(), new SystemLogLines(started.function()), out, err, this::explain);
    }

    private synchronized void makeArchive(ClassArchive missing) {
        if (simulator != null) {
            archive = missing;
            missing.makeInTheBackground();
        }
    }

    private void tellWhere(LambdaSimulator started) {
        err.println("The Runtime API listens on " + started.runtimeApi());
        started.frontDoor()
                .ifPresent(address -> err.println("Invoke with: curl -d '{}' " + reachable(address)
                        + "/2015-03-31/functions/function/invocations"));
        started.functionUrl().ifPresent(address -> err.println("The function URL is " + reachable(address)));
        err.flush();
    }

    // Listening everywhere has an address of its own that nobody can be reached at.
    private static String reachable(URI address) {
        return address.toString().replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
    }

    private void explain(Event event) {
        if (event instanceof Event.InitReported) {
            initialised = true;
        } else if (event instanceof Event.EnvironmentFailed failed) {
            err.println(Main.NAME + ": " + (initialised ? "the environment" : "init") + " failed with "
                    + failed.errorType() + " (" + failed.message().replaceAll("\\s+", " ")
                    + "); what still runs is ended, and the next invocation begins with an init");
        }
    }

    /** When nothing is running, the JVM ends for another reason, with an exit code of its own. */
    private void endOnSignal() {
        int code;
        synchronized (this) {
            if (simulator == null) {
                return;
            }
            code = end();
        }
        // AWS's emulator ends with 0; the JVM would end with a code that names the signal.
        Runtime.getRuntime().halt(code);
    }

    private synchronized int end() {
        int code = 0;
        if (archive != null) {
            archive.stop();
        }
        try {
            if (simulator != null) {
                simulator.close();
            }
        } catch (RuntimeException e) {
            err.println(Main.NAME + ": the environment did not end as it should: " + e.getMessage());
            code = Main.FAILURE;
        }
        if (serviceLog != null && !serviceLog.awaitEnd(LAST_LINES)) {
            err.println(Main.NAME + ": standard output is not being read: the last lines are lost");
        }
        err.flush();
        simulator = null;
        return code;
    }
}

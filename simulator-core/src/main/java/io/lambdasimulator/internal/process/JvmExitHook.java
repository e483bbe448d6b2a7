package io.lambdasimulator.internal.process;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes the launchers that still have processes when the JVM ends. The hook is there only while there is work for it. */
public final class JvmExitHook {

    private static final Logger LOG = LoggerFactory.getLogger(JvmExitHook.class);

    private static final Set<ProcessLauncher> LAUNCHERS = new HashSet<>();
    private static final List<Runnable> FIRST = new ArrayList<>();
    private static @Nullable Thread hook;
    private static boolean running;

    private JvmExitHook() {}

    /**
     * Adds a launcher, before it starts a process.
     *
     * @throws IllegalStateException when the JVM is ending: the process would be left behind
     */
    static synchronized void add(ProcessLauncher launcher) {
        if (running) {
            throw new IllegalStateException("the JVM is shutting down");
        }
        install();
        LAUNCHERS.add(launcher);
    }

    /**
     * Has something done when the JVM ends, before processes are killed: the chance to end them in order. A hook of the
     * caller's own would run beside this one. Nothing can be launched by then.
     *
     * @param task must return, and should do so soon: the JVM waits for it
     * @throws IllegalStateException when the JVM is ending
     */
    public static synchronized void beforeKilling(Runnable task) {
        install();
        FIRST.add(task);
    }

    private static void install() {
        if (hook == null) {
            Thread thread = new Thread(JvmExitHook::closeAll, "lambda-simulator-exit");
            Runtime.getRuntime().addShutdownHook(thread);
            hook = thread;
        }
    }

    static synchronized void remove(ProcessLauncher launcher) {
        LAUNCHERS.remove(launcher);
        if (LAUNCHERS.isEmpty() && FIRST.isEmpty() && hook != null && !running) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
                hook = null;
            } catch (IllegalStateException e) {
                // The JVM is ending; the hook will find nothing to do.
            }
        }
    }

    static synchronized boolean isInstalled() {
        return hook != null;
    }

    private static void closeAll() {
        List<Runnable> first;
        synchronized (JvmExitHook.class) {
            running = true;
            first = List.copyOf(FIRST);
        }
        for (Runnable task : first) {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.warn("what was to be done before processes are killed failed", e);
            }
        }
        List<ProcessLauncher> open;
        synchronized (JvmExitHook.class) {
            open = List.copyOf(LAUNCHERS);
        }
        for (ProcessLauncher launcher : open) {
            try {
                launcher.close();
            } catch (RuntimeException e) {
                LOG.warn("processes were left behind", e);
            }
        }
    }
}

package io.lambdasimulator.internal.http;

import java.util.Set;
import java.util.stream.Collectors;

/** Threads of a test, and threads to look for after it. */
final class Threads {

    private Threads() {}

    interface Task {
        void run() throws Exception;
    }

    /** Runs a task beside the test; its failure does not matter. */
    static Thread start(Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (Exception e) {
                // The test sees the effect, or does not care.
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** The live threads whose names start so. */
    static Set<Thread> named(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.isAlive() && thread.getName().startsWith(prefix))
                .collect(Collectors.toSet());
    }
}

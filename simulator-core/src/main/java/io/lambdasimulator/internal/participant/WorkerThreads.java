package io.lambdasimulator.internal.participant;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads of one environment beside its servers: a timer, and a few on which users' callbacks run. */
public final class WorkerThreads implements AutoCloseable {

    private static final int CALLBACK_THREADS = 8;

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, named("lambda-timer"));
    private final ExecutorService callbacks;

    public WorkerThreads() {
        timer.setRemoveOnCancelPolicy(true);
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                CALLBACK_THREADS,
                CALLBACK_THREADS,
                1,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                named("lambda-callback"));
        pool.allowCoreThreadTimeOut(true);
        callbacks = pool;
    }

    public ScheduledExecutorService timer() {
        return timer;
    }

    /** Runs callbacks; after the end on the caller's thread, so that no future is left incomplete. */
    public Executor callbacks() {
        return task -> {
            try {
                callbacks.execute(task);
            } catch (java.util.concurrent.RejectedExecutionException e) {
                task.run();
            }
        };
    }

    private static ThreadFactory named(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    @Override
    public void close() {
        timer.shutdownNow();
        callbacks.shutdown();
    }
}

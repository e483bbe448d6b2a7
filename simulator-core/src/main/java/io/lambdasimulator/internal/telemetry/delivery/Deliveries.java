package io.lambdasimulator.internal.telemetry.delivery;

import io.lambdasimulator.internal.time.Activity;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * All subscribers of one environment, and the threads and connections they need. Nothing is started before the first one
 * subscribes.
 *
 * <p>A subscriber has a thread while it has its turn, and one more while it writes to a TCP connection. So none can use up those
 * of another.
 */
public final class Deliveries implements AutoCloseable {

    /** How long closing waits for the last turns, which are short. */
    private static final long LAST_TURNS_MILLIS = 1_000;

    private final Clock clock;
    private final ScheduledExecutorService scheduler;
    private final Activity activity;
    private final ThreadPoolExecutor pool;
    private final HttpConnections http = new HttpConnections();
    private final Set<Subscriber> subscribers = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();

    public Deliveries(Clock clock, ScheduledExecutorService scheduler, Activity activity) {
        this.clock = clock;
        this.scheduler = scheduler;
        this.activity = activity;
        AtomicInteger count = new AtomicInteger();
        this.pool =
                new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                    Thread thread = new Thread(task, "lambda-telemetry-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /**
     * Begins to deliver.
     *
     * @param name of the extension
     * @param from the place in the log of the first entry to read
     * @throws IllegalStateException when this is closed
     */
    public Subscriber subscribe(String name, Feed feed, long from, Buffering buffering, Destination destination) {
        Subscriber subscriber =
                new Subscriber(name, feed, from, buffering, senderTo(destination), clock, scheduler, pool, activity);
        subscribers.add(subscriber);
        if (closed.get()) {
            subscriber.close();
            throw new IllegalStateException(name + " cannot subscribe: the environment is closed");
        }
        subscriber.wake();
        return subscriber;
    }

    // Exhaustive by the constructor that is called: Java 17 has no switch over types.
    private Sender senderTo(Destination destination) {
        if (destination instanceof Destination.Http target) {
            return new HttpSender(target, http);
        }
        return new TcpSender(((Destination.Tcp) destination).port(), pool);
    }

    /** Closes every subscriber, then ends threads and connections. Waits for milliseconds. Does nothing the second time. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        List<Subscriber> all = List.copyOf(subscribers);
        all.forEach(Subscriber::close);
        try {
            CompletableFuture.allOf(all.stream()
                            .map(subscriber -> subscriber.ended().toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new))
                    .get(LAST_TURNS_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // Whoever has not ended is interrupted below.
        }
        http.close();
        pool.shutdownNow();
        try {
            pool.awaitTermination(LAST_TURNS_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

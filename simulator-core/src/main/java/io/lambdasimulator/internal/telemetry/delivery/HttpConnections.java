package io.lambdasimulator.internal.telemetry.delivery;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's client, started for the first who needs it. It follows no redirect, keeps no cookie and has no timeout of its own:
 * whoever sends something says when it has lasted too long. Nothing that waits holds a thread.
 */
final class HttpConnections {

    private static final String NAME = "lambda-telemetry-http";
    private static final int MOST_THREADS = 8;
    private static final long ENDS_WITHIN_MILLIS = 1_000;

    /** Held while the client starts and stops, and by no one who holds another. */
    private final ReentrantLock lock = new ReentrantLock();

    private @Nullable HttpClient client;
    private @Nullable ScheduledThreadPoolExecutor timer;
    private boolean closed;

    HttpClient client() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the environment is closed");
            }
            if (client == null) {
                timer = newTimer();
                client = start(timer);
            }
            return client;
        } finally {
            lock.unlock();
        }
    }

    private static ScheduledThreadPoolExecutor newTimer() {
        return new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, NAME + "-timer");
            thread.setDaemon(true);
            return thread;
        });
    }

    private static HttpClient start(ScheduledThreadPoolExecutor timer) {
        QueuedThreadPool pool = new QueuedThreadPool(MOST_THREADS, 1);
        pool.setName(NAME);
        pool.setDaemon(true);
        pool.setReservedThreads(0);
        pool.setStopTimeout(ENDS_WITHIN_MILLIS);
        ClientConnector connector = new ClientConnector();
        connector.setSelectors(1);
        HttpClient client = new HttpClient(new HttpClientTransportOverHTTP(connector));
        client.setName(NAME);
        client.setExecutor(pool);
        client.setScheduler(new ScheduledExecutorScheduler(timer));
        client.setSocketAddressResolver(new SocketAddressResolver.Sync());
        client.setConnectTimeout(TimeUnit.DAYS.toMillis(1));
        client.setIdleTimeout(0);
        client.setFollowRedirects(false);
        client.setHttpCookieStore(new HttpCookieStore.Empty());
        client.setUserAgentField(null);
        try {
            client.start();
        } catch (Exception e) {
            throw new IllegalStateException("cannot start the HTTP client for telemetry: " + e.getMessage(), e);
        }
        client.getContentDecoderFactories().clear();
        return client;
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            if (client != null && timer != null) {
                client.stop();
                timer.shutdownNow();
                timer.awaitTermination(ENDS_WITHIN_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            throw new IllegalStateException("cannot stop the HTTP client for telemetry: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }
}

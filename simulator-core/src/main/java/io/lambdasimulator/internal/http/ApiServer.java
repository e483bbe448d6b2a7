package io.lambdasimulator.internal.http;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.http.HandlerType;
import io.javalin.http.servlet.JavalinServlet;
import io.lambdasimulator.internal.time.Activity;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP server: Javalin routes, Jetty reads and writes. It has no timeouts, since a runtime may be silent for as long
 * as an invocation lasts, and a small pool of daemon threads, since nothing that waits holds one.
 */
final class ApiServer implements AutoCloseable {

    /** The header in which the Java runtime reports an error may be 1 MiB by itself. */
    private static final int LARGEST_HEADERS = 1_200_000;

    private static final int ACCEPT_QUEUE = 4096;
    private static final int MOST_THREADS = 24;
    private static final int READ_AT_ONCE = 32 * 1024;

    /** How long closing waits for those who are being told that their clients have gone. */
    private static final long LAST_WORDS_MILLIS = 200;

    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

    /** Told of a call that no route takes, with the status it is answered with. Must not block. */
    @FunctionalInterface
    interface Unrouted {
        void called(Exchange exchange, int status);
    }

    private static final int TAKEN_UP_WITHIN_MILLIS = 1_000;
    private static final byte[] A_CALL = "GET /2018-06-01/ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);

    private final ServerSocketChannel listener;
    private final InetSocketAddress address;
    private final QueuedThreadPool pool;
    private final Executor counting;
    private final Activity activity;
    private final Server jetty;
    private final Listener connector;
    private final Set<ApiExchange> open = ConcurrentHashMap.newKeySet();
    private final CountDownLatch noneOpen = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();

    private ApiServer(
            String name, ServerSocketChannel listener, List<Route> routes, Unrouted unrouted, Activity activity)
            throws IOException {
        this.listener = listener;
        this.address = (InetSocketAddress) listener.getLocalAddress();
        this.activity = activity;
        this.pool = new QueuedThreadPool(MOST_THREADS, 2);
        this.counting = activity.counting("a thread of the " + name, pool);
        pool.setName(name);
        pool.setDaemon(true);
        pool.setReservedThreads(0);
        this.jetty = new Server(pool, new ScheduledExecutorScheduler(name + "-scheduler", true), null);
        this.connector = new Listener(jetty, pool);
        connector.setHost(address.getHostString());
        connector.setPort(address.getPort());
        connector.open(listener);
        jetty.addConnector(connector);
        jetty.setErrorHandler(new Refusals());
        RoutingHandler routing = new RoutingHandler(this, new RouteTable(routes), unrouted);
        routing.setHandler(javalin(routes));
        jetty.setHandler(routing);
    }

    /**
     * Starts a server.
     *
     * @param name names the threads
     * @param port 0 for any free port
     * @throws BindException if the address cannot be listened on; the message says which and why
     */
    static ApiServer start(String name, String host, int port, List<Route> routes) throws IOException {
        return start(name, host, port, routes, (exchange, status) -> {}, Activity.notKept());
    }

    /** Starts a server, as above, that tells of calls without a route. */
    static ApiServer start(String name, String host, int port, List<Route> routes, Unrouted unrouted, Activity activity)
            throws IOException {
        ServerSocketChannel listener = listen(host, port);
        ApiServer server = new ApiServer(name, listener, routes, unrouted, activity);
        try {
            server.jetty.start();
            return server;
        } catch (Exception e) {
            server.close();
            throw new IOException("cannot start the HTTP server on " + server.address + ": " + e.getMessage(), e);
        }
    }

    private static ServerSocketChannel listen(String host, int port) throws IOException {
        InetSocketAddress wanted = new InetSocketAddress(host, port);
        if (wanted.isUnresolved()) {
            throw new BindException("cannot listen on " + host + ":" + port + ": unknown host");
        }
        ServerSocketChannel listener = ServerSocketChannel.open();
        try {
            return listener.bind(wanted, ACCEPT_QUEUE);
        } catch (IOException e) {
            listener.close();
            BindException failure = new BindException("cannot listen on " + host + ":" + port + ": " + e.getMessage());
            failure.initCause(e);
            throw failure;
        }
    }

    private static ServletContextHandler javalin(List<Route> routes) {
        Javalin javalin = Javalin.create(config -> {
            config.startup.startupWatcherEnabled = false;
            config.startup.showJavalinBanner = false;
            config.startup.showOldJavalinVersionWarning = false;
            config.http.compressionStrategy = CompressionStrategy.NONE;
            config.router.ignoreTrailingSlashes = false;
            for (Route route : routes) {
                config.routes.addHttpHandler(new HandlerType(route.shownMethod()), route.shownPath(), context -> {
                    ApiExchange exchange = Objects.requireNonNull(context.attribute(RoutingHandler.EXCHANGE));
                    exchange.routed(route.handler());
                });
            }
        });
        ServletContextHandler context = new ServletContextHandler("/", ServletContextHandler.NO_SESSIONS);
        context.addServlet(new ServletHolder(new JavalinServlet(javalin.unsafe)), "/*");
        return context;
    }

    /** Where the server listens. */
    InetSocketAddress address() {
        return address;
    }

    /** Calls itself twice: connections are accepted and looked at in the order of their arrival. */
    void takeUp() {
        for (int call = 0; call < 2; call++) {
            try (Socket socket = new Socket()) {
                socket.setSoTimeout(TAKEN_UP_WITHIN_MILLIS);
                socket.connect(address, TAKEN_UP_WITHIN_MILLIS);
                socket.getOutputStream().write(A_CALL);
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                return; // closed, or not to be waited for
            }
        }
    }

    boolean isClosed() {
        return closed.get();
    }

    Activity activity() {
        return activity;
    }

    /** Whether the exchange may go on. */
    boolean begun(ApiExchange exchange) {
        open.add(exchange);
        if (isClosed()) {
            exchange.drop();
            return false;
        }
        return true;
    }

    void ended(ApiExchange exchange) {
        open.remove(exchange);
        if (isClosed() && open.isEmpty()) {
            noneOpen.countDown();
        }
    }

    /** Runs a task on the server's pool, or not at all once the server is closed. */
    void execute(Runnable task) {
        try {
            counting.execute(task);
        } catch (RejectedExecutionException e) {
            // The server is gone, and with it everyone the task could have mattered to.
        }
    }

    Collection<EndPoint> connections() {
        return connector.getConnectedEndPoints();
    }

    /** Ends every connection abruptly, then stops. Does nothing the second time. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        // Jetty stops halfway in a thread that is interrupted.
        boolean interrupted = Thread.interrupted();
        try {
            connections().forEach(EndPoint::close);
            open.forEach(ApiExchange::abandon);
            if (!open.isEmpty() && !noneOpen.await(LAST_WORDS_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.debug("{} closes although {} exchanges have not ended", address, open.size());
            }
            jetty.stop();
            listener.close();
            connector.closeAccepted();
            open.forEach(ApiExchange::forget);
        } catch (Exception e) {
            throw new IllegalStateException("the HTTP server on " + address + " did not stop", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static HttpConfiguration configuration() {
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.setSendServerVersion(false);
        configuration.setSendDateHeader(true);
        configuration.setRequestHeaderSize(LARGEST_HEADERS);
        configuration.setMaxResponseHeaderSize(LARGEST_HEADERS);
        configuration.setInputBufferSize(READ_AT_ONCE);
        configuration.setUriCompliance(UriCompliance.UNSAFE);
        configuration.setHttpCompliance(HttpCompliance.RFC9110.with(
                "lambda", HttpCompliance.Violation.MISMATCHED_AUTHORITY, HttpCompliance.Violation.UNSAFE_HOST_HEADER));
        return configuration;
    }

    private static final class Listener extends ServerConnector {
        private final Executor executor;

        /** Those that may be open; Jetty loses sight of what it accepts while it stops. */
        private final Set<SocketChannel> accepted = ConcurrentHashMap.newKeySet();

        Listener(Server server, Executor executor) {
            super(server, 0, 1, new ApiConnection.Factory(configuration()));
            this.executor = executor;
        }

        @Override
        protected void configure(Socket socket) {
            super.configure(socket);
            accepted.add(socket.getChannel());
        }

        @Override
        protected SocketChannelEndPoint newEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key) {
            // Without the idle timeout that Jetty's own would get.
            return new WatchedEndPoint(channel, selector, key, getScheduler(), executor);
        }

        @Override
        protected void onEndPointClosed(EndPoint endPoint) {
            super.onEndPointClosed(endPoint);
            if (endPoint instanceof WatchedEndPoint watched) {
                accepted.remove(watched.getChannel());
            }
        }

        void closeAccepted() {
            accepted.forEach(IO::close);
        }
    }
}

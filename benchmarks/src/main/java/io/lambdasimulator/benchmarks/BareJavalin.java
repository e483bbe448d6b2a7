package io.lambdasimulator.benchmarks;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.http.servlet.JavalinServlet;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;

/**
 * What is compared with: Javalin on Jetty with the settings of the simulator's server, connector and sessions included, and
 * handlers that do nothing but answer.
 */
final class BareJavalin implements AutoCloseable {

    private static final int LARGEST_HEADERS = 1_200_000;

    private final Server jetty;
    private final ServerConnector connector;

    BareJavalin() {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(true);
        http.setRequestHeaderSize(LARGEST_HEADERS);
        http.setMaxResponseHeaderSize(LARGEST_HEADERS);
        http.setInputBufferSize(32 * 1024);
        jetty = new Server(pool(), new ScheduledExecutorScheduler("bare-scheduler", true), null);
        connector = new ServerConnector(jetty, null, null, null, 0, 1, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        connector.setIdleTimeout(0);
        jetty.addConnector(connector);
        byte[] ok = "{\"status\":\"OK\"}\n".getBytes(StandardCharsets.UTF_8);
        byte[] event = "{}".getBytes(StandardCharsets.UTF_8);
        Javalin javalin = Javalin.create(config -> {
            config.startup.startupWatcherEnabled = false;
            config.startup.showJavalinBanner = false;
            config.startup.showOldJavalinVersionWarning = false;
            config.http.compressionStrategy = CompressionStrategy.NONE;
            config.router.ignoreTrailingSlashes = false;
            config.routes.get("/2018-06-01/runtime/invocation/next", context -> {
                context.header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
                context.header(
                        "Lambda-Runtime-Trace-Id",
                        "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1");
                context.header(
                        "Lambda-Runtime-Invoked-Function-Arn",
                        "arn:aws:lambda:us-east-1:123456789012:function:test-function");
                context.header("Lambda-Runtime-Deadline-Ms", "1542409706888");
                context.contentType("application/json").result(event);
            });
            config.routes.post("/2018-06-01/runtime/invocation/{id}/response", context -> {
                context.pathParam("id");
                context.bodyAsBytes();
                context.status(202).contentType("application/json").result(ok);
            });
            config.routes.post("/2015-03-31/functions/{name}/invocations", context -> {
                context.pathParam("name");
                context.contentType("application/json").result(context.bodyAsBytes());
            });
        });
        ServletContextHandler context = new ServletContextHandler("/", ServletContextHandler.NO_SESSIONS);
        context.addServlet(new ServletHolder(new JavalinServlet(javalin.unsafe)), "/*");
        jetty.setHandler(context);
        try {
            jetty.start();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    static QueuedThreadPool pool() {
        QueuedThreadPool pool = new QueuedThreadPool(24, 2);
        pool.setDaemon(true);
        pool.setReservedThreads(0);
        return pool;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), connector.getLocalPort());
    }

    @Override
    public void close() {
        try {
            jetty.stop();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}

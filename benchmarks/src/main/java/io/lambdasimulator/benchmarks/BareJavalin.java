package io.lambdasimulator.benchmarks;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** What is compared with: Javalin with the settings of the simulator's server and handlers that do nothing but answer. */
final class BareJavalin implements AutoCloseable {

    private static final int LARGEST_HEADERS = 1_200_000;

    private final Javalin javalin;

    BareJavalin() {
        QueuedThreadPool pool = new QueuedThreadPool(24, 2);
        pool.setDaemon(true);
        pool.setReservedThreads(0);
        byte[] ok = "{\"status\":\"OK\"}\n".getBytes(StandardCharsets.UTF_8);
        byte[] event = "{}".getBytes(StandardCharsets.UTF_8);
        javalin = Javalin.create(config -> {
            config.startup.startupWatcherEnabled = false;
            config.startup.showJavalinBanner = false;
            config.startup.showOldJavalinVersionWarning = false;
            config.http.compressionStrategy = CompressionStrategy.NONE;
            config.router.ignoreTrailingSlashes = false;
            config.jetty.threadPool = pool;
            config.jetty.host = "127.0.0.1";
            config.jetty.port = 0;
            config.jetty.modifyHttpConfiguration(http -> {
                http.setSendServerVersion(false);
                http.setSendDateHeader(true);
                http.setRequestHeaderSize(LARGEST_HEADERS);
                http.setMaxResponseHeaderSize(LARGEST_HEADERS);
                http.setInputBufferSize(32 * 1024);
            });
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
        javalin.start();
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), javalin.port());
    }

    @Override
    public void close() {
        javalin.stop();
    }
}

package io.lambdasimulator.benchmarks;

import io.lambdasimulator.LambdaSimulator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;

/** A runtime on one raw connection and a thread of its own that answers every event at once. */
final class RawRuntime implements AutoCloseable {

    private static final byte[] NEXT = RawConnection.get("/2018-06-01/runtime/invocation/next");

    private final RawConnection connection;
    private final Thread thread;
    private volatile boolean closed;

    RawRuntime(LambdaSimulator lambda) {
        connection = new RawConnection(address(lambda.runtimeApi()));
        thread = new Thread(this::run, "runtime");
        thread.setDaemon(true);
        thread.start();
    }

    static InetSocketAddress address(String hostAndPort) {
        URI uri = URI.create("http://" + hostAndPort);
        return new InetSocketAddress(uri.getHost(), uri.getPort());
    }

    private void run() {
        try {
            while (true) {
                connection.exchange(NEXT);
                String id = connection.header("Lambda-Runtime-Aws-Request-Id");
                connection.exchange(RawConnection.post("/2018-06-01/runtime/invocation/" + id + "/response", "{}"));
                if (connection.status() != 202) {
                    throw new IllegalStateException("a response was answered with " + connection.status());
                }
            }
        } catch (IOException e) {
            if (!closed) {
                throw new IllegalStateException("the runtime's connection broke", e);
            }
        }
    }

    /** Fails when it has stopped answering. */
    void check() {
        if (!thread.isAlive()) {
            throw new IllegalStateException("the runtime has stopped");
        }
    }

    @Override
    public void close() {
        closed = true;
        connection.close();
    }
}

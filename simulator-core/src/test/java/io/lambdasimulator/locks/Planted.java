package io.lambdasimulator.locks;

import io.lambdasimulator.CallbackOfPlanted;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;

/** Does under locks what must not be done there: counts as a class of the simulator. */
public final class Planted implements Callable<String> {

    private final ReentrantLock lock = new ReentrantLock();

    @Override
    public String call() throws Exception {
        writes();
        completes();
        waits();
        calls(new CallbackOfPlanted());
        return "done";
    }

    private void writes() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
                OutputStream out = socket.getOutputStream()) {
            lock.lock();
            try {
                out.write(1);
            } finally {
                lock.unlock();
            }
        }
    }

    private synchronized void completes() {
        new CompletableFuture<>().complete("done");
    }

    private void waits() throws InterruptedException {
        CountDownLatch open = new CountDownLatch(0);
        synchronized (lock) {
            open.await();
        }
        open.await();
    }

    private void calls(Runnable user) {
        synchronized (this) {
            user.run();
        }
        user.run();
    }
}

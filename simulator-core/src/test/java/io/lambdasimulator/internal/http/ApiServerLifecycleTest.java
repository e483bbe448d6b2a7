package io.lambdasimulator.internal.http;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lambdasimulator.hostile.Footprint;
import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ApiServerLifecycleTest {

    private final BlockingQueue<Exchange> exchanges = new LinkedBlockingQueue<>();
    private final AtomicInteger gone = new AtomicInteger();

    private final List<Route> routes = List.of(
            new Route("GET", "/ping", exchange -> exchange.answer(Bodies.ok("pong"))),
            new Route("POST", "/held", exchanges::add),
            new Route("GET", "/next", exchange -> {
                exchange.park(gone::incrementAndGet);
                exchanges.add(exchange);
            }));

    private ApiServer start(String name) throws IOException {
        return ApiServer.start(name, "127.0.0.1", 0, routes);
    }

    @Test
    void port_in_use_is_named_in_one_line() throws IOException {
        try (ApiServer server = start("first")) {
            int port = server.address().getPort();

            assertThatThrownBy(() -> ApiServer.start("second", "127.0.0.1", port, routes))
                    .isInstanceOf(BindException.class)
                    .hasMessage("cannot listen on 127.0.0.1:" + port + ": Address already in use");
        }
        assertThat(Threads.named("second")).isEmpty();
    }

    @Test
    void unknown_host_is_named_in_one_line() {
        assertThatThrownBy(() -> ApiServer.start("unknown", "no such host", 9001, routes))
                .isInstanceOf(BindException.class)
                .hasMessage("cannot listen on no such host:9001: unknown host");
    }

    @Test
    void clients_that_connect_while_it_closes_leave_no_descriptor() throws Exception {
        start("first").close(); // the JDK keeps a socket of its own from then on
        long before = Footprint.openSockets();
        for (int round = 0; round < 10; round++) {
            ApiServer server = start("closing");
            List<Thread> connecting = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                connecting.add(Threads.start(() -> {
                    while (true) {
                        try (RawClient client = new RawClient(server.address())) {
                            client.get("/ping");
                        }
                    }
                }));
            }
            try (RawClient client = new RawClient(server.address())) {
                assertThat(client.get("/ping").reply().body()).isEqualTo("pong");
            }
            server.close();
            for (Thread thread : connecting) {
                thread.join();
            }
        }
        Footprint.awaitNoMoreSocketsThan(before);
    }

    @Test
    void port_is_free_again_after_close() throws IOException {
        ApiServer first = start("first");
        int port = first.address().getPort();
        try (RawClient client = new RawClient(first.address())) {
            client.get("/ping").reply();
            first.close();
            try (ApiServer second = ApiServer.start("second", "127.0.0.1", port, routes);
                    RawClient other = new RawClient(second.address())) {
                assertThat(other.get("/ping").reply().body()).isEqualTo("pong");
            }
        }
    }

    @Test
    void close_ends_connections_without_an_answer_and_tells_who_waits() throws Exception {
        ApiServer server = start("closing");
        List<RawClient> clients = new ArrayList<>();
        List<String> told = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            RawClient idle = new RawClient(server.address());
            RawClient parked = new RawClient(server.address()).get("/next");
            RawClient sending = new RawClient(server.address());
            clients.addAll(List.of(idle, parked, sending));
            exchanges.take();
            // The server keeps it, and looks on.
            parked.send("x".repeat(i % 5 == 0 ? 60_000 : 0));
            sending.send("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
            exchanges.take().readBody(10, new Bodies.Reader() {
                @Override
                public void truncated() {
                    synchronized (told) {
                        told.add("truncated");
                    }
                }
            });
        }

        server.close();
        server.close();

        for (RawClient client : clients) {
            assertThat(client.isEnded()).isTrue();
        }
        assertThat(gone).hasValue(50);
        assertThat(told).hasSize(50);
        assertThatThrownBy(() -> new RawClient(server.address())).isInstanceOf(ConnectException.class);
        assertThat(Threads.named("closing")).isEmpty();
    }

    @Test
    void exchanges_may_be_used_after_close() throws Exception {
        ApiServer server = start("late");
        try (RawClient parked = new RawClient(server.address());
                RawClient held = new RawClient(server.address())) {
            parked.get("/next");
            Exchange first = exchanges.take();
            held.post("/held", "body");
            Exchange second = exchanges.take();
            server.close();

            first.answer(Bodies.ok("late"));
            first.drop();
            second.readBody(10, new Bodies.Reader());
            second.park(gone::incrementAndGet);
            second.answer(Bodies.ok("late"));
            second.drop();

            assertThat(gone).hasValue(1);
        }
    }

    @Test
    void streams_that_wait_are_told_of_the_close() throws Exception {
        CompletableFuture<String> told = new CompletableFuture<>();
        CompletableFuture<Void> never = new CompletableFuture<>();
        CompletableFuture<Void> arrived = new CompletableFuture<>();
        ApiServer server = start("streams");
        try (RawClient client = new RawClient(server.address())) {
            client.send("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
            exchanges.take().streamBody(new Exchange.BodyStream() {
                @Override
                public CompletableFuture<Void> piece(byte[] bytes) {
                    arrived.complete(null);
                    return never;
                }

                @Override
                public void end(Exchange.Trailers trailers) {
                    told.complete("end");
                }

                @Override
                public void truncated() {
                    told.complete("truncated");
                }
            });
            arrived.get(20, SECONDS);
            server.close();

            assertThat(told).isCompletedWithValue("truncated");
        }
    }

    @Test
    void server_may_be_closed_by_one_of_its_own_threads() throws Exception {
        CompletableFuture<ApiServer> server = new CompletableFuture<>();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        Route close = new Route("GET", "/close", exchange -> {
            server.join().close();
            closed.complete(null);
        });
        server.complete(ApiServer.start("selfclosed", "127.0.0.1", 0, List.of(close)));
        try (RawClient client = new RawClient(server.join().address())) {
            client.get("/close");

            assertThat(client.isEnded()).isTrue();
            closed.get(20, SECONDS);
        }
        await("its threads to end").until(() -> Threads.named("selfclosed").isEmpty());
    }

    @Test
    void server_may_be_closed_by_an_interrupted_thread() throws Exception {
        ApiServer server = start("interrupted");
        try (RawClient client = new RawClient(server.address()).get("/next")) {
            exchanges.take();
            Thread.currentThread().interrupt();
            server.close();

            assertThat(Thread.interrupted()).isTrue();
            assertThat(client.isEnded()).isTrue();
            assertThat(gone).hasValue(1);
            assertThat(Threads.named("interrupted")).isEmpty();
        }
    }

    @Test
    void nothing_times_out() throws Exception {
        try (ApiServer server = start("patient");
                RawClient client = new RawClient(server.address())) {
            client.get("/next");
            exchanges.take();

            assertThat(server.connections()).hasSize(1).allMatch(connection -> connection.getIdleTimeout() <= 0);
        }
    }

    @Test
    void close_amid_traffic_shows_no_client_an_error() throws Exception {
        for (int i = 0; i < 20; i++) {
            ApiServer server = start("traffic");
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int j = 0; j < 4; j++) {
                CompletableFuture<Void> ended = new CompletableFuture<>();
                clients.add(ended);
                CompletableFuture<Void> working = new CompletableFuture<>();
                Threads.start(() -> {
                    try (RawClient client = new RawClient(server.address())) {
                        while (true) {
                            RawClient.Reply reply = client.get("/ping").reply();
                            working.complete(null);
                            if (reply.status() != 200) {
                                ended.completeExceptionally(new AssertionError(reply.toString()));
                            }
                        }
                    } catch (IOException e) {
                        ended.complete(null);
                    }
                });
                working.get(20, SECONDS);
            }
            server.close();
            for (CompletableFuture<Void> client : clients) {
                client.get(20, SECONDS);
            }
        }
    }

    @Test
    void starting_and_closing_leaks_neither_threads_nor_descriptors() throws Exception {
        File descriptors = new File("/proc/self/fd");
        assumeTrue(descriptors.isDirectory(), "descriptors are counted on Linux");
        startUseClose();
        int before = count(descriptors);

        for (int i = 0; i < 100; i++) {
            startUseClose();
        }

        assertThat(Threads.named("leaks")).isEmpty();
        assertThat(count(descriptors)).isLessThan(before + 10);
    }

    private void startUseClose() throws Exception {
        ApiServer server = start("leaks");
        try (RawClient parked = new RawClient(server.address()).get("/next");
                RawClient client = new RawClient(server.address())) {
            assertThat(client.get("/ping").reply().body()).isEqualTo("pong");
            exchanges.take();
            server.close();
            assertThat(parked.isEnded()).isTrue();
        }
    }

    private static int count(File directory) {
        String[] names = directory.list();
        return names == null ? 0 : names.length;
    }

    @Test
    void threads_are_daemons_named_after_the_server() throws IOException {
        try (ApiServer server = start("named");
                RawClient client = new RawClient(server.address())) {
            client.get("/ping").reply();

            assertThat(Threads.named("named")).isNotEmpty().allMatch(Thread::isDaemon);
        }
    }
}

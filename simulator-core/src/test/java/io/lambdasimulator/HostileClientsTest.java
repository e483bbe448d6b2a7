package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.hostile.Footprint;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that are slow, silent, endless or many. Nothing has a timeout but invocations, so what ends their connections is that they
 * leave or that the environment closes; until then they hold nobody up.
 */
class HostileClientsTest {

    /** For what must not wait for a hostile client; on a machine with much to do it may take its time. */
    private static final Duration SOON = Duration.ofSeconds(10);

    private static final String INVOKE = "/2015-03-31/functions/function/invocations";
    private static final String INVOKE_STREAMING = "/2021-11-15/functions/function/response-streaming-invocations";
    private static final String MEBIBYTE = "x".repeat(1_048_576);
    private static final String MEBIBYTE_CHUNK = "100000\r\n" + MEBIBYTE + "\r\n";

    /** The server's threads are at most 24 for each of three listeners. */
    private static final int MOST_THREADS = 3 * 24;

    /** What hostile clients do to an environment, each kind in its numbers. */
    private enum Attack {
        /** Heads and bodies that come byte by byte and never end. */
        SLOW_SENDERS {
            @Override
            void begin(LambdaSimulator lambda, Clients clients) {
                List<Socket> sockets = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    for (String address : addresses(lambda)) {
                        sockets.add(clients.connect(address));
                    }
                }
                String head = "POST " + INVOKE + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n";
                for (int at = 0; at < head.length() + 20; at++) {
                    // A third each stays in the head, has come to the body, or has begun it.
                    String half = at < head.length() ? head.substring(at, at + 1) : "";
                    String whole = (head + "\r\n{\"slow\":\"" + "x".repeat(20)).substring(at, at + 1);
                    for (int i = 0; i < sockets.size(); i++) {
                        clients.send(sockets.get(i), i % 2 == 0 ? half : whole);
                    }
                }
            }
        },
        /** Connections whose client says at once, or in the middle, that nothing follows. */
        HALF_OPEN {
            @Override
            void begin(LambdaSimulator lambda, Clients clients) {
                for (int i = 0; i < 200; i++) {
                    for (String address : addresses(lambda)) {
                        Socket socket = clients.connect(address);
                        String request = "POST " + INVOKE + " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n{}";
                        clients.send(socket, request.substring(0, i * request.length() / 199));
                        clients.halfClose(socket);
                    }
                }
            }
        },
        /** Connections on which nothing is ever sent. */
        SILENT {
            @Override
            void begin(LambdaSimulator lambda, Clients clients) {
                for (int i = 0; i < connections(1_000); i++) {
                    for (String address : addresses(lambda)) {
                        clients.connect(address);
                    }
                }
            }
        },
        /** Polls of runtimes that nobody needs. */
        PARKED_POLLS {
            @Override
            void begin(LambdaSimulator lambda, Clients clients) {
                for (int i = 0; i < connections(5_000); i++) {
                    clients.send(
                            clients.connect(lambda.runtimeApi()),
                            "GET " + BareRuntime.NEXT + " HTTP/1.1\r\nHost: h\r\n\r\n");
                }
            }
        },
        /** Polls behind which more is sent than anybody reads. */
        POLLS_WITH_A_TAIL {
            @Override
            void begin(LambdaSimulator lambda, Clients clients) {
                for (int i = 0; i < 20; i++) {
                    Socket socket = clients.connect(lambda.runtimeApi());
                    clients.pump(socket, "GET " + BareRuntime.NEXT + " HTTP/1.1\r\nHost: h\r\n\r\n", MEBIBYTE);
                }
            }
        },
        /** Callers that ask for much and read nothing of it. */
        NEVER_READING {
            @Override
            void begin(LambdaSimulator lambda, Clients clients) {
                String payload = "\"" + "x".repeat(4 * 1_048_576) + "\"";
                for (int i = 0; i < 4; i++) {
                    String target = List.of(INVOKE, INVOKE_STREAMING).get(i % 2);
                    Socket socket = clients.connect(frontDoor(lambda), 4_096);
                    clients.pump(
                            socket,
                            "POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + payload.length()
                                    + "\r\n\r\n" + payload,
                            "");
                }
            }
        },
        /** Heads without an end. */
        ENDLESS_HEADERS {
            @Override
            void begin(LambdaSimulator lambda, Clients clients) {
                for (String address : addresses(lambda)) {
                    clients.pump(
                            clients.connect(address),
                            "GET / HTTP/1.1\r\nHost: h\r\n",
                            "X: " + "h".repeat(60_000) + "\r\n");
                    clients.pump(clients.connect(address), "GET /", "t".repeat(60_000));
                    clients.pump(clients.connect(address), "GET / HTTP/1.1\r\nHost: h\r\nX: ", "v".repeat(60_000));
                }
            }
        },
        /** Bodies without an end, in chunks. */
        ENDLESS_BODIES {
            @Override
            void begin(LambdaSimulator lambda, Clients clients) {
                String chunked = " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
                clients.pump(clients.connect(frontDoor(lambda)), "POST " + INVOKE + chunked, MEBIBYTE_CHUNK);
                clients.pump(clients.connect(frontDoor(lambda)), "POST " + INVOKE_STREAMING + chunked, MEBIBYTE_CHUNK);
                clients.pump(clients.connect(functionUrl(lambda)), "PUT /" + chunked, MEBIBYTE_CHUNK);
                clients.pump(
                        clients.connect(lambda.runtimeApi()),
                        "POST " + BareRuntime.response("x") + chunked,
                        MEBIBYTE_CHUNK);
                // No poll of the runtime's, which could get the invocation.
                clients.pump(
                        clients.connect(lambda.runtimeApi()), "GET " + BareExtension.NEXT + chunked, MEBIBYTE_CHUNK);
                clients.pump(clients.connect(lambda.runtimeApi()), "PUT /nowhere" + chunked, MEBIBYTE_CHUNK);
            }
        };

        abstract void begin(LambdaSimulator lambda, Clients clients);
    }

    private static String frontDoor(LambdaSimulator lambda) {
        return lambda.frontDoor().orElseThrow().getAuthority();
    }

    private static String functionUrl(LambdaSimulator lambda) {
        return lambda.functionUrl().orElseThrow().getAuthority();
    }

    private static List<String> addresses(LambdaSimulator lambda) {
        return List.of(lambda.runtimeApi(), frontDoor(lambda), functionUrl(lambda));
    }

    /** That many, or as many as this process may have: both ends are here. */
    private static int connections(int wanted) {
        var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long free = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount();
        return (int) Math.min(wanted, free / 8);
    }

    /** The hostile clients of a test. */
    private static final class Clients implements AutoCloseable {
        private final List<Socket> sockets = new CopyOnWriteArrayList<>();
        private final List<Thread> pumps = new ArrayList<>();

        Socket connect(String address) {
            return connect(address, 0);
        }

        Socket connect(String address, int receiveBuffer) {
            try {
                URI uri = URI.create("http://" + address);
                Socket socket = new Socket();
                if (receiveBuffer > 0) {
                    socket.setReceiveBufferSize(receiveBuffer);
                }
                socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()));
                socket.setTcpNoDelay(true);
                socket.setSoTimeout((int) Wire.PATIENCE.toMillis());
                sockets.add(socket);
                return socket;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Sends, unless the connection has been ended. */
        void send(Socket socket, String latin1) {
            try {
                socket.getOutputStream().write(latin1.getBytes(StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                // The test asks how it ended, where that matters.
            }
        }

        void halfClose(Socket socket) {
            try {
                socket.shutdownOutput();
            } catch (IOException e) {
                // As above.
            }
        }

        /** Sends a beginning, and the rest again and again until the connection ends. */
        void pump(Socket socket, String beginning, String rest) {
            byte[] again = rest.getBytes(StandardCharsets.ISO_8859_1);
            Thread pump = new Thread(
                    () -> {
                        try {
                            socket.getOutputStream().write(beginning.getBytes(StandardCharsets.ISO_8859_1));
                            while (again.length > 0) {
                                socket.getOutputStream().write(again);
                            }
                        } catch (IOException e) {
                            // Ended, by whomever.
                        }
                    },
                    "hostile client");
            pump.setDaemon(true);
            pump.start();
            pumps.add(pump);
        }

        /** Waits until each connection has ended, whatever came before. */
        void assertAllEnd() {
            for (Socket socket : sockets) {
                try {
                    socket.getInputStream().transferTo(OutputStream.nullOutputStream());
                } catch (SocketException e) {
                    // A reset is an end as well.
                } catch (IOException e) {
                    throw new AssertionError("a connection did not end", e);
                }
            }
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : sockets) {
                socket.close();
            }
            assertThat(pumps)
                    .allSatisfy(pump -> assertThat(CompletableFuture.runAsync(() -> join(pump)))
                            .succeedsWithin(Wire.PATIENCE));
            // What refers to them may outlive them on a stack.
            sockets.clear();
        }

        private static void join(Thread thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static LambdaSimulator start() {
        return LambdaSimulator.builder()
                .retain(100, 2_000)
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofMinutes(10))
                        .build())
                .runtime((event, context) -> event)
                .frontDoor()
                .functionUrl()
                .start()
                .awaitInit(Wire.PATIENCE);
    }

    private static void assertServes(LambdaSimulator lambda) {
        long began = System.nanoTime();
        assertThat(lambda.invoke("{\"n\":1}").payloadText()).isEqualTo("{\"n\":1}");
        Reply reply = Wire.call(frontDoor(lambda), "POST", INVOKE, "{\"n\":2}");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.text()).isEqualTo("{\"n\":2}");
        assertThat(Wire.call(functionUrl(lambda), "GET", "/x", "").text()).contains("\"rawPath\":\"/x\"");
        assertThat(Wire.call(lambda.runtimeApi(), "GET", "/2018-06-01/ping", "").text())
                .isEqualTo("pong");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SOON);
    }

    private static long serverThreads() {
        return Footprint.threads().stream()
                .filter(name -> name.matches("(runtime-api|front-door|function-url).*"))
                .count();
    }

    private static Footprint untouched;

    @BeforeAll
    static void loadWhatStays() throws Exception {
        try (LambdaSimulator lambda = start();
                Clients clients = new Clients()) {
            Attack.HALF_OPEN.begin(lambda, clients);
            assertServes(lambda);
        }
        untouched = Footprint.now();
    }

    /** Whoever polls as a runtime may get the invocation, so these polls are in a test of their own. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PARKED_POLLS")
    void hold_nobody_up_and_leave_nothing(Attack attack) throws Exception {
        attackAndLeave(attack);
        untouched.awaitItAgain();
    }

    private static void attackAndLeave(Attack attack) throws Exception {
        try (LambdaSimulator lambda = start()) {
            assertServes(lambda);
            long sockets = Footprint.openSockets();
            try (Clients clients = new Clients()) {
                attack.begin(lambda, clients);
                assertServes(lambda);
                assertThat(serverThreads()).isLessThanOrEqualTo(MOST_THREADS);
            }
            Footprint.awaitNoMoreSocketsThan(sockets);
            assertServes(lambda);
        }
    }

    @ParameterizedTest
    @EnumSource
    void do_not_hold_up_the_end_of_the_environment_which_is_theirs_too(Attack attack) throws Exception {
        try (Clients clients = new Clients()) {
            LambdaSimulator lambda = start();
            attack.begin(lambda, clients);
            long began = System.nanoTime();

            lambda.close();

            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SOON);
            clients.assertAllEnd();
        }
    }

    @Nested
    class Headers_of_10_MiB {

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 2})
        void are_refused_to_a_client_that_sends_them_all_before_it_reads(int listener) throws Exception {
            try (LambdaSimulator lambda = start();
                    Wire wire = new Wire(addresses(lambda).get(listener))) {
                wire.send("GET / HTTP/1.1\r\nHost: h\r\n");
                for (int i = 0; i < 10; i++) {
                    wire.send("X-" + i + ": " + MEBIBYTE + "\r\n");
                }
                wire.send("\r\n");

                wire.reply()
                        .assertJson(
                                431,
                                "{\"errorMessage\":\"the request headers are too large\","
                                        + "\"errorType\":\"InvalidRequestFormat\"}\n");
                wire.assertEnds();
                assertServes(lambda);
            }
        }

        @Test
        void are_not_kept() throws Exception {
            var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            try (LambdaSimulator lambda = start();
                    Clients clients = new Clients()) {
                assertServes(lambda);
                Socket socket = clients.connect(lambda.runtimeApi());
                clients.pump(socket, "GET / HTTP/1.1\r\nHost: h\r\nX: ", MEBIBYTE);

                assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1))
                        .isEqualTo("HTTP/1.1 431");
                clients.assertAllEnd();
                long allocated = Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("runtime-api"))
                        .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.getId()))
                        .sum();
                // The 1.2 MB that are allowed are kept in a text that grows by doubling.
                assertThat(allocated).isLessThan(24L * 1_048_576);
            }
        }
    }

    @Nested
    class An_endless_body {

        private static final String CHUNKED = " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

        @Test
        void of_a_response_fails_its_invocation_as_soon_as_it_is_too_large() throws Exception {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                            .function(FunctionConfiguration.builder()
                                    .timeout(Duration.ofMinutes(10))
                                    .build())
                            .start();
                    BareRuntime runtime = new BareRuntime(lambda)) {
                runtime.park();
                Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
                String requestId = BareRuntime.requestIdOf(runtime.reply());
                runtime.wire().send("POST " + BareRuntime.response(requestId) + CHUNKED);
                for (int i = 0; i < 7; i++) {
                    runtime.wire().send(MEBIBYTE_CHUNK);
                }

                // The body has not ended.
                assertThat(invocation.awaitAnswer(SOON).errorType()).contains("Function.ResponseSizeTooLarge");

                new Moments(lambda).bringsRuntimeTo(RuntimeState.READY, () -> {
                    try (BareRuntime next = new BareRuntime(lambda)) {
                        Invocation other = lambda.submit(InvocationRequest.of("1"));
                        next.poll().echo();
                        assertThat(other.awaitAnswer(SOON).payloadText()).isEqualTo("1");
                    }
                });
                runtime.wire().send("0\r\n\r\n");
                runtime.reply()
                        .assertRefused(
                                413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291556 bytes).");
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "POST " + INVOKE,
                    "POST " + INVOKE_STREAMING,
                    "PUT /function-url",
                    "POST /2018-06-01/runtime/init/error",
                    "POST /2020-01-01/extension/register"
                })
        void is_refused_with_the_error_of_its_limit_and_ended(String request) throws Exception {
            try (LambdaSimulator lambda = start();
                    Clients clients = new Clients()) {
                String address = request.contains("function-url")
                        ? functionUrl(lambda)
                        : request.contains("/functions/") ? frontDoor(lambda) : lambda.runtimeApi();
                Socket socket = clients.connect(address);
                clients.pump(
                        socket,
                        request + CHUNKED.replace("h\r\n", "h\r\nLambda-Extension-Name: x\r\n"),
                        MEBIBYTE_CHUNK);

                assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1))
                        .isEqualTo("HTTP/1.1 413");
                clients.assertAllEnd();
                assertServes(lambda);
            }
        }

        @Test
        void of_a_poll_ends_it() throws Exception {
            try (LambdaSimulator lambda = LambdaSimulator.builder().start();
                    Clients clients = new Clients()) {
                clients.pump(clients.connect(lambda.runtimeApi()), "GET " + BareRuntime.NEXT + CHUNKED, MEBIBYTE_CHUNK);

                clients.assertAllEnd();
                lambda.eventLog().await(Event.PollWithdrawn.class, withdrawn -> true, SOON);
            }
        }

        @Test
        void of_a_streamed_response_is_cut_at_its_limit_and_its_caller_told() throws Exception {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                            .function(FunctionConfiguration.builder()
                                    .timeout(Duration.ofMinutes(10))
                                    .build())
                            .frontDoor()
                            .start();
                    BareRuntime runtime = new BareRuntime(lambda);
                    Clients clients = new Clients();
                    Wire caller = new Wire(frontDoor(lambda))) {
                runtime.park();
                caller.request("POST", INVOKE_STREAMING, "{}");
                String requestId = BareRuntime.requestIdOf(runtime.reply());
                clients.pump(
                        clients.connect(lambda.runtimeApi()),
                        "POST " + BareRuntime.response(requestId)
                                + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                                + "Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n",
                        MEBIBYTE_CHUNK);
                CompletableFuture<byte[]> end = CompletableFuture.supplyAsync(() -> {
                    caller.answerHead();
                    byte[] last = {};
                    for (byte[] chunk = caller.answerChunk(); chunk.length > 0; chunk = caller.answerChunk()) {
                        last = chunk;
                    }
                    return last;
                });

                clients.assertAllEnd();
                runtime.poll();

                assertThat(end)
                        .succeedsWithin(Wire.PATIENCE)
                        .satisfies(last -> assertThat(new String(last, StandardCharsets.ISO_8859_1))
                                .contains("Function.ResponseSizeTooLarge"));
            }
        }
    }

    @Nested
    class A_runtime_that_does_not_read {

        @Test
        void times_out_and_the_next_one_serves() throws Exception {
            try (LambdaSimulator lambda = LambdaSimulator.builder()
                            .function(FunctionConfiguration.builder()
                                    .timeout(Duration.ofMillis(500))
                                    .build())
                            .start();
                    Clients clients = new Clients()) {
                Socket deaf = clients.connect(lambda.runtimeApi(), 4_096);
                clients.send(deaf, "GET " + BareRuntime.NEXT + " HTTP/1.1\r\nHost: h\r\n\r\n");
                lambda.awaitInit(Wire.PATIENCE);

                Invocation invocation = lambda.submit(InvocationRequest.of("\"" + "x".repeat(6_000_000) + "\""));

                assertThat(invocation.awaitAnswer(SOON).errorType()).contains("Sandbox.Timedout");
                try (BareRuntime next = new BareRuntime(lambda)) {
                    next.poll();
                    Invocation other = lambda.submit(InvocationRequest.of("1"));
                    next.echo();
                    assertThat(other.awaitAnswer(SOON).payloadText()).isEqualTo("1");
                }
            }
        }
    }

    @Test
    void who_are_refused_and_stay_cost_less_than_what_is_read_at_once() throws Exception {
        try (LambdaSimulator lambda = start();
                Clients clients = new Clients()) {
            assertServes(lambda);
            int refused = connections(500);
            long before = Footprint.heapBytes();
            for (int i = 0; i < refused; i++) {
                Socket socket = clients.connect(lambda.runtimeApi());
                clients.send(socket, "NONSENSE\r\n\r\n");
                assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1))
                        .isEqualTo("HTTP/1.1 400");
            }

            Awaitility.await("heap of a connection")
                    .atMost(SOON)
                    .untilAsserted(() -> assertThat((Footprint.heapBytes() - before) / refused)
                            .isLessThan(24 * 1024L));
            assertServes(lambda);
        }
    }

    @Test
    void polls_by_the_thousand_are_all_withdrawn_when_their_clients_leave() throws Exception {
        int polls = connections(5_000);
        try (LambdaSimulator lambda =
                LambdaSimulator.builder().retain(100, 20_000).start()) {
            long sockets = Footprint.openSockets();
            try (Clients clients = new Clients()) {
                for (int i = 0; i < polls; i++) {
                    clients.send(
                            clients.connect(lambda.runtimeApi()),
                            "GET " + BareRuntime.NEXT + " HTTP/1.1\r\nHost: h\r\n\r\n");
                }
                lambda.awaitInit(Wire.PATIENCE);
                assertThat(serverThreads()).isLessThanOrEqualTo(24);
            }
            Footprint.awaitNoMoreSocketsThan(sockets);
            Awaitility.await("a poll withdrawn for each client")
                    .atMost(Wire.PATIENCE)
                    .until(() ->
                            lambda.eventLog().events(Event.PollWithdrawn.class).size() == polls);

            try (BareRuntime runtime = new BareRuntime(lambda)) {
                Invocation invocation = lambda.submit(InvocationRequest.of("1"));
                runtime.poll().echo();
                assertThat(invocation.awaitAnswer(SOON).payloadText()).isEqualTo("1");
            }
        }
    }
}

package io.lambdasimulator.internal.http;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ApiServerLongPollsTest {

    /** A poll that waits, and how often its client was said to be gone. */
    private static final class Poll {
        final Exchange exchange;
        final AtomicInteger gone = new AtomicInteger();
        private final Semaphore goneOnce = new Semaphore(0);

        Poll(Exchange exchange) {
            this.exchange = exchange;
        }

        void park() {
            exchange.park(() -> {
                gone.incrementAndGet();
                goneOnce.release();
            });
        }

        void awaitGone() throws InterruptedException {
            assertThat(goneOnce.tryAcquire(20, SECONDS))
                    .as("told that the client is gone")
                    .isTrue();
        }
    }

    private final BlockingQueue<Poll> polls = new LinkedBlockingQueue<>();
    /** What the handler of /slow waits for before it goes on. */
    private final BlockingQueue<CountDownLatch> slow = new LinkedBlockingQueue<>();

    private ApiServer server;

    @BeforeEach
    void start() throws IOException {
        Route.Handler park = exchange -> {
            Poll poll = new Poll(exchange);
            poll.park();
            polls.add(poll);
        };
        server = ApiServer.start(
                "polls",
                "127.0.0.1",
                0,
                List.of(
                        new Route("GET", "/next", park),
                        new Route("POST", "/next", park),
                        new Route("GET", "/held", exchange -> polls.add(new Poll(exchange))),
                        new Route("POST", "/read-then-park", exchange -> {
                            exchange.readBody(100, new Bodies.Reader() {
                                @Override
                                public void complete(byte[] body) {
                                    park.handle(exchange);
                                }
                            });
                        }),
                        new Route("GET", "/slow", exchange -> {
                            try {
                                slow.take().await();
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                            exchange.park(() -> {});
                            exchange.answer(Bodies.ok("slow"));
                        }),
                        new Route("GET", "/ping", exchange -> exchange.answer(Bodies.ok("pong")))));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawClient client() throws IOException {
        return new RawClient(server.address());
    }

    private Poll nextPoll() throws InterruptedException {
        Poll poll = polls.poll(20, SECONDS);
        assertThat(poll).as("a poll").isNotNull();
        return poll;
    }

    /** Passes once all that the server was told before has been worked on. */
    private void settle() throws IOException {
        try (RawClient client = client()) {
            for (int i = 0; i < 20; i++) {
                assertThat(client.get("/ping").reply().body()).isEqualTo("pong");
            }
        }
    }

    interface Departure {
        void of(RawClient client) throws IOException;
    }

    private void assertNoticed(Departure departure) throws Exception {
        for (int i = 0; i < 100; i++) {
            try (RawClient client = client()) {
                client.get("/next");
                Poll poll = nextPoll();
                departure.of(client);
                poll.awaitGone();
                poll.exchange.answer(Bodies.ok("nobody is there"));
                assertThat(poll.gone).hasValue(1);
            }
        }
    }

    @Test
    void close_is_noticed() throws Exception {
        assertNoticed(RawClient::leave);
    }

    @Test
    void reset_is_noticed() throws Exception {
        assertNoticed(RawClient::reset);
    }

    @Test
    void half_close_is_noticed_and_ends_the_connection() throws Exception {
        assertNoticed(client -> {
            client.socket.shutdownOutput();
            assertThat(client.isEnded()).isTrue();
        });
    }

    @Test
    void close_on_a_connection_used_before_is_noticed() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (RawClient client = client()) {
                for (int j = 0; j < 3; j++) {
                    client.get("/next");
                    nextPoll().exchange.answer(Bodies.ok("answered"));
                    assertThat(client.reply().body()).isEqualTo("answered");
                }
                client.get("/next");
                Poll poll = nextPoll();
                client.leave();
                poll.awaitGone();
            }
        }
    }

    @Test
    void killed_client_is_noticed() throws Exception {
        assumeThatCode(() -> new ProcessBuilder("python3", "--version").start().waitFor())
                .doesNotThrowAnyException();
        String poll = "import socket, time; s = socket.create_connection(('127.0.0.1', "
                + server.address().getPort()
                + ")); s.sendall(b'GET /next HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n'); time.sleep(600)";
        for (int i = 0; i < 5; i++) {
            Process client =
                    new ProcessBuilder("python3", "-c", poll).inheritIO().start();
            try {
                Poll parked = nextPoll();
                client.destroyForcibly();
                parked.awaitGone();
            } finally {
                client.destroyForcibly();
            }
        }
    }

    @Test
    void answered_poll_is_never_said_to_be_gone_and_the_connection_is_used_again() throws Exception {
        List<Poll> answered = new ArrayList<>();
        try (RawClient client = client()) {
            for (int i = 0; i < 3000; i++) {
                client.get("/next");
                Poll poll = nextPoll();
                poll.exchange.answer(Bodies.ok("event " + i));
                assertThat(client.reply().body()).isEqualTo("event " + i);
                answered.add(poll);
            }
        }
        settle();
        assertThat(answered).allSatisfy(poll -> assertThat(poll.gone).hasValue(0));
    }

    @Test
    void departure_is_noticed_when_nobody_watched_and_the_answer_is_withheld() throws Exception {
        for (int i = 0; i < 200; i++) {
            RawClient client = client();
            client.get("/held");
            Poll poll = nextPoll();
            client.close();
            poll.park();
            poll.awaitGone();
        }
    }

    @Test
    void pipelined_requests_wait_behind_a_parked_poll() throws Exception {
        try (RawClient client = client()) {
            for (int i = 0; i < 100; i++) {
                client.get("/next").get("/ping").get("/next").get("/ping");
                nextPoll().exchange.answer(Bodies.ok("1"));
                assertThat(client.reply().body()).isEqualTo("1");
                assertThat(client.reply().body()).isEqualTo("pong");
                Poll second = nextPoll();
                second.exchange.answer(Bodies.ok("2"));
                assertThat(client.reply().body()).isEqualTo("2");
                assertThat(client.reply().body()).isEqualTo("pong");
            }
        }
    }

    @Test
    void bytes_that_arrive_while_parked_are_kept_in_order() throws Exception {
        try (RawClient client = client()) {
            for (int i = 0; i < 20; i++) {
                client.get("/next");
                Poll poll = nextPoll();
                for (int j = 0; j < 30; j++) {
                    client.send("GET /ping HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(2000) + "\r\n\r\n");
                }
                settle();
                poll.exchange.answer(Bodies.ok("answered"));

                assertThat(client.reply().body()).isEqualTo("answered");
                for (int j = 0; j < 30; j++) {
                    assertThat(client.reply().body()).isEqualTo("pong");
                }
                assertThat(poll.gone).hasValue(0);
            }
        }
    }

    @Test
    void more_than_64_KiB_behind_a_parked_poll_end_it() throws Exception {
        try (RawClient client = client()) {
            client.get("/next");
            Poll poll = nextPoll();
            Thread sender = Threads.start(() -> {
                while (true) {
                    client.get("/ping");
                }
            });

            poll.awaitGone();
            sender.join();
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void departure_behind_a_pipelined_request_is_noticed() throws Exception {
        assertNoticed(client -> client.get("/ping").leave());
    }

    @Test
    void departure_after_a_body_is_noticed() throws Exception {
        for (int i = 0; i < 50; i++) {
            RawClient client = client();
            client.post("/next", "a body nobody asked for");
            Poll poll = nextPoll();
            client.close();
            poll.awaitGone();
        }
        RawClient client = client();
        client.send("POST /next HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
        Poll poll = nextPoll();
        client.close();
        poll.awaitGone();
    }

    @Test
    void departure_is_noticed_when_the_body_was_read_before() throws Exception {
        for (int i = 0; i < 50; i++) {
            RawClient client = client();
            client.post("/read-then-park", "a body somebody asked for");
            Poll poll = nextPoll();
            client.leave();
            poll.awaitGone();
        }
    }

    @Test
    void answer_is_not_written_to_a_peer_known_dead() throws Exception {
        for (int i = 0; i < 300; i++) {
            RawClient client = client();
            client.get("/next");
            Poll poll = nextPoll();
            client.close();
            poll.exchange.answer(Bodies.ok("too late"));
            poll.awaitGone();
            assertThat(poll.gone).hasValue(1);
        }
    }

    @Test
    void departure_amid_the_answer_is_noticed() throws Exception {
        Answer large = Bodies.ok("x".repeat(20_000_000));
        for (int i = 0; i < 20; i++) {
            RawClient client = new RawClient(server.address(), 4096);
            client.get("/next");
            Poll poll = nextPoll();
            poll.exchange.answer(large);
            client.reset();
            poll.awaitGone();
            assertThat(poll.gone).hasValue(1);
        }
    }

    @Test
    void answer_given_by_the_handler_itself_lets_go_what_came_meanwhile() throws Exception {
        try (RawClient client = client()) {
            for (int i = 0; i < 50; i++) {
                client.get("/slow");
                CountDownLatch goOn = new CountDownLatch(1);
                slow.put(goOn);
                client.get("/ping");
                goOn.countDown();

                assertThat(client.reply().body()).isEqualTo("slow");
                assertThat(client.reply().body()).isEqualTo("pong");
            }
        }
    }

    @Test
    void answer_drop_and_departure_at_once_have_one_outcome() throws Exception {
        for (int i = 0; i < 300; i++) {
            try (RawClient client = client()) {
                client.get("/next");
                Poll poll = nextPoll();
                CyclicBarrier together = new CyclicBarrier(3);
                Thread answer = Threads.start(() -> {
                    together.await();
                    poll.exchange.answer(Bodies.ok("answer"));
                });
                Thread drop = Threads.start(() -> {
                    together.await();
                    poll.exchange.drop();
                });
                together.await();
                boolean delivered;
                try {
                    delivered = client.reply().body().equals("answer");
                } catch (IOException e) {
                    delivered = false;
                }
                answer.join();
                drop.join();
                assertThat(poll.gone).hasValue(0);
                if (delivered) {
                    assertThat(client.get("/ping").reply().body()).isEqualTo("pong");
                } else {
                    assertThat(client.isEnded()).isTrue();
                }
            }
        }
    }

    @Test
    void answer_during_park_is_delivered() throws Exception {
        try (RawClient client = client()) {
            for (int i = 0; i < 1000; i++) {
                client.get("/held");
                Poll poll = nextPoll();
                CyclicBarrier together = new CyclicBarrier(2);
                Thread answer = Threads.start(() -> {
                    together.await();
                    poll.exchange.answer(Bodies.ok("answer"));
                });
                together.await();
                poll.park();
                assertThat(client.reply().body()).isEqualTo("answer");
                answer.join();
                assertThat(poll.gone).hasValue(0);
            }
        }
    }

    @Test
    void dropped_poll_sees_its_connection_end() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (RawClient client = client()) {
                client.get("/next");
                Poll poll = nextPoll();
                poll.exchange.drop();
                assertThat(client.isEnded()).isTrue();
                assertThat(poll.gone).hasValue(0);
            }
        }
    }

    @Test
    void failing_on_gone_does_no_harm() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        RawClient client = client();
        client.get("/held");
        nextPoll().exchange.park(() -> {
            told.countDown();
            throw new IllegalStateException("failing on purpose");
        });
        client.close();
        assertThat(told.await(20, SECONDS)).isTrue();
        settle();
    }

    @Test
    void two_thousand_polls_wait_on_few_threads_and_are_all_answered() throws Exception {
        int count = 2000;
        List<RawClient> clients = new ArrayList<>();
        List<Poll> parked = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                clients.add(client().get("/next"));
            }
            for (int i = 0; i < count; i++) {
                parked.add(nextPoll());
            }
            settle();
            assertThat(Threads.named("polls")).hasSizeLessThanOrEqualTo(24);

            for (Poll poll : parked) {
                poll.exchange.answer(Bodies.ok("event"));
            }
            for (RawClient client : clients) {
                assertThat(client.reply().body()).isEqualTo("event");
                client.get("/next");
            }
            for (int i = 0; i < count; i++) {
                parked.set(i, nextPoll());
            }
            for (RawClient client : clients) {
                client.close();
            }
            for (Poll poll : parked) {
                poll.awaitGone();
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}

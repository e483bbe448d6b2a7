package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lambdasimulator.Wire.Reply;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.time.VirtualClock;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.eventstream.Message;
import software.amazon.eventstream.MessageDecoder;

/**
 * {@code POST /2021-11-15/functions/NAME/response-streaming-invocations} (AWS: InvokeWithResponseStream; spec: aws-contract
 * §1.8).
 */
class StreamingInvokeTest {

    private static final String PATH = "/2021-11-15/functions/test-function/response-streaming-invocations";
    private static final String BUFFERED = "/2015-03-31/functions/test-function/invocations";
    private static final String TAIL = "X-Amz-Log-Type: Tail";
    private static final int RESPONSE_LIMIT = 6_291_556;
    private static final long STREAM_LIMIT = 200L * 1_048_576;

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private final List<Wire> callers = new ArrayList<>();
    private LambdaSimulator lambda;
    private BareRuntime runtime;

    @BeforeEach
    void start() {
        start(LambdaSimulator.builder());
    }

    private void start(LambdaSimulator.Builder builder) {
        lambda = builder.time(clock).frontDoor().start();
        runtime = new BareRuntime(lambda);
    }

    private void restart(LambdaSimulator.Builder builder) {
        close();
        start(builder);
    }

    @AfterEach
    void close() {
        callers.forEach(Wire::close);
        runtime.close();
        lambda.close();
    }

    /** What a caller sees of an event stream. */
    private static final class Events {
        private final Wire wire;
        private final ArrayDeque<Message> messages = new ArrayDeque<>();
        private final MessageDecoder decoder = new MessageDecoder(messages::add);

        Events(Wire wire) {
            this.wire = wire;
        }

        private Message next() {
            while (messages.isEmpty()) {
                byte[] chunk = wire.answerChunk();
                assertThat(chunk).as("more of the event stream").isNotEmpty();
                decoder.feed(chunk);
            }
            return messages.removeFirst();
        }

        private static String header(Message message, String name) {
            return message.getHeaders().get(name).getString();
        }

        byte[] chunk() {
            Message message = next();
            assertThat(header(message, ":message-type")).isEqualTo("event");
            assertThat(header(message, ":event-type")).isEqualTo("PayloadChunk");
            assertThat(header(message, ":content-type")).isEqualTo("application/octet-stream");
            return message.getPayload();
        }

        String text() {
            return new String(chunk(), StandardCharsets.UTF_8);
        }

        /** Reads chunks until there are so many bytes. */
        byte[] bytes(int length) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            while (all.size() < length) {
                all.writeBytes(chunk());
            }
            return all.toByteArray();
        }

        /** The completion, which is the last event. */
        String completion() {
            Message message = next();
            assertThat(header(message, ":message-type")).isEqualTo("event");
            assertThat(header(message, ":event-type")).isEqualTo("InvokeComplete");
            assertThat(header(message, ":content-type")).isEqualTo("application/json");
            assertThat(wire.answerChunk()).as("the end of the event stream").isEmpty();
            return new String(message.getPayload(), StandardCharsets.UTF_8);
        }

        void assertCompleteWithoutError() {
            assertThat(completion()).isEqualTo("{}");
        }

        void assertUnhandled(String errorDetails) {
            assertThat(completion())
                    .isEqualTo("{\"ErrorCode\":\"Unhandled\",\"ErrorDetails\":\"" + errorDetails.replace("\"", "\\\"")
                            + "\"}");
        }
    }

    private Wire caller() {
        Wire caller = new Wire(lambda.frontDoor().orElseThrow().getAuthority());
        callers.add(caller);
        return caller;
    }

    private Wire called(String event, String... headers) {
        Wire caller = caller();
        new Moments(lambda)
                .causes(
                        Event.InvocationQueued.class,
                        queued -> true,
                        () -> caller.request("POST", PATH, event, headers));
        return caller;
    }

    /** Takes the next invocation and begins to stream a response. */
    private String beginResponse(String... headerLines) {
        return beginResponse(runtime.next(), headerLines);
    }

    private String beginResponse(Reply event, String... headerLines) {
        List<String> all = new ArrayList<>(List.of(headerLines));
        all.add("Lambda-Runtime-Function-Response-Mode: streaming");
        all.add("Transfer-Encoding: chunked");
        String requestId = BareRuntime.requestIdOf(event);
        runtime.wire().head("POST", BareRuntime.response(requestId), all.toArray(String[]::new));
        return requestId;
    }

    private void endResponse(String... trailerLines) {
        runtime.wire().lastChunk(trailerLines);
        runtime.reply().assertAccepted();
        runtime.poll();
    }

    private Events events(Wire caller) {
        assertThat(caller.answerHead().status()).isEqualTo(200);
        return new Events(caller);
    }

    @Test
    void the_caller_sees_the_head_and_each_piece_before_the_next_is_sent() {
        Wire caller = called("{\"a\":1}");
        String requestId = beginResponse("Content-Type: text/event-stream");

        Reply head = caller.answerHead();
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.headerLines().stream()
                        .filter(line -> !line.startsWith("Date:") && !line.startsWith("X-Amzn-Trace-Id: Root=1-")))
                .containsExactly(
                        "Content-Type: application/vnd.amazon.eventstream",
                        "x-amzn-RequestId: " + requestId,
                        "X-Amz-Executed-Version: $LATEST",
                        "Transfer-Encoding: chunked");
        Events events = new Events(caller);
        runtime.wire().chunk("one");
        assertThat(events.text()).isEqualTo("one");
        runtime.wire().chunk("two");
        assertThat(events.text()).isEqualTo("two");
        endResponse();
        events.assertCompleteWithoutError();
        assertThat(caller.request("POST", PATH, "{", "X-Amz-Invocation-Type: DryRun")
                        .reply()
                        .status())
                .as("the connection goes on")
                .isEqualTo(400);
    }

    @Test
    void the_completion_comes_when_runtime_and_extensions_are_done() {
        try (BareExtension extension = BareExtension.register(lambda, "e", "INVOKE")) {
            Wire caller = called("{}");
            extension.poll();
            beginResponse();
            Events events = events(caller);
            runtime.wire().chunk("all");
            endResponse();
            assertThat(events.text()).isEqualTo("all");
            assertThat(lambda.invocations()).isEmpty();
            extension.reply();
            extension.poll();

            events.assertCompleteWithoutError();
            assertThat(lambda.invocations()).hasSize(1);
        }
    }

    @Test
    void an_empty_stream_has_a_completion_and_no_chunk() {
        Wire caller = called("{}");
        beginResponse();
        endResponse();

        events(caller).assertCompleteWithoutError();
    }

    @Test
    void the_end_of_the_log_comes_with_the_completion() {
        Wire caller = called("{}", TAIL);
        String requestId = beginResponse();
        runtime.wire().chunk("all");
        endResponse();

        Events events = events(caller);
        assertThat(events.text()).isEqualTo("all");
        String completion = events.completion();
        assertThat(completion).startsWith("{\"LogResult\":\"").endsWith("\"}");
        assertThat(new String(
                        Base64.getDecoder().decode(completion.substring(14, completion.length() - 2)),
                        StandardCharsets.UTF_8))
                .startsWith("START RequestId: " + requestId)
                .contains("\nREPORT RequestId: " + requestId);
    }

    @Nested
    class A_buffered_response {

        @Test
        void arrives_as_one_chunk() {
            Wire caller = called("{}");
            runtime.respond(BareRuntime.requestIdOf(runtime.next()), "\"whole\"")
                    .assertAccepted();
            runtime.poll();

            Events events = events(caller);
            assertThat(events.text()).isEqualTo("\"whole\"");
            events.assertCompleteWithoutError();
        }

        @Test
        void of_the_largest_size_arrives_as_one_chunk() {
            byte[] largest = new byte[RESPONSE_LIMIT];
            Arrays.fill(largest, (byte) 'x');
            Wire caller = called("{}");
            runtime.wire()
                    .request("POST", BareRuntime.response(BareRuntime.requestIdOf(runtime.next())), largest)
                    .reply()
                    .assertAccepted();
            runtime.poll();

            Events events = events(caller);
            assertThat(events.chunk()).isEqualTo(largest);
            events.assertCompleteWithoutError();
        }

        @Test
        void that_is_empty_has_no_chunk() {
            Wire caller = called("{}");
            runtime.respond(BareRuntime.requestIdOf(runtime.next()), "").assertAccepted();
            runtime.poll();

            events(caller).assertCompleteWithoutError();
        }
    }

    @Nested
    class A_streamed_response_behind_a_buffered_invocation {

        @Test
        void is_answered_whole_with_its_media_type() {
            Wire caller = caller().request("POST", BUFFERED, "{}");
            beginResponse("Content-Type: text/plain");
            runtime.wire().chunk("one ").chunk("two");
            endResponse();

            caller.reply().assertIs(200, "text/plain", "one two");
        }

        @Test
        void that_ends_in_an_error_is_that_error() {
            Wire caller = caller().request("POST", BUFFERED, "{}");
            beginResponse("Trailer: Lambda-Runtime-Function-Error-Type");
            runtime.wire().chunk("so far");
            endResponse(
                    "Lambda-Runtime-Function-Error-Type: TypeError",
                    "Lambda-Runtime-Function-Error-Body: "
                            + Base64.getEncoder().encodeToString("{\"e\":1}".getBytes(StandardCharsets.UTF_8)));

            Reply reply = caller.reply();
            reply.assertIs(200, "application/json", "{\"e\":1}");
            assertThat(reply.header("X-Amz-Function-Error")).contains("Unhandled");
        }
    }

    @Nested
    class A_stream_that_ends_in_an_error {

        @Test
        void of_its_trailers_tells_it_in_the_completion() {
            String error = "{\"errorMessage\":\"ran dry\",\"errorType\":\"TypeError\"}";
            Wire caller = called("{}");
            beginResponse("Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body");
            runtime.wire().chunk("so far");
            endResponse(
                    "Lambda-Runtime-Function-Error-Type: TypeError",
                    "Lambda-Runtime-Function-Error-Body: "
                            + Base64.getEncoder().encodeToString(error.getBytes(StandardCharsets.UTF_8)));

            Events events = events(caller);
            assertThat(events.text()).isEqualTo("so far");
            events.assertUnhandled(error);
        }

        @Test
        void since_the_runtime_broke_off_tells_it_in_the_completion() {
            Wire caller = called("{}");
            String requestId = beginResponse();
            runtime.wire().chunk("so far").halfClose();
            assertThat(runtime.reply().status()).isEqualTo(400);
            runtime.close();
            runtime = new BareRuntime(lambda).poll();

            Events events = events(caller);
            assertThat(events.text()).isEqualTo("so far");
            events.assertUnhandled("{\"errorType\":\"Runtime.TruncatedResponse\",\"errorMessage\":\"RequestId: "
                    + requestId + " Error: the runtime's response ended before it was complete\"}");
        }

        @Test
        void since_it_is_too_large_tells_it_in_the_completion() {
            Wire caller = called("{}");
            beginResponse();
            Events events = events(caller);
            CompletableFuture<Long> received = CompletableFuture.supplyAsync(() -> {
                long bytes = 0;
                while (bytes < STREAM_LIMIT) {
                    bytes += events.chunk().length;
                }
                return bytes;
            });
            String mebibyte = "x".repeat(1_048_576);
            for (int i = 0; i < 200; i++) {
                runtime.wire().chunk(mebibyte);
            }
            runtime.wire().chunk("y").lastChunk();

            assertThat(received).succeedsWithin(Wire.PATIENCE).isEqualTo(STREAM_LIMIT);
            assertThat(runtime.reply().status()).isEqualTo(413);
            runtime.poll();
            events.assertUnhandled("{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size"
                    + " (6291556 bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}");
        }

        @Test
        void since_its_time_is_over_tells_it_in_the_completion() {
            Wire caller = called("{}");
            String requestId = beginResponse();
            Events events = events(caller);
            runtime.wire().chunk("so far");
            assertThat(events.text()).isEqualTo("so far");

            clock.advance(Duration.ofSeconds(3));

            events.assertUnhandled("{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: " + requestId
                    + " Error: Task timed out after 3.00 seconds\"}");
        }

        @Test
        void since_the_environment_closes_tells_it_in_the_completion() {
            Wire caller = called("{}", TAIL);
            String requestId = beginResponse();
            Events events = events(caller);
            runtime.wire().chunk("so far");
            assertThat(events.text()).isEqualTo("so far");

            lambda.close();

            assertThat(events.completion())
                    .startsWith("{\"ErrorCode\":\"Unhandled\",\"ErrorDetails\":\""
                            + ("{\"errorType\":\"Sandbox.Failure\",\"errorMessage\":\"RequestId: " + requestId
                                            + " Error: the execution environment was shut down (spindown)\"}")
                                    .replace("\"", "\\\"")
                            + "\",\"LogResult\":\"");
        }

        @Test
        void although_it_was_complete_keeps_its_answer() {
            Wire caller = called("{}");
            beginResponse();
            runtime.wire().chunk("all").lastChunk();
            runtime.reply().assertAccepted();
            Events events = events(caller);
            assertThat(events.text()).isEqualTo("all");

            clock.advance(Duration.ofSeconds(3));

            events.assertCompleteWithoutError();
            assertThat(lambda.invocations())
                    .singleElement()
                    .extracting(InvocationReport::status)
                    .isEqualTo(InvocationStatus.TIMEOUT);
        }
    }

    @Nested
    class An_error_instead_of_a_response {

        @Test
        void of_the_function_is_in_the_completion() {
            String error = "{\"errorMessage\": \"boom\",  \"errorType\": \"ValueError\"}";
            Wire caller = called("{}");
            runtime.fail(BareRuntime.requestIdOf(runtime.next()), error).assertAccepted();
            runtime.poll();

            events(caller).assertUnhandled(error);
        }

        @Test
        void of_init_is_in_the_completion() {
            Wire caller = called("{}");
            // The init of the environment, then the one within the invocation.
            runtime.initError("{\"errorType\":\"Runtime.ImportModuleError\"}").assertAccepted();
            runtime.initError("{\"errorType\":\"Runtime.ImportModuleError\"}").assertAccepted();

            events(caller).assertUnhandled("{\"errorType\":\"Runtime.ImportModuleError\"}");
        }

        @Test
        void too_large_for_a_message_is_cut() {
            byte[] error = new byte[RESPONSE_LIMIT];
            Wire caller = called("{}");
            runtime.wire()
                    .request("POST", BareRuntime.error(BareRuntime.requestIdOf(runtime.next())), error)
                    .reply()
                    .assertAccepted();
            runtime.poll();

            assertThat(events(caller).completion())
                    .startsWith("{\"ErrorCode\":\"Unhandled\",\"ErrorDetails\":\"\\u0000")
                    .endsWith("\"}")
                    .hasSizeLessThan(16 * 1024 * 1024);
        }
    }

    @Nested
    class Requests {

        @Test
        void of_DryRun_are_checked_and_run_nothing() {
            Reply reply = caller().request("POST", PATH, "{}", "X-Amz-Invocation-Type: DryRun")
                    .reply();

            assertThat(reply.status()).isEqualTo(204);
            assertThat(lambda.eventLog().events(Event.InvocationQueued.class)).isEmpty();
        }

        @Test
        void of_Event_are_refused() {
            caller().request("POST", PATH, "{}", "X-Amz-Invocation-Type: Event")
                    .reply()
                    .assertJson(
                            400,
                            "{\"message\":\"1 validation error detected: Value 'Event' at 'invocationType' failed to"
                                    + " satisfy constraint: Member must satisfy enum value set:"
                                    + " [RequestResponse, DryRun]\"}");
        }

        @ParameterizedTest
        @ValueSource(strings = {"{", "\u0001"})
        void that_are_no_json_are_refused(String payload) {
            Reply reply = caller().request("POST", PATH, payload).reply();

            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.header("x-amzn-ErrorType")).contains("InvalidRequestContentException");
        }

        @Test
        void for_another_function_are_refused() {
            Reply reply = caller().request("POST", PATH.replace("test-function", "other"), "{}")
                    .reply();

            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.header("x-amzn-ErrorType")).contains("ResourceNotFoundException");
        }

        @Test
        void carry_their_context_to_the_runtime() {
            called("[1]", "X-Amz-Client-Context: e30=", "X-Amz-Tenant-Id: blue");

            Reply event = runtime.next();
            assertThat(event.text()).isEqualTo("[1]");
            assertThat(event.header("Lambda-Runtime-Client-Context")).contains("{}");
            assertThat(event.header("Lambda-Runtime-Aws-Tenant-Id")).contains("blue");
        }

        @Test
        void of_a_browser_are_let_in() {
            assertThat(caller().request("OPTIONS", PATH, "", "Origin: null")
                            .reply()
                            .header("Access-Control-Allow-Origin"))
                    .contains("*");
            Wire caller = called("{}", "Origin: null");
            beginResponse();
            assertThat(caller.answerHead().header("Access-Control-Expose-Headers"))
                    .get()
                    .asString()
                    .contains("x-amzn-RequestId");
        }
    }

    @Nested
    class Callers {

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void that_leave_in_the_middle_hold_nobody_back(boolean byReset) {
            Wire caller = called("{}");
            beginResponse();
            Events events = events(caller);
            runtime.wire().chunk("so far");
            assertThat(events.text()).isEqualTo("so far");
            if (byReset) {
                caller.reset();
            } else {
                caller.close();
            }
            String mebibyte = "x".repeat(1_048_576);
            for (int i = 0; i < 30; i++) {
                runtime.wire().chunk(mebibyte);
            }
            new Moments(lambda)
                    .causes(Event.InvocationCompleted.class, any -> true, StreamingInvokeTest.this::endResponse);

            assertThat(lambda.invocations())
                    .singleElement()
                    .extracting(InvocationReport::status)
                    .isEqualTo(InvocationStatus.SUCCESS);
        }

        @Test
        void that_leave_before_the_response_do_not_stop_the_invocation() {
            Wire caller = called("{}");
            String requestId = BareRuntime.requestIdOf(runtime.next());
            caller.close();
            Wire next = called("{}");

            runtime.respond(requestId, "\"for nobody\"").assertAccepted();
            runtime.respond(BareRuntime.requestIdOf(runtime.next()), "\"for somebody\"")
                    .assertAccepted();
            runtime.poll();

            Events events = events(next);
            assertThat(events.text()).isEqualTo("\"for somebody\"");
            events.assertCompleteWithoutError();
        }

        @Test
        void that_do_not_read_hold_the_runtime_back() {
            Wire caller = called("{}");
            beginResponse();
            AtomicInteger sent = new AtomicInteger();
            int all = 64;
            String mebibyte = "x".repeat(1_048_576);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                while (sent.get() < all) {
                    runtime.wire().chunk(mebibyte);
                    sent.incrementAndGet();
                }
            });
            Events events = events(caller);
            events.bytes(4 * 1_048_576);
            int fits = awaitStandstill(sent);
            assertThat(fits)
                    .as("mebibytes between a sender and a caller who waits")
                    .isLessThan(all / 2);

            events.bytes((all - 5) * 1_048_576);
            assertThat(sending).succeedsWithin(Wire.PATIENCE);
            endResponse();
        }

        private int awaitStandstill(AtomicInteger counter) {
            int seen = -1;
            while (seen != counter.get()) {
                seen = counter.get();
                // As long as something moves, a round trip through the environment sees it move.
                for (int i = 0; i < 200; i++) {
                    caller().request("POST", PATH, "{}", "X-Amz-Invocation-Type: DryRun")
                            .reply();
                }
            }
            return seen;
        }

        @Test
        void are_served_one_after_the_other_in_their_order() {
            List<Wire> inOrder = List.of(called("1"), called("2"), called("3"));

            runtime.poll();
            for (Wire caller : inOrder) {
                beginResponse(runtime.reply());
                runtime.wire().chunk("piece");
                endResponse();
                Events events = events(caller);
                assertThat(events.text()).isEqualTo("piece");
                events.assertCompleteWithoutError();
            }
        }

        @Test
        void are_turned_away_from_a_busy_environment_if_so_configured() {
            restart(LambdaSimulator.builder().whenBusy(WhenBusy.REJECT));
            called("{}");

            Reply reply = caller().request("POST", PATH, "{}").reply();

            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.header("x-amzn-ErrorType")).contains("TooManyRequestsException");
        }

        @Test
        void who_still_wait_when_the_environment_closes_get_an_error() {
            called("1");
            Wire queued = called("2");
            runtime.next();

            lambda.close();

            Reply reply = queued.reply();
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.header("x-amzn-ErrorType")).contains("ServiceUnavailableException");
        }

        @Test
        void who_do_not_read_do_not_keep_the_environment_from_closing() {
            Wire caller = called("{}");
            beginResponse();
            Events events = events(caller);
            AtomicInteger sent = new AtomicInteger();
            String mebibyte = "x".repeat(1_048_576);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                while (sent.get() < 64) {
                    runtime.wire().chunk(mebibyte);
                    sent.incrementAndGet();
                }
            });
            events.chunk();
            assertThat(awaitStandstill(sent)).isLessThan(64);
            lambda.close();

            assertThat(sending).completesExceptionallyWithin(Wire.PATIENCE);
            assertThatThrownBy(() -> events.bytes(64 * 1_048_576))
                    .isInstanceOf(UncheckedIOException.class)
                    .extracting(Throwable::getCause)
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
    }
}

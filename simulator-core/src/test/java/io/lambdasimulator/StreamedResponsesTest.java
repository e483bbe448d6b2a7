package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.time.VirtualClock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamedResponsesTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String STREAMING = "Lambda-Runtime-Function-Response-Mode: streaming";
    private static final String CHUNKED = "Transfer-Encoding: chunked";
    private static final String TRAILERS =
            "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body";

    private final VirtualClock clock = VirtualClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
    private final LambdaSimulator lambda = LambdaSimulator.builder().time(clock).start();
    private final BareRuntime runtime = new BareRuntime(lambda);

    @AfterEach
    void close() {
        runtime.close();
        lambda.close();
    }

    @Test
    void the_caller_reads_each_piece_before_the_next_one_is_sent() throws IOException {
        runtime.park();
        Invocation invocation = lambda.submitStreaming(InvocationRequest.of("{}"));
        beginResponse(runtime, "Content-Type: text/event-stream");
        InputStream stream = invocation.responseStream();

        runtime.wire().chunk("one");
        assertThat(text(stream.readNBytes(3))).isEqualTo("one");
        runtime.wire().chunk("two");
        assertThat(text(stream.readNBytes(3))).isEqualTo("two");
        assertThat(invocation.answer()).isNotDone();

        runtime.wire().lastChunk();
        runtime.reply().assertAccepted();
        assertThat(stream.read()).isEqualTo(-1);
        InvocationResult result = invocation.awaitAnswer(LIMIT);
        assertThat(result.isSuccess()).isTrue();
        assertThat(result.contentType()).contains("text/event-stream");
        assertThat(result.payload()).isEmpty();
    }

    @Test
    void an_error_in_the_middle_ends_the_stream_and_is_the_answer() throws IOException {
        runtime.park();
        Invocation invocation = lambda.submitStreaming(InvocationRequest.of("{}"));
        String error = "{\"errorMessage\":\"ran dry\",\"errorType\":\"TypeError\"}";
        beginResponse(runtime, TRAILERS);
        runtime.wire().chunk("so far");
        runtime.wire()
                .lastChunk(
                        "Lambda-Runtime-Function-Error-Type: TypeError",
                        "Lambda-Runtime-Function-Error-Body: "
                                + Base64.getEncoder().encodeToString(error.getBytes(StandardCharsets.UTF_8)));

        runtime.reply().assertAccepted();
        assertThat(text(invocation.responseStream().readAllBytes())).isEqualTo("so far");
        InvocationResult result = invocation.awaitAnswer(LIMIT);
        assertThat(result.functionError()).contains("Unhandled");
        assertThat(result.errorType()).contains("TypeError");
        assertThat(result.payloadText()).isEqualTo(error);
    }

    @Test
    void a_caller_who_wants_the_answer_whole_gets_it_whole() {
        runtime.park();
        Invocation invocation = lambda.submit(InvocationRequest.of("{}"));
        beginResponse(runtime, "Content-Type: text/plain");
        runtime.wire().chunk("one ").chunk("two").lastChunk();

        runtime.reply().assertAccepted();
        assertThat(invocation.awaitAnswer(LIMIT).payloadText()).isEqualTo("one two");
    }

    @Test
    void a_buffered_response_reaches_a_streaming_caller_as_one_piece() throws IOException {
        runtime.park();
        Invocation invocation = lambda.submitStreaming(InvocationRequest.of("{}"));
        runtime.respond(BareRuntime.requestIdOf(runtime.reply()), "\"whole\"").assertAccepted();

        assertThat(text(invocation.responseStream().readAllBytes())).isEqualTo("\"whole\"");
        assertThat(invocation.awaitAnswer(LIMIT).isSuccess()).isTrue();
    }

    @Test
    void a_deadline_in_the_middle_ends_the_stream_with_the_timeout() throws IOException {
        runtime.park();
        Invocation invocation = lambda.submitStreaming(InvocationRequest.of("{}"));
        beginResponse(runtime);
        runtime.wire().chunk("so far");
        InputStream stream = invocation.responseStream();
        assertThat(text(stream.readNBytes(6))).isEqualTo("so far");

        clock.advance(Duration.ofSeconds(3));

        assertThat(stream.read()).isEqualTo(-1);
        assertThat(invocation.awaitAnswer(LIMIT).errorType()).contains("Sandbox.Timedout");
    }

    @Test
    void a_stream_that_is_cut_off_is_told_to_both_sides() throws IOException {
        runtime.park();
        Invocation invocation = lambda.submitStreaming(InvocationRequest.of("{}"));
        beginResponse(runtime);
        runtime.wire().chunk("so far").halfClose();

        assertThat(text(invocation.responseStream().readAllBytes())).isEqualTo("so far");
        assertThat(invocation.awaitAnswer(LIMIT).errorType()).contains("Runtime.TruncatedResponse");
        assertThat(runtime.reply().status()).isEqualTo(400);
    }

    @Test
    void a_shaped_stream_flows_at_its_rate_once_the_burst_is_used_up() throws Exception {
        try (LambdaSimulator shaped = LambdaSimulator.builder()
                        .time(clock)
                        .shapeResponseStreams(100_000, 1_000)
                        .start();
                BareRuntime sender = new BareRuntime(shaped).park()) {
            Invocation invocation = shaped.submitStreaming(InvocationRequest.of("{}"));
            beginResponse(sender);
            InputStream stream = invocation.responseStream();
            sender.wire().chunk("x".repeat(100_000));
            assertThat(stream.readNBytes(100_000)).hasSize(100_000);

            // These 500 bytes are through; what follows waits for the half second that they cost.
            sender.wire().chunk("y".repeat(500));
            assertThat(stream.readNBytes(500)).hasSize(500);
            sender.wire().chunk("z");
            CompletableFuture<Integer> next = CompletableFuture.supplyAsync(() -> read(stream));
            Instant through = clock.instant().plusMillis(500);
            await().until(() -> clock.nextDue().filter(through::equals).isPresent());
            clock.advance(Duration.ofMillis(499));
            assertThat(next).isNotDone();
            clock.advance(Duration.ofMillis(1));

            assertThat(next).succeedsWithin(LIMIT).isEqualTo((int) 'z');
        }
    }

    private static void beginResponse(BareRuntime runtime, String... headerLines) {
        String[] all = new String[headerLines.length + 2];
        all[0] = STREAMING;
        all[1] = CHUNKED;
        System.arraycopy(headerLines, 0, all, 2, headerLines.length);
        String requestId = BareRuntime.requestIdOf(runtime.reply());
        runtime.wire().head("POST", BareRuntime.response(requestId), all);
    }

    private static int read(InputStream stream) {
        try {
            return stream.read();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

package io.lambdasimulator.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.WhenBusy;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.examples.support.SimulatorExtension;
import io.lambdasimulator.examples.support.StreamingRuntime;
import io.lambdasimulator.participant.FunctionHandler;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.lambda.LambdaAsyncClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.InvalidRequestContentException;
import software.amazon.awssdk.services.lambda.model.InvocationType;
import software.amazon.awssdk.services.lambda.model.InvokeRequest;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;
import software.amazon.awssdk.services.lambda.model.InvokeWithResponseStreamCompleteEvent;
import software.amazon.awssdk.services.lambda.model.InvokeWithResponseStreamRequest;
import software.amazon.awssdk.services.lambda.model.InvokeWithResponseStreamResponse;
import software.amazon.awssdk.services.lambda.model.InvokeWithResponseStreamResponseHandler;
import software.amazon.awssdk.services.lambda.model.LambdaException;
import software.amazon.awssdk.services.lambda.model.LogType;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;
import software.amazon.awssdk.services.lambda.model.ResponseStreamingInvocationType;
import software.amazon.awssdk.services.lambda.model.TooManyRequestsException;

/**
 * The AWS SDK for Java against the front door: what your code does with AWS Lambda's client, it does with the simulator once the
 * endpoint is another one.
 *
 * <p>Run it: {@code mvn test -pl examples -am -Dtest=AwsSdkTest -Dsurefire.failIfNoSpecifiedTests=false}.
 */
@Timeout(180) // The first call of the SDK loads thousands of classes.
class AwsSdkTest {

    @RegisterExtension
    final SimulatorExtension simulator = new SimulatorExtension();

    private LambdaSimulator lambda;
    private LambdaClient client;
    private LambdaAsyncClient asyncClient;

    private void start(LambdaSimulator.Builder environment) {
        lambda = simulator.start(environment.frontDoor());
        client = configured(LambdaClient.builder()).build();
        asyncClient = configured(LambdaAsyncClient.builder()).build();
    }

    private void start(FunctionHandler function) {
        start(SimulatorExtension.patient().runtime(function));
    }

    private <B extends AwsClientBuilder<B, ?>> B configured(B builder) {
        return builder.endpointOverride(lambda.frontDoor().orElseThrow())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "thing")))
                .overrideConfiguration(options -> options.retryStrategy(DefaultRetryStrategy.doNotRetry()));
    }

    @AfterEach
    void closeClients() {
        client.close();
        asyncClient.close();
    }

    private static InvokeRequest.Builder request(String payload) {
        return InvokeRequest.builder().functionName("test-function").payload(SdkBytes.fromUtf8String(payload));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void a_function_is_invoked_and_answers() {
        start((event, context) -> event);

        InvokeResponse response = client.invoke(request("{\"id\":42}").build());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.payload().asUtf8String()).isEqualTo("{\"id\":42}");
        assertThat(response.executedVersion()).isEqualTo("$LATEST");
        assertThat(response.functionError()).isNull();
        assertThat(response.logResult()).isNull();
        assertThat(response.responseMetadata().requestId())
                .isEqualTo(lambda.invocations().get(0).requestId());
    }

    @Test
    void the_asynchronous_client_gets_the_same_answer() {
        start((event, context) -> event);

        assertThat(asyncClient
                        .invoke(request("{\"id\":42}").build())
                        .join()
                        .payload()
                        .asUtf8String())
                .isEqualTo("{\"id\":42}");
    }

    @Test
    void an_event_is_accepted_and_the_function_runs_later() {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        start((event, context) -> {
            events.add(new String(event, StandardCharsets.UTF_8));
            return event;
        });

        InvokeResponse response = client.invoke(
                request("\"later\"").invocationType(InvocationType.EVENT).build());

        assertThat(response.statusCode()).isEqualTo(202);
        assertThat(response.payload().asByteArray()).isEmpty();
        assertThat(response.executedVersion()).isNull();
        lambda.eventLog().await(Event.InvocationCompleted.class, any -> true, SimulatorExtension.LIMIT);
        assertThat(events).containsExactly("\"later\"");
    }

    @Test
    void a_dry_run_runs_nothing() {
        start((event, context) -> event);

        assertThat(client.invoke(request("{}")
                                .invocationType(InvocationType.DRY_RUN)
                                .build())
                        .statusCode())
                .isEqualTo(204);
        assertThat(lambda.eventLog().events(Event.InvocationQueued.class)).isEmpty();
    }

    @Test
    void the_end_of_the_log_comes_with_the_answer() {
        start((event, context) -> event);

        InvokeResponse response =
                client.invoke(request("{}").logType(LogType.TAIL).build());

        assertThat(new String(Base64.getDecoder().decode(response.logResult()), StandardCharsets.UTF_8))
                .startsWith("START RequestId: " + response.responseMetadata().requestId())
                .contains("\nREPORT RequestId: ");
    }

    @Test
    void the_function_sees_client_context_and_tenant() {
        start((event, context) -> bytes(
                context.clientContext().orElse("null") + context.tenantId().orElse("")));
        String clientContext = "{\"custom\":{\"key\":\"v\u00e4lue\"}}";

        InvokeResponse response = client.invoke(request("{}")
                .clientContext(Base64.getEncoder().encodeToString(bytes(clientContext)))
                .tenantId("blue")
                .build());

        assertThat(response.payload().asUtf8String()).isEqualTo(clientContext + "blue");
    }

    @ParameterizedTest
    @CsvSource({
        "test-function,,''",
        "test-function,live,:live",
        "test-function:live,,:live",
        "function,,''",
        "123456789012:function:test-function,,''",
        "arn:aws:lambda:us-east-1:123456789012:function:test-function,,''",
        "arn:aws:lambda:us-east-1:123456789012:function:test-function,live,:live",
        "arn:aws:lambda:us-east-1:123456789012:function:test-function:$LATEST,,:$LATEST"
    })
    void a_function_has_many_names(String name, String qualifier, String suffix) {
        start((event, context) -> bytes("\"" + context.invokedFunctionArn() + "\""));

        InvokeResponse response = client.invoke(
                request("{}").functionName(name).qualifier(qualifier).build());

        assertThat(response.payload().asUtf8String())
                .isEqualTo("\"arn:aws:lambda:us-east-1:123456789012:function:test-function" + suffix + "\"");
    }

    @Test
    void an_exception_of_the_function_is_a_function_error() {
        start((event, context) -> {
            throw new IllegalArgumentException("not this one");
        });

        InvokeResponse response = client.invoke(request("{}").build());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.functionError()).isEqualTo("Unhandled");
        assertThat(response.executedVersion()).isEqualTo("$LATEST");
        assertThat(response.payload().asUtf8String())
                .startsWith("{\"errorMessage\":\"not this one\",\"errorType\":\"java.lang.IllegalArgumentException\"");
    }

    @Nested
    class A_request_that_is_refused {

        @Test
        void since_there_is_no_such_function_is_a_ResourceNotFoundException() {
            start((event, context) -> event);

            assertThatExceptionOfType(ResourceNotFoundException.class)
                    .isThrownBy(() ->
                            client.invoke(request("{}").functionName("other").build()))
                    .satisfies(e -> assertThat(e.statusCode()).isEqualTo(404))
                    .withMessageContaining("Function not found: arn:aws:lambda:us-east-1:123456789012:function:other")
                    .satisfies(e -> assertThat(e.type()).isEqualTo("User"));
            assertThatExceptionOfType(CompletionException.class)
                    .isThrownBy(() -> asyncClient
                            .invoke(request("{}").functionName("other").build())
                            .join())
                    .withCauseInstanceOf(ResourceNotFoundException.class);
        }

        @Test
        void since_it_is_no_json_is_an_InvalidRequestContentException() {
            start((event, context) -> event);

            assertThatExceptionOfType(InvalidRequestContentException.class)
                    .isThrownBy(() -> client.invoke(request("{'id':42}").build()))
                    .withMessageContaining("Could not parse request body into json");
        }

        /** The SDK has a RequestTooLargeException, but no type for the error that the service sends. */
        @Test
        void since_it_is_too_large_has_the_services_error_code() {
            start((event, context) -> event);

            assertThatExceptionOfType(LambdaException.class)
                    .isThrownBy(() -> client.invoke(
                            request("\"" + "x".repeat(6_291_456) + "\"").build()))
                    .satisfies(e -> {
                        assertThat(e.statusCode()).isEqualTo(413);
                        assertThat(e.awsErrorDetails().errorCode()).isEqualTo("RequestEntityTooLargeException");
                        assertThat(e.awsErrorDetails().errorMessage())
                                .isEqualTo(
                                        "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
                    });
        }

        @Test
        void since_the_function_is_busy_is_a_TooManyRequestsException() throws Exception {
            CountDownLatch busy = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            start(SimulatorExtension.patient().whenBusy(WhenBusy.REJECT).runtime((event, context) -> {
                busy.countDown();
                release.await();
                return event;
            }));
            CompletableFuture<InvokeResponse> first =
                    asyncClient.invoke(request("1").build());
            assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();

            assertThatExceptionOfType(TooManyRequestsException.class)
                    .isThrownBy(() -> client.invoke(request("2").build()))
                    .satisfies(e -> assertThat(e.reasonAsString())
                            .isEqualTo("ReservedFunctionConcurrentInvocationLimitExceeded"))
                    .withMessageContaining("Rate Exceeded.");

            release.countDown();
            assertThat(first.join().payload().asUtf8String()).isEqualTo("1");
        }
    }

    @Test
    void callers_at_once_get_each_his_own_answer() {
        start((event, context) -> event);

        List<CompletableFuture<InvokeResponse>> responses = IntStream.range(0, 40)
                .mapToObj(i -> asyncClient.invoke(request(Integer.toString(i)).build()))
                .toList();

        for (int i = 0; i < responses.size(); i++) {
            assertThat(responses.get(i).join().payload().asUtf8String()).isEqualTo(Integer.toString(i));
        }
    }

    @Nested
    class A_streamed_response {

        private final BlockingQueue<String> chunks = new LinkedBlockingQueue<>();
        private final CompletableFuture<InvokeWithResponseStreamResponse> response = new CompletableFuture<>();
        private final CompletableFuture<InvokeWithResponseStreamCompleteEvent> completion = new CompletableFuture<>();

        private CompletableFuture<Void> invoke(InvokeWithResponseStreamRequest.Builder request) {
            return asyncClient.invokeWithResponseStream(
                    request.functionName("test-function").build(),
                    InvokeWithResponseStreamResponseHandler.builder()
                            .onResponse(response::complete)
                            .subscriber(InvokeWithResponseStreamResponseHandler.Visitor.builder()
                                    .onPayloadChunk(
                                            chunk -> chunks.add(chunk.payload().asUtf8String()))
                                    .onInvokeComplete(completion::complete)
                                    .build())
                            .build());
        }

        private String chunk() throws InterruptedException {
            String chunk = chunks.poll(30, TimeUnit.SECONDS);
            assertThat(chunk).as("a chunk of the response").isNotNull();
            return chunk;
        }

        private StreamingRuntime streamingRuntime() throws Exception {
            start(LambdaSimulator.builder()
                    .function(FunctionConfiguration.builder()
                            .timeout(SimulatorExtension.LIMIT)
                            .build()));
            return new StreamingRuntime(lambda);
        }

        @Test
        void arrives_piece_by_piece_and_completes() throws Exception {
            try (StreamingRuntime runtime = streamingRuntime()) {
                CompletableFuture<Void> invocation =
                        invoke(InvokeWithResponseStreamRequest.builder().logType(LogType.TAIL));
                runtime.beginResponse();
                runtime.piece("one");
                assertThat(chunk()).isEqualTo("one");
                assertThat(invocation).isNotDone();
                runtime.piece("two");
                assertThat(chunk()).isEqualTo("two");
                runtime.end();

                invocation.join();
                assertThat(response.join().executedVersion()).isEqualTo("$LATEST");
                assertThat(response.join().statusCode()).isEqualTo(200);
                assertThat(response.join().responseStreamContentType()).isEqualTo("application/vnd.amazon.eventstream");
                assertThat(completion.join().errorCode()).isNull();
                assertThat(completion.join().errorDetails()).isNull();
                assertThat(new String(
                                Base64.getDecoder().decode(completion.join().logResult()), StandardCharsets.UTF_8))
                        .contains("\nREPORT RequestId: "
                                + response.join().responseMetadata().requestId());
            }
        }

        @Test
        void that_ends_in_an_error_tells_it_after_what_was_sent() throws Exception {
            try (StreamingRuntime runtime = streamingRuntime()) {
                String error = "{\"errorMessage\":\"ran dry\",\"errorType\":\"TypeError\"}";
                CompletableFuture<Void> invocation = invoke(InvokeWithResponseStreamRequest.builder());
                runtime.beginResponse();
                runtime.piece("so far");
                runtime.fail("TypeError", error);

                invocation.join();
                assertThat(chunk()).isEqualTo("so far");
                assertThat(completion.join().errorCode()).isEqualTo("Unhandled");
                assertThat(completion.join().errorDetails()).isEqualTo(error);
            }
        }

        @Test
        void of_a_runtime_that_does_not_stream_is_one_chunk() throws Exception {
            start((event, context) -> event);

            invoke(InvokeWithResponseStreamRequest.builder().payload(SdkBytes.fromUtf8String("\"whole\"")))
                    .join();

            assertThat(chunk()).isEqualTo("\"whole\"");
            assertThat(chunks).isEmpty();
            assertThat(completion.join().errorCode()).isNull();
        }

        @Test
        void to_a_caller_who_wants_it_whole_is_one_answer() throws Exception {
            try (StreamingRuntime runtime = streamingRuntime()) {
                CompletableFuture<InvokeResponse> invocation =
                        asyncClient.invoke(request("{}").build());
                runtime.beginResponse();
                runtime.piece("one ");
                runtime.piece("two");
                runtime.end();

                assertThat(invocation.join().payload().asUtf8String()).isEqualTo("one two");
            }
        }

        @Test
        void of_a_function_that_fails_has_its_error_and_no_chunk() {
            start((event, context) -> {
                throw new IllegalArgumentException("not this one");
            });

            invoke(InvokeWithResponseStreamRequest.builder()).join();

            assertThat(chunks).isEmpty();
            assertThat(completion.join().errorCode()).isEqualTo("Unhandled");
            assertThat(completion.join().errorDetails()).contains("\"errorMessage\":\"not this one\"");
        }

        @Test
        void is_not_begun_by_a_dry_run() {
            start((event, context) -> event);

            invoke(InvokeWithResponseStreamRequest.builder().invocationType(ResponseStreamingInvocationType.DRY_RUN))
                    .join();

            assertThat(response.join().statusCode()).isEqualTo(204);
            assertThat(lambda.eventLog().events(Event.InvocationQueued.class)).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(strings = {"other", "arn:aws:lambda:eu-west-1:123456789012:function:test-function"})
        void of_another_function_is_a_ResourceNotFoundException(String name) {
            start((event, context) -> event);

            assertThatExceptionOfType(CompletionException.class)
                    .isThrownBy(() -> asyncClient
                            .invokeWithResponseStream(
                                    InvokeWithResponseStreamRequest.builder()
                                            .functionName(name)
                                            .build(),
                                    InvokeWithResponseStreamResponseHandler.builder()
                                            .subscriber(event -> {})
                                            .build())
                            .join())
                    .withCauseInstanceOf(ResourceNotFoundException.class);
        }
    }
}

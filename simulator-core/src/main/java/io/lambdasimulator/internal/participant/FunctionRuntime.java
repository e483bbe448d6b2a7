package io.lambdasimulator.internal.participant;

import io.lambdasimulator.internal.json.GoJson;
import io.lambdasimulator.participant.FunctionHandler;
import io.lambdasimulator.participant.InvocationContext;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The runtime around a handler function: the loop that every runtime is, over the Runtime API's HTTP. */
public final class FunctionRuntime implements HostedThread.Body {

    private final HttpClient client = Clients.shared();
    private final String base;
    private final FunctionHandler handler;
    private final Consumer<String> output;

    /**
     * @param output takes what the function writes to its log
     */
    public FunctionRuntime(String runtimeApi, FunctionHandler handler, Consumer<String> output) {
        this.base = "http://" + runtimeApi + "/2018-06-01/runtime/invocation/";
        this.handler = handler;
        this.output = output;
    }

    @Override
    public void run() throws IOException, InterruptedException {
        while (true) {
            HttpResponse<byte[]> next = client.send(
                    HttpRequest.newBuilder(URI.create(base + "next")).build(), BodyHandlers.ofByteArray());
            if (next.statusCode() != 200) {
                throw new IOException("next was answered with " + next.statusCode());
            }
            InvocationContext context = context(next);
            byte[] response;
            try {
                response = handle(next.body(), context);
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception | LinkageError | StackOverflowError | AssertionError e) {
                postError(context, e);
                continue;
            }
            post(HttpRequest.newBuilder(URI.create(base + context.requestId() + "/response"))
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofByteArray(response)));
        }
    }

    private byte[] handle(byte[] event, InvocationContext context) throws Exception {
        byte @Nullable [] response = handler.handle(event, context);
        if (response == null) {
            throw new IllegalStateException(
                    "the handler function returned null; for JSON's null return its four bytes");
        }
        return response;
    }

    private InvocationContext context(HttpResponse<byte[]> next) {
        return new InvocationContext(
                next.headers().firstValue("Lambda-Runtime-Aws-Request-Id").orElseThrow(),
                Instant.ofEpochMilli(next.headers()
                        .firstValueAsLong("Lambda-Runtime-Deadline-Ms")
                        .orElseThrow()),
                next.headers().firstValue("Lambda-Runtime-Invoked-Function-Arn").orElse(""),
                next.headers().firstValue("Lambda-Runtime-Trace-Id"),
                next.headers().firstValue("Lambda-Runtime-Client-Context").map(FunctionRuntime::text),
                next.headers().firstValue("Lambda-Runtime-Cognito-Identity").map(FunctionRuntime::text),
                next.headers().firstValue("Lambda-Runtime-Aws-Tenant-Id"),
                next.headers().firstValue("Content-Type").orElse("application/json"),
                output);
    }

    /** The JDK's client takes a header's bytes for Latin-1, while the APIs mean UTF-8. */
    private static String text(String latin1) {
        return new String(latin1.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private void postError(InvocationContext context, Throwable failure) throws IOException, InterruptedException {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("errorMessage", String.valueOf(failure.getMessage()));
        body.put("errorType", failure.getClass().getName());
        body.put(
                "stackTrace",
                Arrays.stream(failure.getStackTrace())
                        .map(StackTraceElement::toString)
                        .toList());
        post(HttpRequest.newBuilder(URI.create(base + context.requestId() + "/error"))
                .header("Content-Type", "application/json")
                .header("Lambda-Runtime-Function-Error-Type", "Runtime.UserException")
                .POST(BodyPublishers.ofByteArray(GoJson.bytes(body))));
    }

    // What the API refuses, such as a response that is too large, it has told the caller by itself.
    private void post(HttpRequest.Builder request) throws IOException, InterruptedException {
        client.send(request.build(), BodyHandlers.discarding());
    }
}

package io.lambdasimulator.examples.support;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.lambdasimulator.participant.ExtensionContext;
import io.lambdasimulator.participant.ExtensionProgram;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/**
 * What a function's tracer meets of Datadog's extension: it is told of each invocation's start and end, answers with the trace that the
 * event belongs to, and takes spans. It keeps an invocation open until it has the end and the span of it.
 *
 * <p>Datadog's tracer knows one address for the first half of that, 127.0.0.1:8124. Here both are one free port, which is the JVM's HTTP
 * proxy as well; so whatever else the JVM sends over HTTP is passed on.
 */
public final class DatadogExtension implements ExtensionProgram.Factory, AutoCloseable {

    /** The name of the extension. */
    public static final String NAME = "datadog-agent";

    private static final int LIFECYCLE_PORT = 8124;

    private static final Set<String> HEADERS_OF_THE_CONNECTION =
            Set.of("connection", "content-length", "host", "proxy-connection", "transfer-encoding");

    private static final Pattern REQUEST_ID = Pattern.compile("\"requestId\":\"([^\"]+)\"");
    private static final Pattern TRACE_ID = Pattern.compile("\"x-datadog-trace-id\":\"(\\d+)\"");

    private final Map<String, CompletableFuture<Call>> starts = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<Call>> ends = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<Span>> spans = new ConcurrentHashMap<>();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    /**
     * The tracer's call at the start or the end of an invocation.
     *
     * @param headers its headers
     * @param body the event, or what the function returned, as JSON
     */
    public record Call(Headers headers, String body) {}

    /**
     * A span of the function.
     *
     * @param traceId the trace, as headers write it
     * @param spanId the span, as headers write it
     */
    public record Span(
            String service,
            String resource,
            String type,
            String traceId,
            String spanId,
            boolean isError,
            Map<String, String> tags) {}

    /** Starts to listen. */
    public DatadogExtension() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** For the function's {@code DD_TRACE_AGENT_URL}. */
    public String agentUrl() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Options that lead the JVM of a function here. */
    public String[] jvmOptions() {
        return new String[] {
            "-Dhttp.proxyHost=127.0.0.1",
            "-Dhttp.proxyPort=" + server.getAddress().getPort(),
            // Nobody is excepted, loopback addresses included.
            "-Dhttp.nonProxyHosts="
        };
    }

    /** What the tracer said at the start of an invocation. */
    public Call start(String requestId) throws Exception {
        return await(starts, requestId);
    }

    /** What the tracer said at the end of an invocation. */
    public Call end(String requestId) throws Exception {
        return await(ends, requestId);
    }

    /** The tracer's span of an invocation. */
    public Span span(String requestId) throws Exception {
        return await(spans, requestId);
    }

    private static <T> CompletableFuture<T> slot(Map<String, CompletableFuture<T>> slots, String requestId) {
        return slots.computeIfAbsent(requestId, id -> new CompletableFuture<>());
    }

    private static <T> T await(Map<String, CompletableFuture<T>> slots, String requestId) throws Exception {
        return slot(slots, requestId).get(SimulatorExtension.LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public ExtensionProgram create(ExtensionContext context) {
        return () -> {
            String api = "http://" + context.runtimeApi() + "/2020-01-01/extension";
            String identifier = client.send(
                            HttpRequest.newBuilder(URI.create(api + "/register"))
                                    .header("Lambda-Extension-Name", NAME)
                                    .POST(BodyPublishers.ofString("{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}"))
                                    .build(),
                            BodyHandlers.discarding())
                    .headers()
                    .firstValue("Lambda-Extension-Identifier")
                    .orElseThrow();
            HttpRequest next = HttpRequest.newBuilder(URI.create(api + "/event/next"))
                    .header("Lambda-Extension-Identifier", identifier)
                    .build();
            for (String event = poll(next); event.contains("\"INVOKE\""); event = poll(next)) {
                Matcher requestId = REQUEST_ID.matcher(event);
                if (requestId.find()) {
                    end(requestId.group(1));
                    span(requestId.group(1));
                }
            }
        };
    }

    private String poll(HttpRequest next) throws Exception {
        return client.send(next, BodyHandlers.ofString()).body();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            URI uri = exchange.getRequestURI();
            if (uri.isAbsolute() && uri.getPort() != LIFECYCLE_PORT && uri.getPort() != port()) {
                passOn(exchange, body);
                return;
            }
            switch (uri.getPath()) {
                case "/lambda/start-invocation" -> {
                    Call call = call(exchange, body);
                    Matcher traceId = TRACE_ID.matcher(call.body());
                    if (traceId.find()) {
                        exchange.getResponseHeaders().set("x-datadog-trace-id", traceId.group(1));
                        exchange.getResponseHeaders().set("x-datadog-sampling-priority", "1");
                    }
                    respond(exchange, 200, "{}");
                    slot(starts, requestId(call)).complete(call);
                }
                case "/lambda/end-invocation" -> {
                    Call call = call(exchange, body);
                    respond(exchange, 200, "{}");
                    slot(ends, requestId(call)).complete(call);
                }
                case "/info" -> respond(exchange, 200, "{\"endpoints\":[\"/v0.4/traces\"]}");
                case "/v0.4/traces" -> {
                    respond(exchange, 200, "{}");
                    takeTraces(body);
                }
                default -> respond(exchange, 404, "");
            }
        }
    }

    private int port() {
        return server.getAddress().getPort();
    }

    private static Call call(HttpExchange exchange, byte[] body) {
        return new Call(exchange.getRequestHeaders(), new String(body, StandardCharsets.UTF_8));
    }

    private static String requestId(Call call) {
        return call.headers().getFirst("lambda-runtime-aws-request-id");
    }

    private static void respond(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private void takeTraces(byte[] body) throws IOException {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            for (Value trace : unpacker.unpackValue().asArrayValue()) {
                for (Value span : trace.asArrayValue()) {
                    takeSpan(span.asMapValue().map());
                }
            }
        }
    }

    private void takeSpan(Map<Value, Value> span) {
        Map<String, String> tags = field(span, "meta").asMapValue().entrySet().stream()
                .collect(Collectors.toMap(
                        tag -> tag.getKey().asStringValue().asString(),
                        tag -> tag.getValue().asStringValue().asString()));
        String requestId = tags.get("request_id");
        if (requestId != null) {
            slot(spans, requestId)
                    .complete(new Span(
                            field(span, "service").asStringValue().asString(),
                            field(span, "resource").asStringValue().asString(),
                            field(span, "type").asStringValue().asString(),
                            field(span, "trace_id").toString(),
                            field(span, "span_id").toString(),
                            field(span, "error").asIntegerValue().asInt() != 0,
                            tags));
        }
    }

    private static Value field(Map<Value, Value> span, String name) {
        return span.get(ValueFactory.newString(name));
    }

    private void passOn(HttpExchange exchange, byte[] body) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(exchange.getRequestURI())
                .method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body));
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (!HEADERS_OF_THE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
            }
        });
        try {
            HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
            respond(exchange, response.statusCode(), response.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}

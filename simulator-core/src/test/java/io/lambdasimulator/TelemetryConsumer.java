package io.lambdasimulator;

import com.sun.net.httpserver.HttpServer;
import io.lambdasimulator.internal.json.JsonValues;
import io.lambdasimulator.participant.ExtensionProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** An extension in the test's JVM that lives from telemetry, and the listener that it has at all times. */
final class TelemetryConsumer implements AutoCloseable {

    /** What it received: the texts of events, in order. */
    final List<String> events = new CopyOnWriteArrayList<>();

    /** The reply to each subscription. */
    final List<String> replies = new CopyOnWriteArrayList<>();

    private final HttpServer server;
    private final String subscription;

    private final String path;
    private volatile boolean refuses;

    /**
     * @param types such as {@code "platform","function"}, with their quotes
     */
    TelemetryConsumer(String schemaVersion, String types) {
        this("/2022-07-01/telemetry", schemaVersion, types, () -> {});
    }

    /**
     * @param path of the API
     * @param beforeAnswer run with each batch, before it is answered
     */
    TelemetryConsumer(String path, String schemaVersion, String types, Runnable beforeAnswer) {
        this.path = path;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/telemetry", exchange -> {
            if (refuses) {
                exchange.sendResponseHeaders(503, -1);
                exchange.close();
                return;
            }
            String batch = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            events.addAll(split(batch));
            beforeAnswer.run();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        subscription = """
                {"schemaVersion":"%s","types":[%s],"buffering":{"timeoutMs":25},
                 "destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain:%d/telemetry"}}""".formatted(schemaVersion, types, server.getAddress().getPort());
    }

    /** The elements of a JSON array as they stand there. */
    private static List<String> split(String array) {
        List<String> elements = new ArrayList<>();
        int depth = 0;
        int start = 0;
        boolean text = false;
        for (int i = 1; i < array.length() - 1; i++) {
            char c = array.charAt(i);
            if (text) {
                if (c == '\\') {
                    i++;
                } else {
                    text = c != '"';
                }
            } else if (c == '"') {
                text = true;
            } else if (c == '{' || c == '[') {
                if (depth++ == 0) {
                    start = i;
                }
            } else if ((c == '}' || c == ']') && --depth == 0) {
                elements.add(array.substring(start, i + 1));
            }
        }
        JsonValues.parse(array);
        return elements;
    }

    /** The extension, which is started anew after each reset. */
    ExtensionProgram.Factory extension(String name, Consumer<String> onEvent) {
        return context -> () -> {
            HttpClient http =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            String api = "http://" + context.runtimeApi();
            HttpResponse<String> registered = http.send(
                    HttpRequest.newBuilder(URI.create(api + "/2020-01-01/extension/register"))
                            .header("Lambda-Extension-Name", name)
                            .POST(BodyPublishers.ofString("{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}"))
                            .build(),
                    BodyHandlers.ofString());
            String identifier = registered
                    .headers()
                    .firstValue("Lambda-Extension-Identifier")
                    .orElseThrow();
            replies.add(http.send(
                            HttpRequest.newBuilder(URI.create(api + path))
                                    .header("Lambda-Extension-Identifier", identifier)
                                    .PUT(BodyPublishers.ofString(subscription))
                                    .build(),
                            BodyHandlers.ofString())
                    .body());
            String event = "";
            while (!event.contains("\"SHUTDOWN\"")) {
                event = http.send(
                                HttpRequest.newBuilder(URI.create(api + "/2020-01-01/extension/event/next"))
                                        .header("Lambda-Extension-Identifier", identifier)
                                        .build(),
                                BodyHandlers.ofString())
                        .body();
                onEvent.accept(event);
            }
        };
    }

    /** The body of a subscription that leads here. */
    String subscription() {
        return subscription;
    }

    /** Whether batches are refused from now on. */
    void refuse(boolean all) {
        refuses = all;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

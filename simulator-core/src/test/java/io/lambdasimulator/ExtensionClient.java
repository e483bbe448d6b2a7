package io.lambdasimulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** An extension that a test plays itself, call by call. */
final class ExtensionClient {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final String base;
    private final String identifier;

    ExtensionClient(String runtimeApi, String name, String... events) {
        base = "http://" + runtimeApi + "/2020-01-01/extension";
        String names = Arrays.stream(events).map(event -> "\"" + event + "\"").collect(Collectors.joining(","));
        HttpResponse<String> registered = send(HttpRequest.newBuilder(URI.create(base + "/register"))
                .header("Lambda-Extension-Name", name)
                .POST(HttpRequest.BodyPublishers.ofString("{\"events\":[" + names + "]}"))
                .build());
        identifier = registered
                .headers()
                .firstValue("Lambda-Extension-Identifier")
                .orElseThrow(() -> new IllegalStateException("registration was answered with " + registered.body()));
    }

    /** Polls; completes with the event. */
    CompletableFuture<String> pollInBackground() {
        HttpRequest next = HttpRequest.newBuilder(URI.create(base + "/event/next"))
                .header("Lambda-Extension-Identifier", identifier)
                .build();
        return HTTP.sendAsync(next, BodyHandlers.ofString()).thenApply(HttpResponse::body);
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            return HTTP.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}

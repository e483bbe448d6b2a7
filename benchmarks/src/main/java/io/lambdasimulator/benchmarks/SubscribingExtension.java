package io.lambdasimulator.benchmarks;

import io.lambdasimulator.participant.ExtensionProgram;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** An extension that has its function's lines delivered to somebody else. */
final class SubscribingExtension {

    private SubscribingExtension() {}

    static ExtensionProgram.Factory named(String name, int timeoutMs, CountingConsumer consumer) {
        return context -> () -> {
            HttpClient http =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            String api = "http://" + context.runtimeApi();
            String identifier = ok(
                            http,
                            HttpRequest.newBuilder(URI.create(api + "/2020-01-01/extension/register"))
                                    .header("Lambda-Extension-Name", name)
                                    .POST(BodyPublishers.ofString("{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}")))
                    .headers()
                    .firstValue("Lambda-Extension-Identifier")
                    .orElseThrow();
            String body = """
                    {"schemaVersion":"2025-01-29","types":["function"],"buffering":{"timeoutMs":%d},"destination":%s}""".formatted(timeoutMs, consumer.destination());
            ok(
                    http,
                    HttpRequest.newBuilder(URI.create(api + "/2022-07-01/telemetry"))
                            .header("Lambda-Extension-Identifier", identifier)
                            .PUT(BodyPublishers.ofString(body)));
            String event = "";
            while (!event.contains("\"SHUTDOWN\"")) {
                event = ok(
                                http,
                                HttpRequest.newBuilder(URI.create(api + "/2020-01-01/extension/event/next"))
                                        .header("Lambda-Extension-Identifier", identifier))
                        .body();
            }
        };
    }

    private static HttpResponse<String> ok(HttpClient http, HttpRequest.Builder request)
            throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.statusCode() + ": " + response.body());
        }
        return response;
    }
}

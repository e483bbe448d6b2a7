package io.lambdasimulator;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** A runtime, as a process, that writes so many {@code x} and more before each answer and a line after it. */
final class TalkativeRuntime {

    private TalkativeRuntime() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        System.out.println("init");
        String base = "http://" + System.getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/";
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        while (true) {
            HttpResponse<String> event = client.send(
                    HttpRequest.newBuilder(URI.create(base + "next")).build(), BodyHandlers.ofString());
            System.out.println("x".repeat(Integer.parseInt(args[0])) + "one");
            System.err.println("two");
            String id =
                    event.headers().firstValue("Lambda-Runtime-Aws-Request-Id").orElseThrow();
            client.send(
                    HttpRequest.newBuilder(URI.create(base + id + "/response"))
                            .POST(BodyPublishers.ofString("ok"))
                            .build(),
                    BodyHandlers.discarding());
            System.out.println("three");
        }
    }
}

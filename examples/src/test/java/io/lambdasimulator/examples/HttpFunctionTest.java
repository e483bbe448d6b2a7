package io.lambdasimulator.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.participant.FunctionHandler;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/**
 * A function behind a function URL, called as a browser and curl call it.
 *
 * <p>Run it: {@code mvn test -pl examples -am -Dtest=HttpFunctionTest -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class HttpFunctionTest {

    /** The limits are those of a busy machine. */
    private static LambdaSimulator start(FunctionHandler function) {
        return LambdaSimulator.builder()
                .runtime(function)
                .functionUrl()
                .initTimeout(Duration.ofSeconds(30))
                .function(FunctionConfiguration.builder()
                        .timeout(Duration.ofSeconds(30))
                        .build())
                .start();
    }

    /** Greets, and greets again whoever brings its cookie. In the place of it could be a program, as in {@link FirstTest}. */
    private static byte[] greet(byte[] event) {
        boolean isBack = new String(event, UTF_8).contains("\"cookies\":[\"visited=yes\"]");
        String response = """
                {
                  "statusCode": 200,
                  "headers": {"Content-Type": "text/html; charset=utf-8"},
                  "cookies": ["visited=yes; Path=/"],
                  "body": "<h1>Hello%s!</h1>"
                }
                """.formatted(isBack ? " again" : "");
        return response.getBytes(UTF_8);
    }

    @Test
    void a_browser_is_recognised_by_its_cookie() throws Exception {
        try (LambdaSimulator lambda = start((event, context) -> greet(event))) {
            HttpClient browser =
                    HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
            URI page = lambda.functionUrl().orElseThrow().resolve("welcome?lang=en");

            HttpResponse<String> first =
                    browser.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString());
            HttpResponse<String> second =
                    browser.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString());

            assertEquals(200, first.statusCode());
            assertEquals(
                    "text/html; charset=utf-8",
                    first.headers().firstValue("Content-Type").orElseThrow());
            assertEquals("<h1>Hello!</h1>", first.body());
            assertEquals("<h1>Hello again!</h1>", second.body());
            assertEquals(
                    first.headers().firstValue("x-amzn-RequestId").orElseThrow(),
                    lambda.invocations().stream()
                            .map(InvocationReport::requestId)
                            .findFirst()
                            .orElseThrow());
        }
    }

    /** What surprises on AWS, and here: only JSON, XML, JavaScript and {@code text/*} arrive as text. */
    @Test
    void a_form_arrives_as_base64() throws Exception {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        try (LambdaSimulator lambda = start((event, context) -> {
            events.add(new String(event, UTF_8));
            return "\"thank you\"".getBytes(UTF_8);
        })) {

            // curl -d quantity=2 http://…/orders
            HttpResponse<String> response = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(
                                            lambda.functionUrl().orElseThrow().resolve("orders"))
                                    .header("Content-Type", "application/x-www-form-urlencoded")
                                    .POST(BodyPublishers.ofString("quantity=2"))
                                    .build(),
                            BodyHandlers.ofString());

            assertEquals("thank you", response.body());
            String event = events.take();
            assertTrue(event.contains("\"rawPath\":\"/orders\""), event);
            assertTrue(event.contains("\"body\":\"cXVhbnRpdHk9Mg==\",\"isBase64Encoded\":true"), event);
        }
    }
}

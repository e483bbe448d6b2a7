package com.example;

import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import io.lambdasimulator.LambdaSimulator;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OrdersTest {

    @RegisterExtension
    static final WireMockExtension ORDERS = WireMockExtension.newInstance()
            .options(wireMockConfig().dynamicPort())
            .build();

    @Test
    void a_handler_calls_a_stubbed_service() {
        ORDERS.stubFor(get(urlEqualTo("/orders/42")).willReturn(okJson("{\"state\":\"shipped\"}")));

        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) -> order(new String(event, UTF_8)))
                .start()) {

            assertEquals("{\"state\":\"shipped\"}", lambda.invoke("42").payloadText());
        }
        ORDERS.verify(getRequestedFor(urlEqualTo("/orders/42")));
    }

    private static byte[] order(String id) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(ORDERS.url("/orders/" + id))).build();
        return HttpClient.newHttpClient()
                .send(request, BodyHandlers.ofByteArray())
                .body();
    }
}

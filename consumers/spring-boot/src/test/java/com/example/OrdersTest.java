package com.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.client.TestRestTemplate;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class OrdersTest {

    @Autowired
    private TestRestTemplate application;

    @Test
    void a_handler_calls_the_application() {
        try (LambdaSimulator lambda = LambdaSimulator.builder()
                .runtime((event, context) ->
                        application.getForObject("/orders/{id}", byte[].class, new String(event, UTF_8)))
                .start()) {

            assertThat(lambda.invoke("42").payloadText()).isEqualTo("{\"order\":\"42\"}");
        }
    }
}

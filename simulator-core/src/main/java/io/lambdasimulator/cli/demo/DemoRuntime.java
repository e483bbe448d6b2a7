package io.lambdasimulator.cli.demo;

import java.io.IOException;
import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A runtime with a function inside. It adds up an order, {@code {"order":"A-1","price":4.50,"quantity":2}}, and reports an
 * error when it is told to, {@code {"fail":true}}, or does not understand the order.
 */
public final class DemoRuntime {

    private static final String INVOCATION = "/2018-06-01/runtime/invocation/";
    private static final Pattern FAIL = Pattern.compile("\"fail\"\\s*:\\s*true");

    private DemoRuntime() {}

    /**
     * Runs until the environment ends.
     *
     * @param arguments not read
     * @throws IOException when the Runtime API does not answer as it should
     */
    public static void main(String[] arguments) throws IOException {
        LambdaApi api = new LambdaApi();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            say("SIGTERM received, goodbye");
            api.close();
        }));
        say("up on Java " + System.getProperty("java.version") + ", ready for orders");
        try {
            serve(api);
        } catch (IOException e) {
            if (!api.isClosed()) {
                throw e;
            }
        }
    }

    private static void serve(LambdaApi api) throws IOException {
        while (true) {
            LambdaApi.Answer event = api.get(INVOCATION + "next", Map.of());
            String requestId = event.header("Lambda-Runtime-Aws-Request-Id");
            try {
                api.post(INVOCATION + requestId + "/response", Map.of(), total(event.body(), requestId));
            } catch (OrderRejected rejection) {
                say("request " + requestId + ": " + rejection.getMessage());
                api.post(
                        INVOCATION + requestId + "/error",
                        Map.of("Lambda-Runtime-Function-Error-Type", "Function.OrderRejected"),
                        "{\"errorMessage\":\"" + rejection.getMessage() + "\",\"errorType\":\"OrderRejected\"}");
            }
        }
    }

    private static String total(String order, String requestId) throws OrderRejected {
        if (FAIL.matcher(order).find()) {
            throw new OrderRejected("the order asked to fail");
        }
        String name = value(order, "order", "\"([\\w-]+)\"");
        BigDecimal price = new BigDecimal(value(order, "price", "(\\d{1,9}(?:\\.\\d{1,9})?)"));
        BigDecimal quantity = new BigDecimal(value(order, "quantity", "(\\d{1,9})"));
        BigDecimal total = price.multiply(quantity);
        say("request " + requestId + ": order " + name + ", " + quantity + " x " + price + " = " + total);
        return "{\"order\":\"" + name + "\",\"total\":" + total + "}";
    }

    private static String value(String order, String field, String pattern) throws OrderRejected {
        Matcher matcher =
                Pattern.compile("\"" + field + "\"\\s*:\\s*" + pattern).matcher(order);
        if (!matcher.find()) {
            throw new OrderRejected("the order has no " + field);
        }
        return matcher.group(1);
    }

    private static void say(String line) {
        System.out.println(line);
    }

    private static final class OrderRejected extends Exception {
        private static final long serialVersionUID = 1;

        OrderRejected(String message) {
            super(message);
        }
    }
}

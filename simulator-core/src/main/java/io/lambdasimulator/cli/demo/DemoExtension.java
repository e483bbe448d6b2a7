package io.lambdasimulator.cli.demo;

import java.io.IOException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An external extension that tells which events it receives, until {@code SHUTDOWN}. */
public final class DemoExtension {

    /** The name it registers under. */
    public static final String NAME = "demo-extension";

    private static final String EXTENSION = "/2020-01-01/extension/";

    private DemoExtension() {}

    /**
     * Runs until the environment ends.
     *
     * @param arguments not read
     * @throws IOException when the Extensions API does not answer as it should
     */
    public static void main(String[] arguments) throws IOException {
        LambdaApi api = new LambdaApi();
        LambdaApi.Answer registration = api.post(
                EXTENSION + "register",
                Map.of("Lambda-Extension-Name", NAME),
                "{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}");
        Map<String, String> identified =
                Map.of("Lambda-Extension-Identifier", registration.header("Lambda-Extension-Identifier"));
        say("watching function " + text(registration.body(), "functionName"));
        while (true) {
            String event = api.get(EXTENSION + "event/next", identified).body();
            if (text(event, "eventType").equals("SHUTDOWN")) {
                say("SHUTDOWN received, reason " + text(event, "shutdownReason") + ": flushing, then goodbye");
                return;
            }
            say("INVOKE received for request " + text(event, "requestId"));
        }
    }

    private static String text(String json, String field) {
        Matcher matcher =
                Pattern.compile("\"" + field + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
        return matcher.find() ? matcher.group(1) : "";
    }

    private static void say(String line) {
        System.out.println(line);
    }
}

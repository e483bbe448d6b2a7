package io.lambdasimulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.cli.demo.DemoExtension;
import io.lambdasimulator.cli.demo.DemoRuntime;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class ServeTest {

    private static final String RUNTIME_API = "--runtime-api-address=127.0.0.1:0";
    private static final String INVOKE = "--invoke-address=127.0.0.1:0";
    private static final String ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    private static final String MILLIS = "\\d+\\.\\d\\d ms";

    @TempDir
    Path folder;

    private static HttpResponse<String> invoke(CliProcess serve, String payload) throws Exception {
        Matcher where = serve.awaitError(
                "Invoke with: curl -d '\\{}' (http://127\\.0\\.0\\.1:\\d+/2015-03-31/functions/function/invocations)");
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(where.group(1)))
                                .POST(HttpRequest.BodyPublishers.ofString(payload))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private Path extension() throws IOException {
        Path extensions = Files.createDirectory(folder.resolve("my extensions"));
        Path script = extensions.resolve(DemoExtension.NAME);
        Files.writeString(
                script,
                "#!/bin/sh\nexec '" + CliProcess.java() + "' -cp '" + CliProcess.classes() + "' "
                        + DemoExtension.class.getName() + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return extensions;
    }

    @Test
    void answers_invocations_with_the_service_s_log_lines_and_ends_with_0_and_no_process_on_SIGTERM() throws Exception {
        try (CliProcess serve = CliProcess.start(
                "serve",
                RUNTIME_API,
                INVOKE,
                "--extensions",
                extension().toString(),
                "--",
                CliProcess.java(),
                "-cp",
                CliProcess.classes().toString(),
                DemoRuntime.class.getName())) {
            serve.awaitError("The Runtime API listens on 127\\.0\\.0\\.1:\\d+");

            assertThat(invoke(serve, "{\"order\":\"A-1\",\"price\":4.50,\"quantity\":2}")
                            .body())
                    .isEqualTo("{\"order\":\"A-1\",\"total\":9.00}");
            HttpResponse<String> failure = invoke(serve, "{\"fail\":true}");
            assertThat(failure.headers().firstValue("X-Amz-Function-Error")).contains("Unhandled");
            // The extension's line comes on its own time; with it, all that is compared below is there.
            List<String> ids = requestIds(serve);
            serve.awaitOutput("INVOKE received for request " + ids.get(1));

            List<ProcessHandle> children = serve.process().descendants().toList();
            assertThat(children).hasSizeGreaterThanOrEqualTo(2);
            serve.terminate();

            assertThat(serve.awaitExit()).as(serve.toString()).isZero();
            assertThat(children).noneMatch(ProcessHandle::isAlive);
            assertThat(serve.errors()).hasSize(2);
            assertThat(String.join("\n", serviceLines(serve)))
                    .matches(String.join(
                            "\n",
                            "INIT_START Runtime Version: provided:al2023\tRuntime Version ARN:"
                                    + " arn:aws:lambda:us-east-1::runtime:simulated",
                            "EXTENSION\tName: demo-extension\tState: Ready\tEvents: \\[INVOKE, SHUTDOWN]",
                            invocationLines(ids.get(0), "\tInit Duration: " + MILLIS),
                            invocationLines(ids.get(1), "")));
            assertThat(serve.output())
                    .contains(
                            "watching function test_function",
                            "request " + ids.get(0) + ": order A-1, 2 x 4.50 = 9.00",
                            "request " + ids.get(1) + ": the order asked to fail",
                            "SHUTDOWN received, reason spindown: flushing, then goodbye");
        }
    }

    private static List<String> requestIds(CliProcess serve) {
        String first = serve.awaitOutput("REPORT RequestId: (" + ID + ")\t.*").group(1);
        String second = serve.awaitOutput("REPORT RequestId: ((?!" + first + ")" + ID + ")\t.*")
                .group(1);
        return List.of(first, second);
    }

    private static List<String> serviceLines(CliProcess serve) {
        return serve.output().stream()
                .filter(line -> line.matches("(INIT_START|INIT_REPORT|EXTENSION|START|END|REPORT)\\b.*"))
                .toList();
    }

    private static String invocationLines(String id, String init) {
        return "START RequestId: " + id + " Version: \\$LATEST\nEND RequestId: " + id + "\nREPORT RequestId: " + id
                + "\tDuration: " + MILLIS + "\tBilled Duration: \\d+ ms\tMemory Size: 3008 MB\tMax Memory Used: \\d+ MB"
                + init + "\t";
    }

    @Test
    void opens_a_function_url_when_asked_to() throws Exception {
        try (CliProcess serve = CliProcess.start(
                "serve",
                RUNTIME_API,
                INVOKE,
                "--function-url-address=127.0.0.1:0",
                "--function-url-invoke-mode=RESPONSE_STREAM",
                "--",
                CliProcess.java(),
                "-cp",
                System.getProperty("java.class.path"),
                "io.lambdasimulator.TalkativeRuntime",
                "1")) {
            String url = serve.awaitError("The function URL is (http://127\\.0\\.0\\.1:\\d+/)")
                    .group(1);

            HttpResponse<String> response = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());

            // What is no JSON would be a 502 in the other invoke mode.
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("ok");
            serve.awaitOutput("REPORT RequestId: "
                    + response.headers().firstValue("x-amzn-RequestId").orElseThrow() + "\t.*");
            serve.terminate();
            assertThat(serve.awaitExit()).as(serve.toString()).isZero();
        }
    }

    @Test
    void kills_a_runtime_that_uses_more_than_the_functions_memory_when_asked_to() throws Exception {
        Path script =
                Path.of(ServeTest.class.getResource("/python/hungry_runtime.py").toURI());
        try (CliProcess serve = CliProcess.start(
                "serve", RUNTIME_API, INVOKE, "--memory=128", "--enforce-memory-limit", "python3", script.toString())) {

            assertThat(invoke(serve, "{\"MB\":300,\"hang\":true}").body()).endsWith("signal: killed\"}");
            serve.awaitOutput(
                    "REPORT .*\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t.*Error Type: Runtime.OutOfMemory");
            assertThat(invoke(serve, "{}").body()).isEqualTo("{}");
            serve.terminate();

            assertThat(serve.awaitExit()).as(serve.toString()).isZero();
        }
    }

    @Test
    void tells_that_init_failed_and_goes_on_answering() throws Exception {
        try (CliProcess serve = CliProcess.start(
                System.getProperty("java.class.path"),
                folder,
                Map.of("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512", "GREETING", "from the host"),
                "serve",
                RUNTIME_API,
                INVOKE,
                "--log-level=trace",
                "--env",
                "PASSWORD=hunter2",
                "sh",
                "-c",
                "echo \"$GREETING, $AWS_LAMBDA_FUNCTION_MEMORY_SIZE MB, $_HANDLER in $(pwd), ${#PASSWORD}\"; exit 3",
                "app.handler")) {

            assertThat(invoke(serve, "{}").body())
                    .matches("\\{\"errorType\":\"Runtime\\.ExitError\",\"errorMessage\":\"RequestId: " + ID
                            + " Error: Runtime exited with error: exit status 3\"}");
            assertThat(invoke(serve, "{}").body()).contains("Runtime.ExitError");
            serve.awaitOutput("from the host, 512 MB, app\\.handler in " + folder.toRealPath() + ", 7");
            serve.awaitOutput("INIT_REPORT Init Duration: " + MILLIS
                    + "\tPhase: init\tStatus: error\tError Type: Runtime\\.ExitError");
            serve.awaitError("lambda-simulator: init failed with Runtime\\.ExitError \\(Runtime exited with error: exit"
                    + " status 3\\); what still runs is ended, and the next invocation begins with an init");
            serve.terminate();

            assertThat(serve.awaitExit()).as(serve.toString()).isZero();
            assertThat(serve.errors()).noneMatch(line -> line.contains("hunter2"));
        }
    }

    @Test
    void ends_with_1_and_one_line_when_a_port_is_in_use() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            for (String option : List.of("--runtime-api-address", "--invoke-address", "--function-url-address")) {
                String address = "127.0.0.1:" + taken.getLocalPort();
                List<String> arguments = new ArrayList<>(
                        List.of("serve", RUNTIME_API, INVOKE, "--function-url-address=127.0.0.1:0", "sleep", "100"));
                arguments.replaceAll(argument -> argument.startsWith(option) ? option + "=" + address : argument);
                try (CliProcess serve = CliProcess.start(arguments.toArray(String[]::new))) {

                    assertThat(serve.awaitExit()).as(serve.toString()).isEqualTo(1);
                    assertThat(serve.errors())
                            .containsExactly(
                                    "lambda-simulator serve: cannot listen on " + address + ": Address already in use");
                    assertThat(serve.output()).isEmpty();
                }
            }
        }
    }

    @Test
    void ends_with_2_and_one_line_on_a_mistake() throws Exception {
        try (CliProcess serve = CliProcess.start("serve", "--timeout", "soon", "sleep", "100")) {

            assertThat(serve.awaitExit()).as(serve.toString()).isEqualTo(2);
            assertThat(serve.errors())
                    .containsExactly(
                            "lambda-simulator serve: --timeout: \"soon\" cannot be: use a whole number from 1 to"
                                    + " 2147483647; --help tells more");
        }
    }
}

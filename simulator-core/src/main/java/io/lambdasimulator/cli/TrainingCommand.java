package io.lambdasimulator.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * {@code train}: what a {@link ClassArchive} is made from. Serves as {@code serve} does and is the caller, the runtime and an
 * extension, for two invocations; the JVM then writes down which classes that took.
 */
@CommandLine.Command(name = TrainingCommand.NAME, hidden = true, header = "Is run by warm-up.")
final class TrainingCommand implements Callable<Integer> {

    static final String NAME = "train";

    private static final String RUNTIME = "/2018-06-01/runtime/invocation/";
    private static final String EXTENSION = "/2020-01-01/extension/";
    private static final int FORBIDDEN = 403;
    private static final long RETRY_MILLIS = 5;
    private static final long LIMIT_SECONDS = 60;

    @Override
    public Integer call() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "training");
            thread.setDaemon(true);
            return thread;
        });
        Places places = new Places();
        Path noExtensions = Files.createTempDirectory("lambda-simulator-");
        Future<Integer> server = threads.submit(() -> serve(places, noExtensions));
        Future<?> life = threads.submit(() -> {
            live(places.runtimeApi.get(), places.frontDoor.get(), threads);
            return null;
        });
        try {
            life.get(LIMIT_SECONDS, TimeUnit.SECONDS);
            server.cancel(true);
            threads.shutdown();
            // Its end is the server's: with it the thread that was interrupted.
            return threads.awaitTermination(LIMIT_SECONDS, TimeUnit.SECONDS) ? 0 : Main.FAILURE;
        } finally {
            Files.deleteIfExists(noExtensions);
        }
    }

    /**
     * What runs as the runtime never calls: this JVM does. Nobody's extensions are started, and nobody's environment variables count,
     * since this is not the life that the user asked for.
     */
    private int serve(Places places, Path noExtensions) {
        PrintStream out = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(places, true, StandardCharsets.UTF_8);
        int exitCode = Main.commandLine(Map.of("PATH", System.getenv().getOrDefault("PATH", "")), out, err)
                .execute(
                        "serve",
                        "--extensions=" + noExtensions,
                        "--invoke-address=127.0.0.1:0",
                        "--runtime-api-address=127.0.0.1:0",
                        "--",
                        "sleep",
                        String.valueOf(LIMIT_SECONDS));
        places.served(exitCode);
        return exitCode;
    }

    private static void live(String runtimeApi, String frontDoor, ExecutorService threads) throws Exception {
        Future<Reply> answer = threads.submit(() -> call("POST", frontDoor, Map.of(), "{\"order\":1}"));
        Reply next = null;
        while (next == null || next.status == FORBIDDEN) {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS); // the runtime's process has not been started
            next = call("GET", runtimeApi + RUNTIME + "next", Map.of(), null);
        }
        call("POST", runtimeApi + RUNTIME + next.requestId + "/response", Map.of(), "{\"total\":9}");
        answer.get();

        answer = threads.submit(() -> call("POST", frontDoor, Map.of("X-Amz-Log-Type", "None"), "{\"order\":2}"));
        next = call("GET", runtimeApi + RUNTIME + "next", Map.of(), null);
        call(
                "POST",
                runtimeApi + RUNTIME + next.requestId + "/error",
                Map.of("Lambda-Runtime-Function-Error-Type", "Function.OrderRejected"),
                "{\"errorMessage\":\"no\",\"errorType\":\"OrderRejected\"}");
        answer.get();
        // Too late, and refused; registering is read nevertheless.
        call(
                "POST",
                runtimeApi + EXTENSION + "register",
                Map.of("Lambda-Extension-Name", "trainee"),
                "{\"events\":[\"INVOKE\"]}");
    }

    private record Reply(int status, String requestId) {}

    private static Reply call(String method, String address, Map<String, String> headers, @Nullable String body)
            throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(address).toURL().openConnection();
        connection.setRequestMethod(method);
        headers.forEach(connection::setRequestProperty);
        if (body != null) {
            connection.setDoOutput(true);
            try (OutputStream request = connection.getOutputStream()) {
                request.write(body.getBytes(StandardCharsets.UTF_8));
            }
        }
        int status = connection.getResponseCode();
        try (InputStream answer = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            answer.readAllBytes();
        }
        return new Reply(status, String.valueOf(connection.getHeaderField("Lambda-Runtime-Aws-Request-Id")));
    }

    /** Reads from the server's standard error where it listens. */
    private static final class Places extends OutputStream {
        private static final Pattern RUNTIME_API = Pattern.compile("Runtime API listens on (\\S+)\\s");
        private static final Pattern FRONT_DOOR = Pattern.compile("'\\{}' (http\\S+)\\s");

        private final CompletableFuture<String> runtimeApi = new CompletableFuture<>();
        private final CompletableFuture<String> frontDoor = new CompletableFuture<>();
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();

        /** Nobody waits for what will not come. */
        void served(int exitCode) {
            IllegalStateException ended = new IllegalStateException(
                    "serve ended with exit code " + exitCode + ": " + written.toString(StandardCharsets.UTF_8));
            runtimeApi.completeExceptionally(ended);
            frontDoor.completeExceptionally(ended);
        }

        @Override
        public void write(int b) {
            written.write(b);
        }

        @Override
        public void flush() {
            String text = written.toString(StandardCharsets.UTF_8);
            Matcher matcher = RUNTIME_API.matcher(text);
            if (matcher.find()) {
                runtimeApi.complete("http://" + matcher.group(1));
            }
            matcher = FRONT_DOOR.matcher(text);
            if (matcher.find()) {
                frontDoor.complete(matcher.group(1));
            }
        }
    }
}

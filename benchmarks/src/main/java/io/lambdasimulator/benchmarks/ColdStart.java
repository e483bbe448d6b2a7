package io.lambdasimulator.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * How long the standalone program takes to its first answer: from just before its process is started until the answer to
 * an invocation has arrived. This JVM is the caller and, on a connection of its own, the runtime, so nobody else's start is
 * measured: the command that {@code serve} launches as the runtime is {@code sleep}, which never calls the API. Ways to
 * start the program are measured in turns, and each turn begins with another.
 */
public final class ColdStart {

    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long RETRY_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private ColdStart() {}

    /**
     * Measures.
     *
     * @param arguments how many rounds, then each way to start the program as one argument, its words separated by blanks, up
     *     to and without {@code serve}
     * @throws Exception if a program does not start or does not answer
     */
    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        List<Way> ways = new ArrayList<>();
        for (String command : Arrays.asList(arguments).subList(1, arguments.length)) {
            ways.add(new Way(Pattern.compile(" ").splitAsStream(command).toList()));
        }
        for (Way way : ways) {
            way.answer(); // not counted: the first may find no archive, or a cold disk
        }
        for (int round = 0; round < rounds; round++) {
            Collections.rotate(ways, 1);
            for (Way way : ways) {
                way.measure();
            }
        }
        ways.sort((one, other) -> Double.compare(other.median(), one.median()));
        for (Way way : ways) {
            way.show(ways.get(0));
        }
    }

    /** A way to start the program. */
    private static final class Way {
        private final List<String> command;
        private final List<Double> millis = new ArrayList<>();
        private final List<Double> cpuMillis = new ArrayList<>();

        Way(List<String> command) {
            this.command = command;
        }

        void measure() throws IOException, InterruptedException {
            Answered answered = answer();
            millis.add(answered.nanos / 1e6);
            cpuMillis.add((double) answered.cpu.toMillis());
        }

        double median() {
            return quantile(millis, 0.5);
        }

        void show(Way slowest) {
            System.out.printf(
                    Locale.ROOT,
                    "%7.0f ms fastest, %7.0f median (%.2f of the slowest), %7.0f p90; CPU %7.0f ms fastest, %7.0f median (%.2f); %d runs: %s%n",
                    quantile(millis, 0),
                    median(),
                    median() / slowest.median(),
                    quantile(millis, 0.9),
                    quantile(cpuMillis, 0),
                    quantile(cpuMillis, 0.5),
                    quantile(cpuMillis, 0.5) / quantile(slowest.cpuMillis, 0.5),
                    millis.size(),
                    String.join(" ", command));
        }

        private static double quantile(List<Double> values, double part) {
            List<Double> sorted = values.stream().sorted().toList();
            return sorted.get((int) Math.max(0, Math.ceil(part * sorted.size()) - 1));
        }

        private Answered answer() throws IOException, InterruptedException {
            Path output = Files.createTempFile("cold-start", ".txt");
            int invoke = freePort();
            int runtimeApi = freePort();
            List<String> words = new ArrayList<>(command);
            words.addAll(List.of(
                    "serve",
                    "--invoke-address",
                    "127.0.0.1:" + invoke,
                    "--runtime-api-address",
                    "127.0.0.1:" + runtimeApi,
                    "--",
                    "/bin/sleep",
                    "60"));
            ProcessBuilder builder =
                    new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile());
            long start = System.nanoTime();
            Process process = builder.start();
            try {
                try (Client runtime = new Client(runtimeApi, start);
                        Client caller = new Client(invoke, start)) {
                    caller.send("POST /2015-03-31/functions/function/invocations", "{\"order\":1}");
                    String id = header(next(runtime), "lambda-runtime-aws-request-id");
                    runtime.send("POST /2018-06-01/runtime/invocation/" + id + "/response", "{\"total\":9}");
                    String answer = caller.answer();
                    long end = System.nanoTime();
                    if (!answer.startsWith("HTTP/1.1 200 ") || !answer.endsWith("{\"total\":9}")) {
                        throw new IllegalStateException("the invocation was answered with " + answer);
                    }
                    return new Answered(
                            end - start, process.info().totalCpuDuration().orElse(Duration.ZERO));
                }
            } catch (IOException | IllegalStateException e) {
                throw new IllegalStateException(e + "; the program said:\n" + Files.readString(output), e);
            } finally {
                process.destroy();
                process.waitFor();
                Files.delete(output);
            }
        }
    }

    /** What it took until the answer: time, and the CPU of the process itself. */
    private record Answered(long nanos, Duration cpu) {}

    /** Asks until the runtime counts as started, which it does once its process is. */
    private static String next(Client runtime) throws IOException, InterruptedException {
        while (true) {
            runtime.send("GET /2018-06-01/runtime/invocation/next", "");
            String answer = runtime.answer();
            if (!answer.startsWith("HTTP/1.1 403 ")) {
                return answer;
            }
            TimeUnit.NANOSECONDS.sleep(RETRY_NANOS);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String header(String answer, String name) {
        return answer.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ": "))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no " + name + " in " + answer))
                .substring(name.length() + 2);
    }

    /** A raw connection, made as soon as there is somebody who takes it. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;

        Client(int port, long start) throws IOException, InterruptedException {
            socket = connect(port, start);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) TimeUnit.NANOSECONDS.toMillis(LIMIT_NANOS));
        }

        private static Socket connect(int port, long start) throws IOException, InterruptedException {
            while (true) {
                Socket attempt = new Socket();
                try {
                    attempt.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                    return attempt;
                } catch (IOException refused) {
                    attempt.close();
                    if (System.nanoTime() - start > LIMIT_NANOS) {
                        throw refused;
                    }
                    TimeUnit.NANOSECONDS.sleep(RETRY_NANOS);
                }
            }
        }

        void send(String requestLine, String body) throws IOException {
            String request = requestLine + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + body.length()
                    + "\r\n\r\n" + body;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        }

        /** The next answer, whole. */
        String answer() throws IOException {
            StringBuilder answer = new StringBuilder();
            InputStream in = socket.getInputStream();
            while (answer.indexOf("\r\n\r\n") < 0) {
                read(in, answer);
            }
            int end = answer.indexOf("\r\n\r\n")
                    + 4
                    + Integer.parseInt(
                            header(answer.toString(), "content-length").trim());
            while (answer.length() < end) {
                read(in, answer);
            }
            return answer.toString();
        }

        private static void read(InputStream in, StringBuilder into) throws IOException {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the connection ended behind " + into);
            }
            into.append((char) next);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}

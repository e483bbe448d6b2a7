package io.lambdasimulator.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls the APIs at {@code AWS_LAMBDA_RUNTIME_API}, one call at a time. */
final class LambdaApi implements AutoCloseable {

    private final String address;
    private volatile @Nullable HttpURLConnection open;
    private volatile boolean closed;

    LambdaApi() {
        address = System.getenv("AWS_LAMBDA_RUNTIME_API");
        if (address == null) {
            throw new IllegalStateException(
                    "AWS_LAMBDA_RUNTIME_API is not set: run this program as a runtime or an extension");
        }
    }

    /** An answer; the connection still knows its headers. */
    record Answer(HttpURLConnection connection, String body) {
        String header(String name) {
            return String.valueOf(connection.getHeaderField(name));
        }
    }

    Answer get(String path, Map<String, String> headers) throws IOException {
        return answer(open("GET", path, headers));
    }

    Answer post(String path, Map<String, String> headers, String body) throws IOException {
        HttpURLConnection connection = open("POST", path, headers);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        connection.setFixedLengthStreamingMode(bytes.length);
        try (OutputStream request = connection.getOutputStream()) {
            request.write(bytes);
        }
        return answer(connection);
    }

    // Without a read timeout: an environment may be idle, or frozen, for as long as it likes.
    private HttpURLConnection open(String method, String path, Map<String, String> headers) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://" + address + path).toURL().openConnection();
        connection.setRequestMethod(method);
        headers.forEach(connection::setRequestProperty);
        open = connection;
        return connection;
    }

    /** Ends the call under way, which fails: a JVM with a thread in a read takes 300 ms longer to exit. */
    @Override
    public void close() {
        closed = true;
        HttpURLConnection connection = open;
        if (connection != null) {
            connection.disconnect();
        }
    }

    boolean isClosed() {
        return closed;
    }

    private static Answer answer(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        if (status >= 300) {
            throw new IOException(connection.getURL() + " answered " + status);
        }
        try (InputStream body = connection.getInputStream()) {
            return new Answer(connection, new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}

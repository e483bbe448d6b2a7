package io.lambdasimulator.examples.support;

import io.lambdasimulator.LambdaSimulator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** A custom runtime that streams its responses, over a plain socket so that it can send trailers. Tell it what to do next. */
public final class StreamingRuntime implements AutoCloseable {

    private static final String INVOCATION = "/2018-06-01/runtime/invocation/";

    private final Socket socket;
    private final BufferedReader in;
    private final OutputStream out;

    /** Connects to the Runtime API of an environment that has no runtime of its own. */
    public StreamingRuntime(LambdaSimulator lambda) throws IOException {
        URI api = URI.create("http://" + lambda.runtimeApi());
        socket = new Socket(api.getHost(), api.getPort());
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        out = socket.getOutputStream();
    }

    /** Asks for an invocation and begins to answer it. */
    public void beginResponse() throws IOException {
        poll();
        String requestId = "";
        int length = 0;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            if (line.startsWith("Lambda-Runtime-Aws-Request-Id: ")) {
                requestId = line.substring(line.indexOf(' ') + 1);
            } else if (line.startsWith("Content-Length: ")) {
                length = Integer.parseInt(line.substring(line.indexOf(' ') + 1));
            }
        }
        in.skip(length);
        send("POST " + INVOCATION + requestId + "/response HTTP/1.1\r\nHost: runtime\r\n"
                + "Content-Type: text/plain\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n"
                + "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n");
    }

    /** Sends a piece of the response. */
    public void piece(String text) throws IOException {
        send(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
    }

    /** Ends the response and asks for the next invocation. */
    public void end() throws IOException {
        end("");
    }

    /** Ends the response with an error and asks for the next invocation. */
    public void fail(String errorType, String errorBody) throws IOException {
        end("Lambda-Runtime-Function-Error-Type: " + errorType + "\r\nLambda-Runtime-Function-Error-Body: "
                + Base64.getEncoder().encodeToString(errorBody.getBytes(StandardCharsets.UTF_8)) + "\r\n");
    }

    private void end(String trailers) throws IOException {
        send("0\r\n" + trailers + "\r\n");
        int length = 0;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            if (line.startsWith("Content-Length: ")) {
                length = Integer.parseInt(line.substring(line.indexOf(' ') + 1));
            }
        }
        in.skip(length);
        poll();
    }

    private void poll() throws IOException {
        send("GET " + INVOCATION + "next HTTP/1.1\r\nHost: runtime\r\n\r\n");
    }

    private void send(String latin1) throws IOException {
        out.write(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package io.lambdasimulator.internal.http;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lambdasimulator.internal.json.GoJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The legacy form of an error body that carries the X-Ray cause as well: the caller gets the error alone. Read as
 * leniently as Go's decoder does, and as strictly: a member of the wrong type spoils the whole.
 */
final class ErrorWithCause {

    static final String CONTENT_TYPE = "application/vnd.aws.lambda.error.cause+json";

    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final Rewritten INVALID =
            new Rewritten("\"Invalid error body\"".getBytes(StandardCharsets.UTF_8), "application/octet-stream");

    record Rewritten(byte[] body, String contentType) {}

    private ErrorWithCause() {}

    static Rewritten rewrite(byte[] body) {
        try {
            JsonNode error = MAPPER.readTree(body);
            if (error.isObject() || error.isNull()) {
                return new Rewritten(GoJson.bytes(withoutCause(error)), "application/json");
            }
        } catch (IOException e) {
            // Neither JSON nor of the right form: the same for the caller.
        }
        return INVALID;
    }

    private static Map<String, Object> withoutCause(JsonNode error) throws IOException {
        Map<String, Object> kept = new LinkedHashMap<>();
        kept.put("errorMessage", "");
        kept.put("errorType", "");
        List<String> stackTrace = new ArrayList<>();
        for (Map.Entry<String, JsonNode> member : error.properties()) {
            switch (member.getKey().toLowerCase(Locale.ROOT)) {
                case "errormessage" -> kept.put("errorMessage", text(member.getValue()));
                case "errortype" -> kept.put("errorType", text(member.getValue()));
                case "stacktrace" -> {
                    stackTrace.clear();
                    stackTrace.addAll(texts(member.getValue()));
                }
                default -> {
                    // The cause, and what the service does not know.
                }
            }
        }
        if (!stackTrace.isEmpty()) {
            kept.put("stackTrace", stackTrace);
        }
        return kept;
    }

    private static List<String> texts(JsonNode value) throws IOException {
        if (!value.isArray() && !value.isNull()) {
            throw new IOException("not an array of texts");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : value) {
            texts.add(text(element));
        }
        return texts;
    }

    private static String text(JsonNode value) throws IOException {
        if (!value.isTextual() && !value.isNull()) {
            throw new IOException("not a text");
        }
        return value.asText("");
    }
}

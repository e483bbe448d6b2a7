package io.lambdasimulator.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lambdasimulator.internal.json.GoJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** The legacy form of an error body that carries the X-Ray cause as well: the caller gets the error alone. */
final class ErrorWithCause {

    static final String CONTENT_TYPE = "application/vnd.aws.lambda.error.cause+json";

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Rewritten INVALID =
            new Rewritten("\"Invalid error body\"".getBytes(StandardCharsets.UTF_8), "application/octet-stream");

    record Rewritten(byte[] body, String contentType) {}

    private ErrorWithCause() {}

    static Rewritten rewrite(byte[] body) {
        JsonNode error;
        try {
            error = MAPPER.readTree(body);
        } catch (IOException e) {
            return INVALID;
        }
        if (error == null
                || !error.isObject()
                || !isTextOrAbsent(error, "errorMessage")
                || !isTextOrAbsent(error, "errorType")) {
            return INVALID;
        }
        Map<String, Object> kept = new LinkedHashMap<>();
        kept.put("errorMessage", error.path("errorMessage").asText(""));
        kept.put("errorType", error.path("errorType").asText(""));
        JsonNode stackTrace = error.path("stackTrace");
        if (stackTrace.isArray() && !stackTrace.isEmpty()) {
            kept.put("stackTrace", stackTrace);
        }
        return new Rewritten(GoJson.bytes(kept), "application/json");
    }

    private static boolean isTextOrAbsent(JsonNode error, String field) {
        JsonNode value = error.path(field);
        return value.isMissingNode() || value.isNull() || value.isTextual();
    }
}

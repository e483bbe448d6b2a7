package io.lambdasimulator.internal.http;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the function answered, as the HTTP response of a function URL (AWS: Invoking Lambda function URLs, response payload
 * format; spec: production-captures §1.7).
 */
final class FunctionUrlResponse {

    /** The response is none; the message says why and repeats no value. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    private static final String CONTENT_TYPE = "Content-Type";
    private static final byte[] NOTHING = {};

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** Headers that are not the function's to set; the service passes what it sets on under another name. */
    private static final Set<String> REMAPPED =
            Set.of("connection", "content-length", "date", "keep-alive", "trailer", "transfer-encoding", "upgrade");

    private FunctionUrlResponse() {}

    /** A whole response. */
    static Answer of(byte[] payload) throws Malformed {
        JsonNode response = json(payload, "the response");
        if (response.isTextual()) {
            return inferred(response.textValue().getBytes(StandardCharsets.UTF_8));
        }
        if (!response.hasNonNull("statusCode")) {
            return inferred(payload);
        }
        Answer head = head(response, "application/json");
        boolean hasNone = head.status() == 204 || head.status() == 304;
        return new Answer(head.status(), head.headers(), hasNone ? NOTHING : body(response));
    }

    private static Answer inferred(byte[] body) {
        return Answer.of(200, "application/json", body);
    }

    /**
     * The prelude of a streamed response: status, headers and cookies, each of which may be left out.
     *
     * @return an answer without body
     */
    static Answer prelude(byte[] json) throws Malformed {
        JsonNode prelude = json(json, "the prelude of the response");
        if (!prelude.isObject()) {
            throw new Malformed("the prelude of the response is no JSON object");
        }
        return head(prelude, "application/octet-stream");
    }

    private static JsonNode json(byte[] bytes, String what) throws Malformed {
        try {
            JsonNode value = MAPPER.readTree(bytes);
            if (value == null || value.isMissingNode()) {
                throw new Malformed(what + " is empty");
            }
            return value;
        } catch (JsonProcessingException e) {
            JsonLocation where = e.getLocation();
            throw new Malformed(what + " is no JSON"
                    + (where == null ? "" : ": see line " + where.getLineNr() + ", column " + where.getColumnNr()));
        } catch (IOException e) {
            throw new Malformed(what + " cannot be read: " + e.getMessage());
        }
    }

    private static Answer head(JsonNode response, String defaultType) throws Malformed {
        Map<String, Answer.Header> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.put(CONTENT_TYPE, new Answer.Header(CONTENT_TYPE, defaultType));
        JsonNode given = present(response, "headers");
        if (given != null) {
            if (!given.isObject()) {
                throw new Malformed("headers is no JSON object");
            }
            for (Map.Entry<String, JsonNode> header : given.properties()) {
                if (!header.getValue().isNull()) {
                    headers.put(header.getKey(), header(header.getKey(), headerText(header.getValue())));
                }
            }
        }
        List<Answer.Header> all = new ArrayList<>(headers.values());
        JsonNode cookies = present(response, "cookies");
        if (cookies != null) {
            if (!cookies.isArray()) {
                throw new Malformed("cookies is no JSON array");
            }
            for (JsonNode cookie : cookies) {
                all.add(header("Set-Cookie", text(cookie)));
            }
        }
        return new Answer(status(response), List.copyOf(all), NOTHING);
    }

    private static Answer.Header header(String name, String value) throws Malformed {
        if (!HEADER_NAME.matcher(name).matches()) {
            throw new Malformed("a header has a name that HTTP does not allow");
        }
        if (value.chars().anyMatch(c -> c == 0x7f || (c < ' ' && c != '\t'))) {
            throw new Malformed("the value of header " + name + " has a control character");
        }
        boolean isRemapped = REMAPPED.contains(name.toLowerCase(Locale.ROOT));
        return new Answer.Header(isRemapped ? "x-amzn-Remapped-" + name : name, value);
    }

    private static int status(JsonNode response) throws Malformed {
        JsonNode given = present(response, "statusCode");
        if (given == null) {
            return 200;
        }
        if (given.isTextual() || (given.canConvertToExactIntegral() && given.canConvertToInt())) {
            try {
                int status =
                        given.isTextual() ? Integer.parseInt(given.textValue().strip()) : given.intValue();
                if (status >= 200 && status <= 599) {
                    return status;
                }
            } catch (NumberFormatException e) {
                // Told below.
            }
        }
        throw new Malformed("statusCode is no HTTP status from 200 to 599");
    }

    private static byte[] body(JsonNode response) throws Malformed {
        JsonNode body = present(response, "body");
        if (body == null) {
            return NOTHING;
        }
        String text = text(body);
        JsonNode isBase64Encoded = present(response, "isBase64Encoded");
        if (isBase64Encoded == null || !isBase64Encoded.asBoolean()) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new Malformed("isBase64Encoded is true and the body is no base64");
        }
    }

    /** A list stands in brackets, as reported of the service: it makes one header, not several. */
    private static String headerText(JsonNode value) {
        if (!value.isArray()) {
            return text(value);
        }
        List<String> elements = new ArrayList<>();
        value.forEach(element -> elements.add(text(element)));
        return "[" + String.join(", ", elements) + "]";
    }

    /** Text as it is, whatever else as JSON. */
    private static String text(JsonNode value) {
        return value.isTextual() ? value.textValue() : value.toString();
    }

    private static @Nullable JsonNode present(JsonNode object, String name) {
        return object.hasNonNull(name) ? object.get(name) : null;
    }
}

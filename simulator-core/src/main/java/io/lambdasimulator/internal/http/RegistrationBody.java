package io.lambdasimulator.internal.http;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.lambdasimulator.internal.environment.CallRefused;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The body of a registration, read as leniently as Go's decoder does. */
final class RegistrationBody {

    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private RegistrationBody() {}

    /** The names in <code>events</code>, unchecked. */
    static List<String> events(byte[] body) throws CallRefused {
        if (new String(body, java.nio.charset.StandardCharsets.UTF_8).isBlank()) {
            throw CallRefused.invalidRegistration("unexpected end of JSON input");
        }
        JsonNode json = parse(body);
        if (json.isNull()) {
            return List.of();
        }
        if (!json.isObject()) {
            throw CallRefused.invalidRegistration(
                    "the body has to be an object such as {\"events\":[\"INVOKE\"]}, not " + kind(json));
        }
        // Go matches field names without regard to case, and the last one counts.
        List<String> events = List.of();
        List<String> configurationKeys = List.of();
        for (Map.Entry<String, JsonNode> field : json.properties()) {
            if (field.getKey().equalsIgnoreCase("events")) {
                events = texts("events", field.getValue());
            } else if (field.getKey().equalsIgnoreCase("configurationKeys")) {
                configurationKeys = texts("configurationKeys", field.getValue());
            }
        }
        if (!configurationKeys.isEmpty()) {
            throw CallRefused.invalidRegistration(
                    "configurationKeys are deprecated; use environment variables instead");
        }
        return events;
    }

    private static JsonNode parse(byte[] body) throws CallRefused {
        try {
            return MAPPER.readTree(body);
        } catch (JsonParseException e) {
            throw CallRefused.invalidRegistration("the body is not JSON: " + e.getOriginalMessage());
        } catch (MismatchedInputException e) {
            throw CallRefused.invalidRegistration("the body is not JSON: something follows its value");
        } catch (IOException e) {
            throw CallRefused.invalidRegistration("the body is not JSON: " + e.getMessage());
        }
    }

    private static List<String> texts(String field, JsonNode value) throws CallRefused {
        if (value.isNull()) {
            return List.of();
        }
        if (!value.isArray()) {
            throw CallRefused.invalidRegistration(field + " has to be an array of strings, not " + kind(value));
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : value) {
            if (!element.isTextual() && !element.isNull()) {
                throw CallRefused.invalidRegistration(field + " has to hold strings, not " + kind(element));
            }
            texts.add(element.asText(""));
        }
        return texts;
    }

    private static String kind(JsonNode json) {
        return switch (json.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            default -> json.getNodeType().toString();
        };
    }
}

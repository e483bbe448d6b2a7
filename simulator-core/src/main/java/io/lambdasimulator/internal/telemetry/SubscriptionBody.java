package io.lambdasimulator.internal.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.lambdasimulator.internal.environment.CallRefused;
import io.lambdasimulator.internal.telemetry.delivery.Buffering;
import io.lambdasimulator.internal.telemetry.delivery.Destination;
import io.lambdasimulator.telemetry.TelemetryApi;
import io.lambdasimulator.telemetry.TelemetryType;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of a subscription. Ranges and defaults are those of the service's schema (spec: aws-contract §3.1, §4); members
 * that it does not know are ignored. Each refusal names the member.
 */
public final class SubscriptionBody {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final Set<String> HOSTS = Set.of("sandbox.localdomain", "sandbox", "localhost", "127.0.0.1");

    /** Characters of a value that a message repeats. */
    private static final int SHOWN = 100;

    /** The Runtime API's port in an execution environment. */
    private static final int RESERVED_PORT = 9001;

    private final TelemetryApi api;

    private SubscriptionBody(TelemetryApi api) {
        this.api = api;
    }

    /** Reads it, or says what is wrong with it. */
    public static Subscription parse(TelemetryApi api, byte[] body) throws CallRefused {
        return new SubscriptionBody(api).parse(body);
    }

    private Subscription parse(byte[] body) throws CallRefused {
        JsonNode json = json(body);
        if (!json.isObject()) {
            throw refused("failed to parse JSON: the body has to be an object, not " + kind(json));
        }
        Schema schema = schema(json);
        List<TelemetryType> types = types(required(json, "types"));
        Destination destination = destination(required(json, "destination"));
        return new Subscription(schema, types, buffering(json.path("buffering")), destination);
    }

    private JsonNode json(byte[] body) throws CallRefused {
        try {
            JsonNode json = MAPPER.readTree(body);
            if (json.isMissingNode()) {
                throw refused("failed to parse JSON: the body is empty");
            }
            return json;
        } catch (StreamConstraintsException e) {
            throw refused("failed to parse JSON: it is nested too deeply, or a name or number in it is too long");
        } catch (JsonProcessingException e) {
            throw refused("failed to parse JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw refused("failed to parse JSON: " + e.getMessage());
        }
    }

    private Schema schema(JsonNode json) throws CallRefused {
        JsonNode given = json.path("schemaVersion");
        if (given.isMissingNode() && api == TelemetryApi.LOGS) {
            return Schema.LOGS_2020_08_15;
        }
        String version = text("schemaVersion", required(json, "schemaVersion"));
        return Schema.of(api, version)
                .orElseThrow(() -> invalid(
                        "schemaVersion",
                        "has to be one of " + Schema.versions(api) + ", not \"" + shown(version) + "\""));
    }

    private List<TelemetryType> types(JsonNode given) throws CallRefused {
        if (!given.isArray() || given.isEmpty()) {
            throw invalid(
                    "types",
                    "has to be an array of at least one of platform, function and extension, not " + kind(given));
        }
        List<TelemetryType> types = new ArrayList<>();
        for (JsonNode element : given) {
            String name = text("types", element);
            types.add(Arrays.stream(TelemetryType.values())
                    .filter(type -> type.wireName().equals(name))
                    .findFirst()
                    .orElseThrow(() -> invalid(
                            "types", "may hold platform, function and extension, not \"" + shown(name) + "\"")));
        }
        return List.copyOf(types);
    }

    private Buffering buffering(JsonNode given) throws CallRefused {
        if (!given.isMissingNode() && !given.isObject()) {
            throw invalid("buffering", "has to be an object, not " + kind(given));
        }
        return new Buffering(
                number(given, "maxItems", 1_000, 10_000, 10_000),
                number(given, "maxBytes", 262_144, 1_048_576, 262_144),
                Duration.ofMillis(number(given, "timeoutMs", 25, 30_000, 1_000)));
    }

    private int number(JsonNode buffering, String name, int least, int most, int otherwise) throws CallRefused {
        JsonNode given = buffering.path(name);
        if (given.isMissingNode()) {
            return otherwise;
        }
        if (!given.isIntegralNumber()
                || !given.canConvertToInt()
                || given.intValue() < least
                || given.intValue() > most) {
            throw invalid(
                    "buffering." + name,
                    "has to be an integer from " + least + " to " + most + ", not "
                            + (given.isNumber() ? shown(given.asText()) : kind(given)));
        }
        return given.intValue();
    }

    private Destination destination(JsonNode given) throws CallRefused {
        if (!given.isObject()) {
            throw invalid("destination", "has to be an object, not " + kind(given));
        }
        String protocol = text("destination.protocol", required(given, "protocol", "destination.protocol"));
        return switch (protocol) {
            case "HTTP" -> http(given);
            case "TCP" -> new Destination.Tcp(tcpPort(required(given, "port", "destination.port")));
            default -> throw invalid("destination.protocol", "has to be HTTP or TCP, not \"" + shown(protocol) + "\"");
        };
    }

    private Destination http(JsonNode destination) throws CallRefused {
        String text = text("destination.URI", required(destination, "URI", "destination.URI"));
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw invalid("destination.URI", "could not be parsed: " + shown(String.valueOf(e.getMessage())));
        }
        if (!"http".equalsIgnoreCase(uri.getScheme())) {
            throw invalid("destination.URI", "has to begin with http://, which \"" + shown(text) + "\" does not");
        }
        if (uri.getHost() == null) {
            throw invalid("destination.URI", "could not be parsed: there is no host, or no port behind its colon");
        }
        if (!HOSTS.contains(uri.getHost().toLowerCase(Locale.ROOT))) {
            throw invalid("destination.URI", "host must be sandbox.localdomain, not \"" + shown(uri.getHost()) + "\"");
        }
        checkPort("destination.URI", uri.getPort() == -1 ? 80 : uri.getPort());
        return new Destination.Http(uri, method(destination));
    }

    /** Only the Logs API has a choice. */
    private String method(JsonNode destination) throws CallRefused {
        JsonNode given = destination.path("method");
        if (api == TelemetryApi.TELEMETRY || given.isMissingNode()) {
            return "POST";
        }
        String method = text("destination.method", given);
        if (!method.equals("POST") && !method.equals("PUT")) {
            throw invalid("destination.method", "has to be POST or PUT, not \"" + shown(method) + "\"");
        }
        return method;
    }

    private int tcpPort(JsonNode given) throws CallRefused {
        if (!given.isIntegralNumber() || !given.canConvertToInt()) {
            throw invalid(
                    "destination.port",
                    "has to be an integer from 1 to 65535, not "
                            + (given.isNumber() ? shown(given.asText()) : kind(given)));
        }
        checkPort("destination.port", given.intValue());
        return given.intValue();
    }

    private void checkPort(String member, int port) throws CallRefused {
        if (port < 1 || port > 65_535) {
            throw invalid(member, "has to name a port from 1 to 65535, not " + port);
        }
        if (port == RESERVED_PORT) {
            throw invalid(member, "names port 9001, which is reserved for the Runtime API");
        }
    }

    private JsonNode required(JsonNode object, String name) throws CallRefused {
        return required(object, name, name);
    }

    private JsonNode required(JsonNode object, String name, String path) throws CallRefused {
        @Nullable JsonNode given = object.get(name);
        if (given == null) {
            throw invalid(path, "is missing");
        }
        return given;
    }

    private String text(String member, JsonNode given) throws CallRefused {
        if (!given.isTextual()) {
            throw invalid(member, "has to be a string, not " + kind(given));
        }
        return given.textValue();
    }

    private CallRefused invalid(String member, String what) {
        return refused("schema validation error: " + member + " " + what);
    }

    private CallRefused refused(String message) {
        return CallRefused.invalidSubscription(api, message);
    }

    private static String shown(String value) {
        return value.length() <= SHOWN ? value : value.substring(0, SHOWN) + "…";
    }

    private static String kind(JsonNode json) {
        return switch (json.getNodeType()) {
            case ARRAY -> json.isEmpty() ? "an empty array" : "an array";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            case NULL -> "null";
            default -> json.getNodeType().toString();
        };
    }
}

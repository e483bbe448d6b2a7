package io.lambdasimulator.internal.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request to a function URL, and the event that the function sees of it (AWS: Invoking Lambda function URLs, request
 * payload format 2.0). Members without a value are left out, as in events captured from the service, where the
 * documentation shows {@code null}.
 *
 * @param path as received
 * @param query as received, without the question mark
 * @param port where it was received
 * @param headers by lower-case name, with every value
 */
record FunctionUrlRequest(
        String method,
        String path,
        String query,
        String protocol,
        String sourceIp,
        int port,
        Map<String, List<String>> headers,
        Instant time) {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String DEFAULT = "$default";

    private static final DateTimeFormatter LOG_TIME = DateTimeFormatter.ofPattern(
                    "dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    /** They concern one connection, which on AWS ends before the function. */
    private static final Set<String> NOT_SHOWN =
            Set.of("connection", "expect", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade");

    /** The types that reach the function as text, beside {@code text/*}; forms and {@code +json} are not among them. */
    private static final Set<String> TEXT = Set.of("application/json", "application/javascript", "application/xml");

    static FunctionUrlRequest of(Exchange exchange, Instant time) {
        return new FunctionUrlRequest(
                exchange.method(),
                exchange.path(),
                exchange.query(),
                exchange.protocol(),
                exchange.sourceIp(),
                exchange.localPort(),
                exchange.headers(),
                time);
    }

    /** The first value of a header, or null. */
    @Nullable String header(String lowerCaseName) {
        List<String> values = headers.get(lowerCaseName);
        return values == null || values.isEmpty() ? null : values.get(0);
    }

    /**
     * The event.
     *
     * @param urlId the id of the function URL
     * @param requestId the request id of the invocation
     * @param trace what the function sees as the trace header of the request
     */
    byte[] event(String urlId, String requestId, String trace, byte[] body) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("version", "2.0");
        event.put("routeKey", DEFAULT);
        event.put("rawPath", path);
        event.put("rawQueryString", query);
        List<String> cookies = cookies();
        if (!cookies.isEmpty()) {
            event.put("cookies", cookies);
        }
        event.put("headers", shownHeaders(trace));
        Map<String, String> parameters = queryStringParameters();
        if (!parameters.isEmpty()) {
            event.put("queryStringParameters", parameters);
        }
        event.put("requestContext", context(urlId, requestId));
        String text = isText() ? utf8(body) : null;
        if (body.length > 0) {
            event.put("body", text == null ? Base64.getEncoder().encodeToString(body) : text);
        }
        event.put("isBase64Encoded", body.length > 0 && text == null);
        try {
            return MAPPER.writeValueAsBytes(event);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an event of texts and numbers is always JSON", e);
        }
    }

    private Map<String, Object> context(String urlId, String requestId) {
        String host = header("host");
        String userAgent = header("user-agent");
        Map<String, Object> http = new LinkedHashMap<>();
        http.put("method", method);
        http.put("path", UrlText.decodePath(path));
        http.put("protocol", protocol);
        http.put("sourceIp", sourceIp);
        http.put("userAgent", userAgent == null ? "" : userAgent);
        Map<String, Object> context = new LinkedHashMap<>();
        context.put("accountId", "anonymous");
        context.put("apiId", urlId);
        context.put("domainName", host == null ? "" : host);
        context.put("domainPrefix", urlId);
        context.put("http", http);
        context.put("requestId", requestId);
        context.put("routeKey", DEFAULT);
        context.put("stage", DEFAULT);
        context.put("time", LOG_TIME.format(time));
        context.put("timeEpoch", time.toEpochMilli());
        return context;
    }

    private List<String> cookies() {
        List<String> cookies = new ArrayList<>();
        for (String line : headers.getOrDefault("cookie", List.of())) {
            for (String cookie : line.split(";", -1)) {
                if (!cookie.isBlank()) {
                    cookies.add(cookie.strip());
                }
            }
        }
        return cookies;
    }

    private Map<String, String> shownHeaders(String trace) {
        Map<String, String> shown = new LinkedHashMap<>();
        headers.forEach((name, values) -> {
            if (!NOT_SHOWN.contains(name)) {
                shown.put(name, String.join(name.equals("cookie") ? "; " : ",", values));
            }
        });
        shown.put("x-amzn-trace-id", trace);
        shown.merge("x-forwarded-for", sourceIp, (given, own) -> given + ", " + own);
        shown.putIfAbsent("x-forwarded-port", Integer.toString(port));
        shown.putIfAbsent("x-forwarded-proto", "http");
        return shown;
    }

    private Map<String, String> queryStringParameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String member : query.split("&", -1)) {
            if (!member.isEmpty()) {
                int equals = member.indexOf('=');
                String name = equals < 0 ? member : member.substring(0, equals);
                String value = equals < 0 ? "" : member.substring(equals + 1);
                parameters.merge(
                        UrlText.decodeParameter(name),
                        UrlText.decodeParameter(value),
                        (before, next) -> before + "," + next);
            }
        }
        return parameters;
    }

    private boolean isText() {
        String contentType = header("content-type");
        if (contentType == null) {
            return false;
        }
        int parameters = contentType.indexOf(';');
        String type = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        return type.startsWith("text/") || TEXT.contains(type);
    }

    /** Null for bytes that are none, whatever their type claims. */
    private static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}

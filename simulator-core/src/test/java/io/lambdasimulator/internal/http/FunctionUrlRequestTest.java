package io.lambdasimulator.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The mapping of requests, laid beside events captured from the service in 2023 and 2026. */
class FunctionUrlRequestTest {

    private static final byte[] NO_BODY = {};

    private static FunctionUrlRequest request(
            String method, String path, String query, Map<String, List<String>> headers) {
        return new FunctionUrlRequest(
                method,
                path,
                query,
                "HTTP/1.1",
                "203.0.113.7",
                8081,
                new TreeMap<>(headers),
                Instant.parse("2026-07-10T19:19:06.671Z"));
    }

    private static JsonNode event(FunctionUrlRequest request, byte[] body) throws IOException {
        return new ObjectMapper().readTree(request.event("url-id", "request-id", "Root=1-a-b", body));
    }

    private static JsonNode eventOf(String query) throws IOException {
        return event(request("GET", "/", query, Map.of()), NO_BODY);
    }

    private static JsonNode eventOf(Map<String, List<String>> headers) throws IOException {
        return event(request("GET", "/", "", headers), NO_BODY);
    }

    @Test
    void a_request_with_everything_becomes_an_event_as_captured_from_the_service() {
        FunctionUrlRequest request = request(
                "POST",
                "/capture/space%20value",
                "repeat=one&repeat=two&redirect=https%3A%2F%2Fexample.com%2Fa%2Fb&literalPlus=a+b&encodedPlus=a%2Bb&empty=",
                Map.of(
                        "accept", List.of("*/*"),
                        "content-type", List.of("application/json"),
                        "cookie", List.of("session=abc123; theme=dark"),
                        "host", List.of("id.lambda-url.us-west-2.on.aws"),
                        "user-agent", List.of("curl/8.7.1"),
                        "x-probe", List.of("first", "second")));

        String event = new String(
                request.event(
                        "id",
                        "d16a6b55-dea9-4b23-8499-eb85c3d2d904",
                        "Root=1-6a5145aa-290a323a5de9a2e0636377d4",
                        "{\"unicode\":\"lambda-λ\"}".getBytes(StandardCharsets.UTF_8)),
                StandardCharsets.UTF_8);

        assertThat(event)
                .isEqualTo("{\"version\":\"2.0\",\"routeKey\":\"$default\",\"rawPath\":\"/capture/space%20value\","
                        + "\"rawQueryString\":\"repeat=one&repeat=two&redirect=https%3A%2F%2Fexample.com%2Fa%2Fb"
                        + "&literalPlus=a+b&encodedPlus=a%2Bb&empty=\","
                        + "\"cookies\":[\"session=abc123\",\"theme=dark\"],"
                        + "\"headers\":{\"accept\":\"*/*\",\"content-type\":\"application/json\","
                        + "\"cookie\":\"session=abc123; theme=dark\",\"host\":\"id.lambda-url.us-west-2.on.aws\","
                        + "\"user-agent\":\"curl/8.7.1\",\"x-probe\":\"first,second\","
                        + "\"x-amzn-trace-id\":\"Root=1-6a5145aa-290a323a5de9a2e0636377d4\","
                        + "\"x-forwarded-for\":\"203.0.113.7\",\"x-forwarded-port\":\"8081\","
                        + "\"x-forwarded-proto\":\"http\"},"
                        + "\"queryStringParameters\":{\"repeat\":\"one,two\",\"redirect\":\"https://example.com/a/b\","
                        + "\"literalPlus\":\"a b\",\"encodedPlus\":\"a+b\",\"empty\":\"\"},"
                        + "\"requestContext\":{\"accountId\":\"anonymous\",\"apiId\":\"id\","
                        + "\"domainName\":\"id.lambda-url.us-west-2.on.aws\",\"domainPrefix\":\"id\","
                        + "\"http\":{\"method\":\"POST\",\"path\":\"/capture/space value\",\"protocol\":\"HTTP/1.1\","
                        + "\"sourceIp\":\"203.0.113.7\",\"userAgent\":\"curl/8.7.1\"},"
                        + "\"requestId\":\"d16a6b55-dea9-4b23-8499-eb85c3d2d904\",\"routeKey\":\"$default\","
                        + "\"stage\":\"$default\",\"time\":\"10/Jul/2026:19:19:06 +0000\",\"timeEpoch\":1783711146671},"
                        + "\"body\":\"{\\\"unicode\\\":\\\"lambda-λ\\\"}\",\"isBase64Encoded\":false}");
    }

    @Test
    void what_a_request_does_not_have_is_left_out() throws IOException {
        JsonNode event = eventOf("");

        assertThat(event.fieldNames())
                .toIterable()
                .containsExactly(
                        "version",
                        "routeKey",
                        "rawPath",
                        "rawQueryString",
                        "headers",
                        "requestContext",
                        "isBase64Encoded");
        assertThat(event.get("isBase64Encoded").booleanValue()).isFalse();
        assertThat(event.at("/requestContext/http/userAgent").textValue()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    /                , /
                    /a%2Fb           , /a/b
                    /a+b             , /a+b
                    /%C3%A4/%e2%82%ac, /ä/€
                    /pa2%Fth/1       , /pa2%Fth/1
                    /50%             , /50%
                    //a/../b/.       , //a/../b/.
                    """)
    void a_path_is_raw_in_one_place_and_decoded_in_the_other(String raw, String decoded) throws IOException {
        JsonNode event = event(request("GET", raw, "", Map.of()), NO_BODY);

        assertThat(event.get("rawPath").textValue()).isEqualTo(raw);
        assertThat(event.at("/requestContext/http/path").textValue()).isEqualTo(decoded);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    a=b               | {"a":"b"}
                    a=b&c=d           | {"a":"b","c":"d"}
                    a=1&b=2&a=3&a=4,5 | {"a":"1,3,4,5","b":"2"}
                    a                 | {"a":""}
                    a=                | {"a":""}
                    a=b=c             | {"a":"b=c"}
                    =b                | {"":"b"}
                    &&a=b&            | {"a":"b"}
                    %C3%A4=%E2%82%AC  | {"ä":"€"}
                    a%20b=c+d         | {"a b":"c d"}
                    a=%zz&b=100%      | {"a":"%zz","b":"100%"}
                    a;b=c             | {"a;b":"c"}
                    """)
    void a_query_is_decoded_and_joined(String query, String parameters) throws IOException {
        JsonNode event = eventOf(query);

        assertThat(event.get("rawQueryString").textValue()).isEqualTo(query);
        assertThat(event.get("queryStringParameters").toString()).isEqualTo(parameters);
    }

    @Test
    void a_query_of_separators_has_no_parameters() throws IOException {
        assertThat(eventOf("&&").has("queryStringParameters")).isFalse();
    }

    @Test
    void cookies_are_split_and_stay_in_their_header() throws IOException {
        JsonNode event = eventOf(Map.of("cookie", List.of("a=1; b=x=y;c;;", "d=\"4\"")));

        assertThat(event.get("cookies").toString()).isEqualTo("[\"a=1\",\"b=x=y\",\"c\",\"d=\\\"4\\\"\"]");
        assertThat(event.at("/headers/cookie").textValue()).isEqualTo("a=1; b=x=y;c;;; d=\"4\"");
    }

    @Test
    void headers_of_the_connection_are_not_shown() throws IOException {
        JsonNode event = eventOf(Map.of(
                "connection", List.of("keep-alive"),
                "keep-alive", List.of("timeout=5"),
                "transfer-encoding", List.of("chunked"),
                "expect", List.of("100-continue"),
                "accept", List.of("*/*")));

        assertThat(event.get("headers").fieldNames())
                .toIterable()
                .containsExactly(
                        "accept", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto");
    }

    @Test
    void a_caller_can_stand_for_what_is_in_front_of_the_function_url() throws IOException {
        JsonNode event = eventOf(Map.of(
                "x-forwarded-for", List.of("198.51.100.1"),
                "x-forwarded-port", List.of("443"),
                "x-forwarded-proto", List.of("https")));

        assertThat(event.at("/headers/x-forwarded-for").textValue()).isEqualTo("198.51.100.1, 203.0.113.7");
        assertThat(event.at("/headers/x-forwarded-port").textValue()).isEqualTo("443");
        assertThat(event.at("/headers/x-forwarded-proto").textValue()).isEqualTo("https");
        assertThat(event.at("/requestContext/http/sourceIp").textValue()).isEqualTo("203.0.113.7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "Application/JSON; charset=utf-8",
                "application/javascript",
                "application/xml",
                "text/plain",
                "text/event-stream",
                " text/html ;charset=x"
            })
    void a_body_of_a_text_type_is_text(String contentType) throws IOException {
        JsonNode event = event(
                request("POST", "/", "", Map.of("content-type", List.of(contentType))),
                "<ä>".getBytes(StandardCharsets.UTF_8));

        assertThat(event.get("body").textValue()).isEqualTo("<ä>");
        assertThat(event.get("isBase64Encoded").booleanValue()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "application/octet-stream",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=text/plain",
                "application/vnd.api+json",
                "image/svg+xml",
                "application/jsonp"
            })
    void a_body_of_any_other_type_is_base64(String contentType) throws IOException {
        JsonNode event = event(
                request("POST", "/", "", Map.of("content-type", List.of(contentType))),
                "a=b".getBytes(StandardCharsets.UTF_8));

        assertThat(event.get("body").textValue()).isEqualTo("YT1i");
        assertThat(event.get("isBase64Encoded").booleanValue()).isTrue();
    }

    @Test
    void a_body_without_type_or_with_bytes_that_are_no_text_is_base64() throws IOException {
        byte[] bytes = {(byte) 0xff, 0, (byte) 0xfe};

        assertThat(event(request("POST", "/", "", Map.of()), bytes).get("body").textValue())
                .isEqualTo("/wD+");
        assertThat(event(request("POST", "/", "", Map.of("content-type", List.of("text/plain"))), bytes)
                        .get("body")
                        .textValue())
                .isEqualTo("/wD+");
    }
}

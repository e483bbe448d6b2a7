package io.lambdasimulator.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The mapping of responses (spec: production-captures §1.7). */
class FunctionUrlResponseTest {

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Answer of(String response) throws FunctionUrlResponse.Malformed {
        return FunctionUrlResponse.of(utf8(response));
    }

    private static String body(Answer answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    private static List<String> headers(Answer answer) {
        return answer.headers().stream()
                .map(header -> header.name() + ": " + header.value())
                .toList();
    }

    private static void assertMalformed(String response, String reason) {
        assertThatThrownBy(() -> of(response))
                .isInstanceOf(FunctionUrlResponse.Malformed.class)
                .hasMessage(reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"hello":"world"}                 | {"hello":"world"}
                    ["hello", 3,true]                 | ["hello", 3,true]
                    "hello"                           | hello
                    "a \\"quote\\" and \\u00e4"       | a "quote" and ä
                    3                                 | 3
                    3.10                              | 3.10
                    true                              | true
                    null                              | null
                    {"body":"b","headers":{"a":"b"}}  | {"body":"b","headers":{"a":"b"}}
                    {"statusCode":null,"body":"b"}    | {"statusCode":null,"body":"b"}
                    """)
    void without_a_status_code_is_the_body_with_200(String response, String body) throws Exception {
        Answer answer = of(response);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(headers(answer)).containsExactly("Content-Type: application/json");
        assertThat(body(answer)).isEqualTo(body);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"statusCode":200,"body":"body123"}                           | 200 | body123
                    {"statusCode":"418","body":"i'm a teapot"}                    | 418 | i'm a teapot
                    {"statusCode":201.0,"body":"{\\"a\\": 1}"}                    | 201 | {"a": 1}
                    {"statusCode":599}                                            | 599 | ''
                    {"statusCode":200,"body":null}                                | 200 | ''
                    {"statusCode":200,"body":{"a":1.10,"b":["ä"]}}                | 200 | {"a":1.10,"b":["ä"]}
                    {"statusCode":200,"body":7}                                   | 200 | 7
                    {"statusCode":200,"body":"YWJj","isBase64Encoded":true}       | 200 | abc
                    {"statusCode":200,"body":"YWJj","isBase64Encoded":"true"}     | 200 | abc
                    {"statusCode":200,"body":"YWJj","isBase64Encoded":false}      | 200 | YWJj
                    {"statusCode":200,"body":"YWJj","isBase64Encoded":null}       | 200 | YWJj
                    {"statusCode":204,"body":"nobody reads it"}                   | 204 | ''
                    {"statusCode":304,"body":"nobody reads it"}                   | 304 | ''
                    """)
    void with_a_status_code_says_what_is_the_body(String response, int status, String body) throws Exception {
        Answer answer = of(response);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(headers(answer)).containsExactly("Content-Type: application/json");
        assertThat(body(answer)).isEqualTo(body);
    }

    @Test
    void a_body_in_base64_may_be_any_bytes() throws Exception {
        assertThat(of("{\"statusCode\":200,\"isBase64Encoded\":true,\"body\":\"/wD+\"}")
                        .body())
                .containsExactly(0xff, 0x00, 0xfe);
    }

    @Nested
    class Its_headers {

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                        {"My-Header":"some value"}      | My-Header: some value
                        {"My-Header":7}                 | My-Header: 7
                        {"My-Header":true}              | My-Header: true
                        {"My-Header":"ä"}               | My-Header: ä
                        {"My-Header":["a","b"]}         | My-Header: [a, b]
                        {"Content-Length":"5"}          | x-amzn-Remapped-Content-Length: 5
                        {"connection":"close"}          | x-amzn-Remapped-connection: close
                        {"Transfer-Encoding":"chunked"} | x-amzn-Remapped-Transfer-Encoding: chunked
                        {"WWW-Authenticate":"Basic"}    | WWW-Authenticate: Basic
                        """)
        void become_headers(String given, String header) throws Exception {
            assertThat(headers(of("{\"statusCode\":200,\"headers\":" + given + "}")))
                    .containsExactlyInAnyOrder("Content-Type: application/json", header);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{\"statusCode\":200,\"headers\":{\"Content-Type\":\"text/html\"}}",
                    "{\"statusCode\":200,\"headers\":{\"content-type\":\"text/html\"}}",
                    "{\"statusCode\":200,\"headers\":{\"a\":null,\"CONTENT-TYPE\":\"text/html\"}}"
                })
        void set_the_content_type_however_it_is_spelled(String response) throws Exception {
            assertThat(of(response).headers())
                    .singleElement()
                    .satisfies(header -> assertThat(header.value()).isEqualTo("text/html"));
        }

        @Test
        void may_be_null() throws Exception {
            assertThat(headers(of("{\"statusCode\":200,\"headers\":null,\"cookies\":null}")))
                    .containsExactly("Content-Type: application/json");
        }

        @Test
        void are_followed_by_one_set_cookie_for_each_cookie() throws Exception {
            assertThat(headers(of("{\"statusCode\":200,\"cookies\":[\"a=1; Max-Age=78000\",\"b=2\"]}")))
                    .containsExactly(
                            "Content-Type: application/json", "Set-Cookie: a=1; Max-Age=78000", "Set-Cookie: b=2");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''                                                      | the response is empty
                    {"statusCode":                                          | the response is no JSON: see line 1, column 15
                    hello                                                   | the response is no JSON: see line 1, column 1
                    {"statusCode":200} more                                 | the response is no JSON: see line 1, column 20
                    {"statusCode":"ok"}                                     | statusCode is no HTTP status from 200 to 599
                    {"statusCode":0}                                        | statusCode is no HTTP status from 200 to 599
                    {"statusCode":101}                                      | statusCode is no HTTP status from 200 to 599
                    {"statusCode":600}                                      | statusCode is no HTTP status from 200 to 599
                    {"statusCode":200.5}                                    | statusCode is no HTTP status from 200 to 599
                    {"statusCode":4294967496}                               | statusCode is no HTTP status from 200 to 599
                    {"statusCode":true}                                     | statusCode is no HTTP status from 200 to 599
                    {"statusCode":200,"headers":"a"}                        | headers is no JSON object
                    {"statusCode":200,"headers":{"a b":"c"}}                | a header has a name that HTTP does not allow
                    {"statusCode":200,"headers":{"":"c"}}                   | a header has a name that HTTP does not allow
                    {"statusCode":200,"headers":{"a":"b\\r\\nc: d"}}        | the value of header a has a control character
                    {"statusCode":200,"cookies":"a=1"}                      | cookies is no JSON array
                    {"statusCode":200,"cookies":["a\\n"]}                   | the value of header Set-Cookie has a control character
                    {"statusCode":200,"isBase64Encoded":true,"body":"a b"}  | isBase64Encoded is true and the body is no base64
                    """)
    void what_cannot_be_a_response_is_malformed_and_no_value_of_it_is_repeated(String response, String reason) {
        assertMalformed(response, reason);
    }

    @Nested
    class A_prelude {

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                        {}                                         | 200 | Content-Type: application/octet-stream
                        {"statusCode":403}                         | 403 | Content-Type: application/octet-stream
                        {"headers":{"content-type":"text/html"}}   | 200 | content-type: text/html
                        {"statusCode":"201","body":"not looked at"}| 201 | Content-Type: application/octet-stream
                        """)
        void has_status_and_headers_and_no_body(String prelude, int status, String header) throws Exception {
            Answer answer = FunctionUrlResponse.prelude(utf8(prelude));

            assertThat(answer.status()).isEqualTo(status);
            assertThat(headers(answer)).containsExactly(header);
            assertThat(answer.body()).isEmpty();
        }

        @Test
        void has_cookies() throws Exception {
            assertThat(headers(FunctionUrlResponse.prelude(utf8("{\"cookies\":[\"a=1\"]}"))))
                    .contains("Set-Cookie: a=1");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                        ''                | the prelude of the response is empty
                        []                | the prelude of the response is no JSON object
                        "text"            | the prelude of the response is no JSON object
                        {"statusCode":200 | the prelude of the response is no JSON: see line 1, column 18
                        {"statusCode":99} | statusCode is no HTTP status from 200 to 599
                        """)
        void that_cannot_be_one_is_malformed(String prelude, String reason) {
            assertThatThrownBy(() -> FunctionUrlResponse.prelude(utf8(prelude)))
                    .isInstanceOf(FunctionUrlResponse.Malformed.class)
                    .hasMessage(reason);
        }
    }
}

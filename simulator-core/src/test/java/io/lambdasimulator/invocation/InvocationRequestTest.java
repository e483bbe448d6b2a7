package io.lambdasimulator.invocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InvocationRequestTest {

    private final InvocationRequest.Builder request = InvocationRequest.builder();

    @Test
    void a_value_that_cannot_be_a_header_is_refused_where_it_is_given() {
        assertThatThrownBy(() -> request.tenantId("a\r\nX-Evil: 1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tenantId cannot be sent as a header: character U+000D at index 1; use visible ASCII only");
        assertThatThrownBy(() -> request.traceId("Röot"))
                .hasMessage("traceId cannot be sent as a header: character U+00F6 at index 1; use visible ASCII only");
        assertThatThrownBy(() -> request.clientContext("{\n}"))
                .hasMessage("clientContext cannot be sent as a header: character U+000A at index 1;"
                        + " put it on one line without control characters");
        assertThatThrownBy(() -> request.invokedFunctionArn(" arn"))
                .hasMessageContaining("begins or ends with white space");
        assertThatThrownBy(() -> request.clientContext("x".repeat(8193)))
                .hasMessage("clientContext cannot be sent as a header: 8193 bytes are more than the 8192 that clients"
                        + " take");
        assertThatThrownBy(() -> request.cognitoIdentity(new CognitoIdentity("id\0", "pool")))
                .hasMessageContaining("identityId cannot be sent as a header: character U+0000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "a b", "a%2Fb", "a?b", "a#b", "größer"})
    void a_request_id_that_cannot_be_part_of_a_path_is_refused(String requestId) {
        assertThatThrownBy(() -> request.requestId(requestId)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_client_context_may_hold_any_letters() {
        assertThat(request.clientContext("{\"a\":\"é\"}").build().clientContext())
                .contains("{\"a\":\"é\"}");
    }

    @Test
    void what_is_given_is_copied() {
        byte[] payload = {1, 2, 3};
        InvocationRequest built = request.payload(payload).build();
        payload[0] = 9;

        assertThat(built.payload()).containsExactly(1, 2, 3);
    }
}

package io.lambdasimulator.invocation;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One invocation as a caller asks for it. Whatever is not set gets a value as the service would make one.
 *
 * <pre>{@code
 * InvocationRequest request = InvocationRequest.builder()
 *         .payload("{\"id\": 42}")
 *         .tenantId("blue")
 *         .build();
 * }</pre>
 */
public final class InvocationRequest {

    private final byte[] payload;
    private final String contentType;
    private final @Nullable String requestId;
    private final @Nullable String traceId;
    private final @Nullable String clientContext;
    private final @Nullable CognitoIdentity cognitoIdentity;
    private final @Nullable String tenantId;
    private final @Nullable String invokedFunctionArn;

    private InvocationRequest(Builder builder) {
        payload = builder.payload;
        contentType = builder.contentType;
        requestId = builder.requestId;
        traceId = builder.traceId;
        clientContext = builder.clientContext;
        cognitoIdentity = builder.cognitoIdentity;
        tenantId = builder.tenantId;
        invokedFunctionArn = builder.invokedFunctionArn;
    }

    /**
     * Starts a request with the payload <code>{}</code>.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A request that sets nothing but its payload.
     *
     * @param payload the event, sent as UTF-8
     * @return the request
     */
    public static InvocationRequest of(String payload) {
        return builder().payload(payload).build();
    }

    /**
     * The event.
     *
     * @return its bytes, not a copy: do not change them
     */
    public byte[] payload() {
        return payload;
    }

    /**
     * The {@code Content-Type} that the runtime sees.
     *
     * @return {@code application/json} unless set
     */
    public String contentType() {
        return contentType;
    }

    /**
     * The request id.
     *
     * @return the id, or empty when the environment makes one
     */
    public Optional<String> requestId() {
        return Optional.ofNullable(requestId);
    }

    /**
     * The X-Ray trace header.
     *
     * @return the header's value, or empty when the environment makes one; an empty text means: no trace at all
     */
    public Optional<String> traceId() {
        return Optional.ofNullable(traceId);
    }

    /**
     * The client context.
     *
     * @return its JSON text
     */
    public Optional<String> clientContext() {
        return Optional.ofNullable(clientContext);
    }

    /**
     * The Cognito identity.
     *
     * @return the identity
     */
    public Optional<CognitoIdentity> cognitoIdentity() {
        return Optional.ofNullable(cognitoIdentity);
    }

    /**
     * The tenant of a function with tenant isolation.
     *
     * @return the tenant id
     */
    public Optional<String> tenantId() {
        return Optional.ofNullable(tenantId);
    }

    /**
     * The ARN that the caller used.
     *
     * @return the ARN, or empty for the function's own
     */
    public Optional<String> invokedFunctionArn() {
        return Optional.ofNullable(invokedFunctionArn);
    }

    /**
     * Collects what makes a request. A value that cannot be an HTTP header is refused by its setter with an
     * {@link IllegalArgumentException} that names the character.
     */
    public static final class Builder {
        private byte[] payload = {'{', '}'};
        private String contentType = "application/json";
        private @Nullable String requestId;
        private @Nullable String traceId;
        private @Nullable String clientContext;
        private @Nullable CognitoIdentity cognitoIdentity;
        private @Nullable String tenantId;
        private @Nullable String invokedFunctionArn;

        private Builder() {}

        /**
         * Sets the event.
         *
         * @param payload any text, sent as UTF-8
         * @return this builder
         */
        public Builder payload(String payload) {
            this.payload = payload.getBytes(StandardCharsets.UTF_8);
            return this;
        }

        /**
         * Sets the event.
         *
         * @param payload any bytes; copied
         * @return this builder
         */
        public Builder payload(byte[] payload) {
            this.payload = payload.clone();
            return this;
        }

        /**
         * Sets the {@code Content-Type} that the runtime sees.
         *
         * @param contentType the media type
         * @return this builder
         */
        public Builder contentType(String contentType) {
            this.contentType = HeaderValues.require("contentType", contentType);
            return this;
        }

        /**
         * Sets the request id.
         *
         * @param requestId visible ASCII without {@code /}, {@code ?}, {@code #}, {@code %} or blanks, because it becomes part of a path
         * @return this builder
         */
        public Builder requestId(String requestId) {
            HeaderValues.require("requestId", requestId);
            if (requestId.isEmpty() || requestId.chars().anyMatch(c -> "/?#% ;\\\"<>".indexOf(c) >= 0 || c == '\t')) {
                throw new IllegalArgumentException("requestId \"" + requestId
                        + "\" cannot be part of a path: use letters, digits and -, as in a UUID");
            }
            this.requestId = requestId;
            return this;
        }

        /**
         * Sets the X-Ray trace header that the runtime and extensions see.
         *
         * @param traceId such as {@code Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1}; empty for no trace
         * @return this builder
         */
        public Builder traceId(String traceId) {
            this.traceId = HeaderValues.require("traceId", traceId);
            return this;
        }

        /**
         * Sets the client context.
         *
         * @param clientContext JSON text on one line, not base64
         * @return this builder
         */
        public Builder clientContext(String clientContext) {
            this.clientContext = HeaderValues.requireText("clientContext", clientContext);
            return this;
        }

        /**
         * Sets the Cognito identity.
         *
         * @param cognitoIdentity the identity
         * @return this builder
         */
        public Builder cognitoIdentity(CognitoIdentity cognitoIdentity) {
            HeaderValues.requireText("identityId", cognitoIdentity.identityId());
            HeaderValues.requireText("identityPoolId", cognitoIdentity.identityPoolId());
            this.cognitoIdentity = cognitoIdentity;
            return this;
        }

        /**
         * Sets the tenant.
         *
         * @param tenantId the tenant id
         * @return this builder
         */
        public Builder tenantId(String tenantId) {
            this.tenantId = HeaderValues.require("tenantId", tenantId);
            return this;
        }

        /**
         * Sets the ARN that the caller used.
         *
         * @param invokedFunctionArn the ARN, with alias or version if it has one
         * @return this builder
         */
        public Builder invokedFunctionArn(String invokedFunctionArn) {
            this.invokedFunctionArn = HeaderValues.require("invokedFunctionArn", invokedFunctionArn);
            return this;
        }

        /**
         * Makes the request.
         *
         * @return an immutable request
         */
        public InvocationRequest build() {
            return new InvocationRequest(this);
        }
    }
}

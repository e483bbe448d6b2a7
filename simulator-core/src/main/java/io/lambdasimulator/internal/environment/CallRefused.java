package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.telemetry.TelemetryApi;
import java.util.UUID;

/**
 * A call of the Runtime or Extensions API that the environment refuses, with the type and message that AWS's core
 * answers. This is the one catalogue of them (spec: on-demand §1.2–§1.12).
 */
public final class CallRefused extends Exception {

    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String errorType;

    /** What kind of mistake it was; the transport decides how to say so. */
    public enum Kind {
        BAD_REQUEST,
        NOT_ALLOWED,
        STALE_INVOCATION,
        TOO_LARGE,
        /** A subscription that is none; the service's answer has its members in another order. */
        INVALID_SUBSCRIPTION
    }

    private CallRefused(Kind kind, String errorType, String message) {
        super(message, null, false, false);
        this.kind = kind;
        this.errorType = errorType;
    }

    public Kind kind() {
        return kind;
    }

    public String errorType() {
        return errorType;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    // Runtime API

    static CallRefused invalidRequestId() {
        return new CallRefused(Kind.BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
    }

    static CallRefused staleInvocationId() {
        return new CallRefused(
                Kind.STALE_INVOCATION,
                "InvalidInvocationID",
                "Lambda-Runtime-Invocation-Id is not that of the invocation under way");
    }

    static CallRefused runtimeState(RuntimeState current, RuntimeCall call) {
        return new CallRefused(
                Kind.NOT_ALLOWED,
                "InvalidStateTransition",
                "State transition from %s to %s failed for runtime. Error: State transition is not allowed"
                        .formatted(current.wireName(), call.target()));
    }

    static CallRefused runtimeNotStarted(String waitingFor) {
        return new CallRefused(
                Kind.NOT_ALLOWED,
                "InvalidStateTransition",
                "The runtime has not been started: init waits for " + waitingFor);
    }

    static CallRefused notInitialised(String errorType, String why) {
        return new CallRefused(Kind.NOT_ALLOWED, errorType, why + "; it is initialised again with the next invocation");
    }

    static CallRefused invalidResponseMode() {
        return new CallRefused(Kind.BAD_REQUEST, "InvalidFunctionResponseMode", "Invalid function response mode");
    }

    public static CallRefused bodyTooLarge() {
        return new CallRefused(
                Kind.TOO_LARGE,
                "RequestEntityTooLarge",
                "Exceeded maximum allowed payload size (%d bytes).".formatted(Limits.RESPONSE_BYTES));
    }

    public static CallRefused truncated() {
        return new CallRefused(Kind.BAD_REQUEST, "TruncatedHTTPRequest", "HTTP request detected as truncated");
    }

    // Extensions API

    public static CallRefused emptyExtensionName() {
        return new CallRefused(Kind.NOT_ALLOWED, "Extension.InvalidExtensionName", "Empty extension name");
    }

    public static CallRefused invalidRegistration(String message) {
        return new CallRefused(Kind.NOT_ALLOWED, "InvalidRequestFormat", message);
    }

    static CallRefused unknownEvent(String event) {
        return new CallRefused(Kind.NOT_ALLOWED, "Extension.InvalidEventType", event + ": ErrorInvalidEventType");
    }

    static CallRefused shutdownForInternal() {
        return new CallRefused(
                Kind.NOT_ALLOWED,
                "Extension.InvalidEventType",
                "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension");
    }

    static CallRefused registrationClosed() {
        return new CallRefused(
                Kind.NOT_ALLOWED, "Extension.RegistrationClosed", "Extension registration closed already");
    }

    static CallRefused tooManyExtensions() {
        return new CallRefused(
                Kind.NOT_ALLOWED,
                "Extension.TooManyExtensions",
                "Extension limit (%d) reached".formatted(Limits.EXTENSIONS));
    }

    static CallRefused nameTaken() {
        return new CallRefused(
                Kind.NOT_ALLOWED, "Extension.InvalidExtensionState", "Extension with this name already registered");
    }

    static CallRefused extensionState(ExtensionState current, ExtensionCall call, String nameOrId, String reason) {
        return new CallRefused(
                Kind.NOT_ALLOWED,
                "Extension.InvalidExtensionState",
                "State transition from %s to %s failed for extension %s. Error: %s"
                        .formatted(current.wireName(), call.target(), nameOrId, reason));
    }

    public static CallRefused missingIdentifier() {
        return new CallRefused(
                Kind.NOT_ALLOWED, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header");
    }

    public static CallRefused invalidIdentifier() {
        return new CallRefused(
                Kind.NOT_ALLOWED, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier");
    }

    static CallRefused unknownExtension(UUID identifier) {
        return new CallRefused(
                Kind.NOT_ALLOWED, "Extension.UnknownExtensionIdentifier", "Unknown extension " + identifier);
    }

    // The error routes word the same mistake differently.
    static CallRefused unknownIdentifier() {
        return new CallRefused(
                Kind.NOT_ALLOWED, "Extension.UnknownExtensionIdentifier", "Unknown Lambda-Extension-Identifier");
    }

    public static CallRefused missingErrorType() {
        return new CallRefused(
                Kind.NOT_ALLOWED, "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found");
    }

    // Telemetry API and Logs API

    public static CallRefused invalidSubscription(TelemetryApi api, String message) {
        return new CallRefused(
                Kind.INVALID_SUBSCRIPTION,
                api == TelemetryApi.LOGS ? "Logs.ValidationError" : "ValidationError",
                message);
    }

    static CallRefused subscriptionClosed(TelemetryApi api) {
        return new CallRefused(
                Kind.NOT_ALLOWED,
                (api == TelemetryApi.LOGS ? "Logs" : "Telemetry") + ".SubscriptionClosed",
                api.title() + " subscription is closed");
    }

    /** AWS says that an error is returned, and not which. */
    static CallRefused otherTelemetryApi(TelemetryApi asked, TelemetryApi used) {
        return invalidSubscription(
                asked,
                "the " + asked.title() + " cannot be used: an extension of this function has subscribed to the "
                        + used.title() + ", and one function uses only one of the two");
    }
}

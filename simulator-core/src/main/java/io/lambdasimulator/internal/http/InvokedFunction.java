package io.lambdasimulator.internal.http;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.invocation.InvocationRejectedException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The function that a request of the Invoke API names: by name, partial ARN or ARN, each with a version or alias behind it
 * or in {@code Qualifier} (AWS: Invoke, URI request parameters).
 *
 * @param arn the function's ARN, qualified as the caller did
 */
record InvokedFunction(String arn) {

    private static final Pattern NAME = Pattern.compile("((arn:(?<partition>aws[a-z-]*):lambda:(?<region>[a-z0-9-]+):)?"
            + "(?<account>\\d{12}):function:)?(?<name>[a-zA-Z0-9_-]+)(:(?<qualifier>[a-zA-Z0-9$_-]+))?");

    /** As AWS's model of the Invoke API has it. */
    private static final Pattern QUALIFIER = Pattern.compile("[a-zA-Z0-9$_-]{1,128}");

    /** What the emulator and those who came from it call any function. */
    private static final String ANY = "function";

    private static final String LATEST = "$LATEST";

    /**
     * Finds the function of this environment in a request.
     *
     * @throws InvocationRejectedException 404 for any other function or version, 400 for two qualifiers that differ and for
     *     what cannot be one
     */
    static InvokedFunction in(Exchange exchange, FunctionConfiguration function) {
        String text = decode(exchange.pathParameter().replace("+", "%2B"));
        String parameter = queryParameter(exchange.query(), "Qualifier");
        if (parameter != null && !QUALIFIER.matcher(parameter).matches()) {
            throw new InvocationRejectedException(
                    "ValidationException",
                    400,
                    "1 validation error detected: Value '" + parameter
                            + "' at 'qualifier' failed to satisfy constraint:"
                            + " Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)");
        }
        Matcher asked = NAME.matcher(text);
        if (!asked.matches()) {
            throw notFound(function, text, parameter);
        }
        String qualifier = asked.group("qualifier");
        if (qualifier != null && parameter != null && !qualifier.equals(parameter)) {
            throw new InvocationRejectedException(
                    "InvalidParameterValueException",
                    400,
                    "The derived qualifier from the function name does not match the specified qualifier.");
        }
        qualifier = qualifier == null ? parameter : qualifier;
        String name = asked.group("name");
        boolean isKnown = isOrMissing(asked.group("region"), function.region())
                && isOrMissing(asked.group("account"), function.accountId())
                && (name.equals(function.name()) || name.equals(ANY))
                && isServed(qualifier, function);
        if (!isKnown) {
            String region = asked.group("region") == null ? function.region() : asked.group("region");
            String account = asked.group("account") == null ? function.accountId() : asked.group("account");
            throw notFound("arn:aws:lambda:" + region + ":" + account + ":function:" + name, qualifier);
        }
        return new InvokedFunction(qualifier == null ? function.arn() : function.arn() + ":" + qualifier);
    }

    private static boolean isOrMissing(@Nullable String asked, String own) {
        return asked == null || asked.equals(own);
    }

    /** An environment runs one version, and an alias of any name points to it. */
    private static boolean isServed(@Nullable String qualifier, FunctionConfiguration function) {
        return qualifier == null
                || qualifier.equals(function.version())
                || !(qualifier.equals(LATEST) || qualifier.chars().allMatch(c -> c >= '0' && c <= '9'));
    }

    private static InvocationRejectedException notFound(
            FunctionConfiguration function, String name, @Nullable String qualifier) {
        return notFound(function.arn().substring(0, function.arn().lastIndexOf(':') + 1) + name, qualifier);
    }

    private static InvocationRejectedException notFound(String arn, @Nullable String qualifier) {
        return new InvocationRejectedException(
                "ResourceNotFoundException",
                404,
                "Function not found: " + arn + ":" + (qualifier == null ? LATEST : qualifier));
    }

    private static @Nullable String queryParameter(String query, String name) {
        return Arrays.stream(query.split("&"))
                .filter(member -> member.startsWith(name + "="))
                .map(member -> decode(member.substring(name.length() + 1)))
                .filter(value -> !value.isEmpty())
                .findFirst()
                .orElse(null);
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text; // a % that stands for itself
        }
    }
}

package io.lambdasimulator.internal.http;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What becomes of the error type that a runtime reports (spec: on-demand §1.4). */
final class ErrorTypes {

    private static final Pattern KNOWN = Pattern.compile("(Runtime|Function)\\.[A-Z][a-zA-Z]+");

    private ErrorTypes() {}

    static String normalise(@Nullable String reported) {
        if (reported != null && KNOWN.matcher(reported).find()) {
            return reported;
        }
        return reported != null && reported.startsWith("Function.") ? "Function.Unknown" : "Runtime.Unknown";
    }
}

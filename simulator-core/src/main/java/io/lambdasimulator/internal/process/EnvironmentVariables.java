package io.lambdasimulator.internal.process;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.LogFormat;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Composes the environment variables of the runtime and of extensions. There are three layers, the later ones win:
 *
 * <ol>
 *   <li>defaults that a function may replace, such as {@code TZ};
 *   <li>the function's own variables, without the names that AWS reserves;
 *   <li>what the service sets under its reserved names.
 * </ol>
 *
 * <p>The runtime gets all of them, an extension those that the Extensions API documents. Immutable.
 */
public final class EnvironmentVariables {

    private static final List<String> CREDENTIALS =
            List.of("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");

    private static final List<String> CONTAINER_CREDENTIALS =
            List.of("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN");

    /** Whose values no text for people may show. */
    public static final List<String> SECRET = List.of(
            "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN");

    private static final Set<String> RESERVED = union(List.of(
            CREDENTIALS,
            CONTAINER_CREDENTIALS,
            List.of(
                    "AWS_ACCESS_KEY",
                    "AWS_DEFAULT_REGION",
                    "AWS_EXECUTION_ENV",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                    "AWS_LAMBDA_FUNCTION_NAME",
                    "AWS_LAMBDA_FUNCTION_VERSION",
                    "AWS_LAMBDA_INITIALIZATION_TYPE",
                    "AWS_LAMBDA_LOG_GROUP_NAME",
                    "AWS_LAMBDA_LOG_STREAM_NAME",
                    "AWS_LAMBDA_MAX_CONCURRENCY",
                    "AWS_LAMBDA_METADATA_API",
                    "AWS_LAMBDA_METADATA_TOKEN",
                    "AWS_LAMBDA_RUNTIME_API",
                    "AWS_REGION",
                    "LAMBDA_RUNTIME_DIR",
                    "LAMBDA_TASK_ROOT",
                    "_HANDLER")));

    /** All other names that begin with an underscore are the service's own. */
    private static final Set<String> UNDERSCORED_OF_CUSTOMER =
            Set.of("_AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_PORT", "_LAMBDA_TELEMETRY_LOG_FD");

    /** Besides every name that begins with an underscore. */
    private static final Set<String> NOT_FOR_EXTENSIONS = Set.of(
            "AWS_EXECUTION_ENV",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_MAX_CONCURRENCY",
            "AWS_XRAY_CONTEXT_MISSING",
            "AWS_XRAY_DAEMON_ADDRESS",
            "LAMBDA_RUNTIME_DIR",
            "LAMBDA_TASK_ROOT");

    /** What AWS's emulator takes from its host in place of its own values. */
    private static final Set<String> OF_EMULATOR_HOST = union(List.of(
            CREDENTIALS,
            CONTAINER_CREDENTIALS,
            List.of("AWS_EXECUTION_ENV", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT")));

    private final Map<String, String> customer;
    private final Map<String, String> service;

    private EnvironmentVariables(Map<String, String> customer, Map<String, String> service) {
        this.customer = customer;
        this.service = service;
    }

    /**
     * The variables in a test: of the host there is nothing but its {@code PATH}.
     *
     * @param function the function, with its own variables
     * @param runtimeApi {@code host:port} of the Runtime API
     * @param logStreamName in the service's form, {@code yyyy/MM/dd/[$LATEST]<32 hexadecimal digits>}
     * @param host the host's environment
     * @return the variables
     */
    public static EnvironmentVariables isolated(
            FunctionConfiguration function, String runtimeApi, String logStreamName, Map<String, String> host) {
        Map<String, String> customer = new HashMap<>();
        customer.put("LANG", "en_US.UTF-8");
        if (host.containsKey("PATH")) {
            customer.put("PATH", host.get("PATH"));
        }
        return compose(customer, function, runtimeApi, logStreamName);
    }

    /**
     * The variables as AWS's emulator composes them: the host's environment counts as the function's own variables, and
     * the host's credentials, execution environment name and directories take the place of the defaults.
     *
     * @param function the function; its own variables win over the host's
     * @param runtimeApi {@code host:port} of the Runtime API
     * @param logStreamName as for {@link #isolated}
     * @param host the host's environment
     * @return the variables
     */
    public static EnvironmentVariables ofHost(
            FunctionConfiguration function, String runtimeApi, String logStreamName, Map<String, String> host) {
        Map<String, String> values = new HashMap<>(host);
        values.keySet().retainAll(OF_EMULATOR_HOST);
        return compose(new HashMap<>(host), function, runtimeApi, logStreamName).withServiceValues(values);
    }

    private static EnvironmentVariables compose(
            Map<String, String> customer, FunctionConfiguration function, String runtimeApi, String logStreamName) {
        customer.putAll(function.environmentVariables());
        customer.keySet().removeIf(name -> !isOfCustomer(name));
        // The core counts TZ to the service's names; the developer guide lets a function set it, and it works on AWS.
        customer.putIfAbsent("TZ", ":UTC");

        Map<String, String> service = new HashMap<>();
        service.put("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
        service.put("AWS_SECRET_ACCESS_KEY", "not-a-secret-simulated-by-lambda-simulator");
        service.put("AWS_SESSION_TOKEN", "not-a-token-simulated-by-lambda-simulator");
        service.put("AWS_REGION", function.region());
        service.put("AWS_DEFAULT_REGION", function.region());
        service.put("AWS_LAMBDA_FUNCTION_NAME", function.name());
        service.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Integer.toString(function.memorySize()));
        service.put("AWS_LAMBDA_FUNCTION_VERSION", function.version());
        service.put("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
        service.put("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + function.name());
        service.put("AWS_LAMBDA_LOG_STREAM_NAME", logStreamName);
        service.put("AWS_LAMBDA_RUNTIME_API", runtimeApi);
        service.put("LAMBDA_TASK_ROOT", "/var/task");
        service.put("LAMBDA_RUNTIME_DIR", "/var/runtime");
        if (function.logFormat() == LogFormat.JSON) {
            // Without advanced logging AWS sets neither; a function may, and does so by itself then.
            service.put("AWS_LAMBDA_LOG_FORMAT", "JSON");
            service.put("AWS_LAMBDA_LOG_LEVEL", function.applicationLogLevel().name());
        }
        if (!function.handler().isEmpty()) {
            service.put("_HANDLER", function.handler());
        }
        return new EnvironmentVariables(customer, service);
    }

    private static boolean isOfCustomer(String name) {
        return name.startsWith("_") ? UNDERSCORED_OF_CUSTOMER.contains(name) : !RESERVED.contains(name);
    }

    /**
     * Replaces values that the service sets, or sets those that it does not set by default, such as
     * {@code AWS_EXECUTION_ENV}. Credentials are replaced as a whole: none of the simulated ones stays beside a given one.
     *
     * @param values reserved names with their values
     * @return new variables
     * @throws IllegalArgumentException for a name that is not reserved, and for the Runtime API's address
     */
    public EnvironmentVariables withServiceValues(Map<String, String> values) {
        for (String name : values.keySet()) {
            if (!RESERVED.contains(name) || name.equals("AWS_LAMBDA_RUNTIME_API")) {
                throw new IllegalArgumentException(name + " is not a value of the service that can be replaced");
            }
        }
        Map<String, String> replaced = new HashMap<>(service);
        if (values.containsKey("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
            replaced.keySet().removeAll(CREDENTIALS);
        } else if (CREDENTIALS.stream().anyMatch(values::containsKey)) {
            // The service sets all three, empty ones too.
            CREDENTIALS.forEach(name -> replaced.put(name, ""));
        }
        replaced.putAll(values);
        return new EnvironmentVariables(customer, replaced);
    }

    /**
     * All variables of the runtime.
     *
     * @return an immutable map, sorted by name
     */
    public Map<String, String> forRuntime() {
        return Collections.unmodifiableMap(merged());
    }

    /**
     * All variables of an extension.
     *
     * @return an immutable map, sorted by name
     */
    public Map<String, String> forExtension() {
        Map<String, String> variables = merged();
        variables.keySet().removeIf(name -> name.startsWith("_") || NOT_FOR_EXTENSIONS.contains(name));
        return Collections.unmodifiableMap(variables);
    }

    private Map<String, String> merged() {
        Map<String, String> variables = new TreeMap<>(customer);
        variables.putAll(service);
        return variables;
    }

    private static Set<String> union(List<List<String>> names) {
        return names.stream().flatMap(List::stream).collect(Collectors.toUnmodifiableSet());
    }
}

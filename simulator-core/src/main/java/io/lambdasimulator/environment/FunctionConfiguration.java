package io.lambdasimulator.environment;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The configuration of the function whose environment is simulated. {@link #defaults()} holds what a new function has:
 *
 * <ul>
 *   <li>name {@code test-function}, version {@code $LATEST}, no handler name
 *   <li>3 s timeout, 128 MB memory
 *   <li>region {@code us-east-1}, account {@code 123456789012}
 * </ul>
 */
public final class FunctionConfiguration {

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,140}");
    private static final Pattern VERSION = Pattern.compile("\\$LATEST|[0-9]+");
    private static final Pattern REGION = Pattern.compile("[a-z0-9-]+");
    private static final Pattern ACCOUNT = Pattern.compile("[0-9]{12}");

    private final Builder values;

    private FunctionConfiguration(Builder values) {
        this.values = values;
    }

    /**
     * The configuration of a new function.
     *
     * @return the defaults
     */
    public static FunctionConfiguration defaults() {
        return builder().build();
    }

    /**
     * Starts from the defaults.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts from this configuration.
     *
     * @return a builder
     */
    public Builder toBuilder() {
        return values.copy();
    }

    /**
     * The function's name.
     *
     * @return the name
     */
    public String name() {
        return values.name;
    }

    /**
     * The function's version.
     *
     * @return {@code $LATEST} or a number
     */
    public String version() {
        return values.version;
    }

    /**
     * The handler's name.
     *
     * @return the value of {@code _HANDLER}; empty when there is none
     */
    public String handler() {
        return values.handler;
    }

    /**
     * The function timeout.
     *
     * @return a positive duration
     */
    public Duration timeout() {
        return values.timeout;
    }

    /**
     * The memory.
     *
     * @return megabytes
     */
    public int memorySize() {
        return values.memorySize;
    }

    /**
     * The region.
     *
     * @return such as {@code us-east-1}
     */
    public String region() {
        return values.region;
    }

    /**
     * The account.
     *
     * @return twelve digits
     */
    public String accountId() {
        return values.accountId;
    }

    /**
     * The function's own environment variables. What AWS reserves cannot be set by them.
     *
     * @return an immutable map
     */
    public Map<String, String> environmentVariables() {
        return values.environmentVariables;
    }

    /**
     * The format of its log.
     *
     * @return {@link LogFormat#TEXT} unless set otherwise
     */
    public LogFormat logFormat() {
        return values.logFormat;
    }

    /**
     * Of which level on the function's own lines are logged, with {@link LogFormat#JSON}. It is the runtime that heeds it.
     *
     * @return {@link LogLevel#INFO} unless set otherwise
     */
    public LogLevel applicationLogLevel() {
        return values.applicationLogLevel;
    }

    /**
     * Of which level on the service's own lines are logged, with {@link LogFormat#JSON}. Telemetry is not subject to it.
     *
     * @return {@link LogLevel#INFO} unless set otherwise
     */
    public LogLevel systemLogLevel() {
        return values.systemLogLevel;
    }

    /**
     * The function's ARN, unqualified.
     *
     * @return the ARN
     */
    public String arn() {
        return "arn:aws:lambda:" + region() + ":" + accountId() + ":function:" + name();
    }

    /** Collects a configuration; every setter refuses what AWS would. */
    public static final class Builder {
        private String name = "test-function";
        private String version = "$LATEST";
        private String handler = "";
        private Duration timeout = Duration.ofSeconds(3);
        private int memorySize = 128;
        private LogFormat logFormat = LogFormat.TEXT;
        private LogLevel applicationLogLevel = LogLevel.INFO;
        private LogLevel systemLogLevel = LogLevel.INFO;
        private String region = "us-east-1";
        private String accountId = "123456789012";
        private Map<String, String> environmentVariables = Map.of();

        private Builder() {}

        private Builder copy() {
            Builder copy = new Builder();
            copy.name = name;
            copy.version = version;
            copy.handler = handler;
            copy.timeout = timeout;
            copy.memorySize = memorySize;
            copy.logFormat = logFormat;
            copy.applicationLogLevel = applicationLogLevel;
            copy.systemLogLevel = systemLogLevel;
            copy.region = region;
            copy.accountId = accountId;
            copy.environmentVariables = environmentVariables;
            return copy;
        }

        /**
         * Sets the name.
         *
         * @param name letters, digits, {@code -} and {@code _}
         * @return this builder
         */
        public Builder name(String name) {
            this.name = matching("function name", NAME, name, "use up to 140 letters, digits, - and _");
            return this;
        }

        /**
         * Sets the version.
         *
         * @param version {@code $LATEST} or a number
         * @return this builder
         */
        public Builder version(String version) {
            this.version = matching("function version", VERSION, version, "use $LATEST or a number");
            return this;
        }

        /**
         * Sets the handler's name.
         *
         * @param handler the value of {@code _HANDLER}
         * @return this builder
         */
        public Builder handler(String handler) {
            this.handler = handler;
            return this;
        }

        /**
         * Sets the function timeout. Longer than AWS's 900 s is allowed, for debugging.
         *
         * @param timeout a positive duration of at most 36,500 days
         * @return this builder
         */
        public Builder timeout(Duration timeout) {
            if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(Duration.ofDays(36_500)) > 0) {
                throw new IllegalArgumentException(
                        "the function timeout has to be positive and at most 36,500 days, not " + timeout);
            }
            this.timeout = timeout;
            return this;
        }

        /**
         * Sets the memory.
         *
         * @param megabytes 128 to 10240, as on AWS
         * @return this builder
         */
        public Builder memorySize(int megabytes) {
            if (megabytes < 128 || megabytes > 10_240) {
                throw new IllegalArgumentException("the memory size has to be 128 to 10240 MB, not " + megabytes);
            }
            this.memorySize = megabytes;
            return this;
        }

        /**
         * Sets the region.
         *
         * @param region such as {@code eu-central-1}
         * @return this builder
         */
        public Builder region(String region) {
            this.region = matching("region", REGION, region, "use a name such as us-east-1");
            return this;
        }

        /**
         * Sets the account.
         *
         * @param accountId twelve digits
         * @return this builder
         */
        public Builder accountId(String accountId) {
            this.accountId = matching("account id", ACCOUNT, accountId, "use twelve digits");
            return this;
        }

        /**
         * Sets the format of the log. Processes find it in {@code AWS_LAMBDA_LOG_FORMAT}.
         *
         * @param format text or JSON
         * @return this builder
         */
        public Builder logFormat(LogFormat format) {
            this.logFormat = format;
            return this;
        }

        /**
         * Sets of which level on the function's own lines are logged, which takes {@link LogFormat#JSON}. Processes find
         * it in {@code AWS_LAMBDA_LOG_LEVEL}; as on AWS it is the runtime that heeds it.
         *
         * @param level the least level
         * @return this builder
         */
        public Builder applicationLogLevel(LogLevel level) {
            this.applicationLogLevel = level;
            return this;
        }

        /**
         * Sets of which level on the service's own lines are logged, which takes {@link LogFormat#JSON}. Telemetry is not
         * subject to it.
         *
         * @param level {@link LogLevel#DEBUG}, {@link LogLevel#INFO} or {@link LogLevel#WARN}
         * @return this builder
         */
        public Builder systemLogLevel(LogLevel level) {
            if (level != LogLevel.DEBUG && level != LogLevel.INFO && level != LogLevel.WARN) {
                throw new IllegalArgumentException("the system log level has to be DEBUG, INFO or WARN, not " + level);
            }
            this.systemLogLevel = level;
            return this;
        }

        /**
         * Adds one of the function's own environment variables.
         *
         * @param name the variable
         * @param value its value
         * @return this builder
         */
        public Builder environmentVariable(String name, String value) {
            if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0 || value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("\"" + name.replace('\0', '?')
                        + "\" cannot be an environment variable: no empty name, no = in it, no NUL in name or value");
            }
            Map<String, String> extended = new LinkedHashMap<>(environmentVariables);
            extended.put(name, value);
            environmentVariables = Collections.unmodifiableMap(extended);
            return this;
        }

        /**
         * Makes the configuration.
         *
         * @return an immutable configuration
         */
        public FunctionConfiguration build() {
            return new FunctionConfiguration(copy());
        }

        private static String matching(String what, Pattern pattern, String value, String advice) {
            if (!pattern.matcher(value).matches()) {
                throw new IllegalArgumentException(what + " \"" + value + "\" is not one AWS accepts: " + advice);
            }
            return value;
        }
    }
}

package io.lambdasimulator.cli;

import io.lambdasimulator.LambdaSimulator;
import io.lambdasimulator.environment.FreezeMode;
import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvokeMode;
import io.lambdasimulator.environment.LogFormat;
import io.lambdasimulator.environment.LogLevel;
import io.lambdasimulator.internal.process.Bootstrap;
import io.lambdasimulator.participant.Command;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code serve}: reads the options and has a {@link Server} do the rest. */
@CommandLine.Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        usageHelpWidth = 100,
        header = "Runs one execution environment until a signal ends it.",
        synopsisHeading = "%nUsage: ",
        customSynopsis = "lambda-simulator serve [OPTIONS] [--] [COMMAND [ARGUMENTS...]]",
        description = {
            "",
            "Launches the extensions and the runtime, then answers invocations, one at a time, for as long as it runs. It"
                    + " takes the place of AWS's Runtime Interface Emulator: the same ports, environment variables and"
                    + " way to name the runtime. Unlike the emulator it listens on 127.0.0.1 only, unless told otherwise,"
                    + " and takes options only before the command.",
            "",
            "Standard output carries what the function's log would: the lines of the service (INIT_START, EXTENSION,"
                    + " START, END, REPORT) and the output of the runtime and of the extensions, in order. What the"
                    + " simulator says of itself goes to standard error."
        },
        parameterListHeading = "%nThe runtime:%n",
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:Ended by SIGTERM, SIGINT or SIGHUP once it listens, after a shutdown as AWS does it.",
            "1:It could not be started or ended, for example because a port is in use.",
            "2:An option or environment variable was wrong, or there is no runtime; AWS's emulator ends with 1 then."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  lambda-simulator serve ./bootstrap",
            "  lambda-simulator serve --extensions build/extensions -- python3 -m awslambdaric app.handler",
            "  lambda-simulator serve --invoke-address 0.0.0.0:8080 --timeout 3 --env TABLE=orders ./bootstrap",
            "",
            "  curl -d '{\"order\":1}' http://127.0.0.1:8080/2015-03-31/functions/function/invocations"
        })
final class ServeCommand implements Callable<Integer> {

    private static final String DEFAULT_EXTENSIONS = "/opt/extensions";
    private static final String DEFAULT_RUNTIME_API = "127.0.0.1:9001";
    private static final String DEFAULT_INVOKE = "127.0.0.1:8080";

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "COMMAND",
            description = {
                "The program to launch as the runtime, in the current folder, with its arguments; everything from the"
                        + " first argument on that is no option. If there are several, the last one is also the handler.",
                "Without a command: the first that exists of /var/task/bootstrap, /opt/bootstrap and"
                        + " /var/runtime/bootstrap, in /var/task."
            })
    private List<String> command = new ArrayList<>();

    @Option(
            names = "--extensions",
            paramLabel = "DIR",
            description = "The folder whose files are launched as extensions. Default: " + DEFAULT_EXTENSIONS
                    + ", if there is one.")
    private @Nullable String extensions;

    @Option(
            names = {"--invoke-address", "--runtime-interface-emulator-address"},
            paramLabel = "HOST:PORT",
            description = "Where the function is invoked; port 0 is any free one. The second name is that of AWS's"
                    + " emulator. Default: " + DEFAULT_INVOKE + ".")
    private @Nullable String invokeAddress;

    @Option(
            names = "--function-url-address",
            paramLabel = "HOST:PORT",
            description =
                    "Where the function is invoked as by a function URL: any HTTP request is an event, and what the"
                            + " function answers is the HTTP response. Default: none.")
    private @Nullable String functionUrlAddress;

    @Option(
            names = "--function-url-invoke-mode",
            paramLabel = "MODE",
            description =
                    "How the function URL answers: BUFFERED or, as the response arrives, RESPONSE_STREAM. Default:"
                            + " BUFFERED.")
    private @Nullable String functionUrlInvokeMode;

    @Option(
            names = "--runtime-api-address",
            paramLabel = "HOST:PORT",
            description = "Where the Runtime, Extensions and Telemetry APIs listen; port 0 is any free one. Default: "
                    + DEFAULT_RUNTIME_API + ".")
    private @Nullable String runtimeApiAddress;

    @Option(
            names = "--function-name",
            paramLabel = "NAME",
            description = "The function's name; it can be invoked as \"function\" besides. Default:"
                    + " AWS_LAMBDA_FUNCTION_NAME, else test_function.")
    private @Nullable String functionName;

    @Option(
            names = "--handler",
            paramLabel = "NAME",
            description = "The handler, in _HANDLER. Default: the last of several arguments, else"
                    + " AWS_LAMBDA_FUNCTION_HANDLER, else _HANDLER.")
    private @Nullable String handler;

    @Option(
            names = "--memory",
            paramLabel = "MB",
            description = "The function's memory, 128 to 10240. Default: AWS_LAMBDA_FUNCTION_MEMORY_SIZE, else 3008.")
    private @Nullable String memory;

    @Option(names = "--enforce-memory-limit", description = "Kills a runtime that uses more than --memory.")
    private boolean enforceMemoryLimit;

    @Option(
            names = "--system-log-level",
            paramLabel = "LEVEL",
            description = "DEBUG, INFO or WARN; for AWS_LAMBDA_LOG_FORMAT=JSON.")
    private @Nullable String systemLogLevel;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "The function timeout. Default: AWS_LAMBDA_FUNCTION_TIMEOUT, else 300.")
    private @Nullable String timeout;

    @Option(names = "--region", paramLabel = "NAME", description = "The region. Default: AWS_REGION, else us-east-1.")
    private @Nullable String region;

    @Option(
            names = "--account-id",
            paramLabel = "DIGITS",
            description = "The account in the function's ARN. Default: 123456789012.")
    private @Nullable String accountId;

    @Option(
            names = "--env",
            paramLabel = "NAME=VALUE",
            description = "Sets one of the function's own environment variables, over the one of this process: the"
                    + " runtime and the extensions inherit its environment by AWS's rules. Can be repeated.")
    private List<String> variables = new ArrayList<>();

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            description = "What to log on standard error: panic, fatal, error, warning, warn, info, debug or trace."
                    + " Default: LOG_LEVEL, else info.")
    private @Nullable String logLevel;

    @Option(
            names = "--enable-init-caching",
            hidden = true,
            description = "An option of AWS's emulator, taken so that its command lines work; it changes nothing.")
    @SuppressWarnings("unused") // picocli fills it, and that is all
    private boolean enableInitCaching;

    @Option(
            names = "--freeze",
            paramLabel = "MODE",
            description = "What becomes of the processes between invocations: signal stops them, as AWS does; none lets"
                    + " them run on. Default: signal, where the platform can.")
    private @Nullable String freeze;

    @Option(
            names = "--debug",
            description =
                    "Enforces no deadline, neither of init nor of an invocation, and freezes nothing, so that the runtime"
                            + " or an extension can be stopped in a debugger.")
    private boolean debug;

    ServeCommand(Map<String, String> environment, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        LambdaSimulator.Builder simulator;
        try {
            useLogLevel();
            simulator = simulator();
        } catch (Setting.WrongSetting wrong) {
            throw new ParameterException(spec.commandLine(), String.valueOf(wrong.getMessage()));
        }
        return new Server(simulator, out, err).run();
    }

    private void useLogLevel() {
        Optional<OwnLogLevel> asked = option("--log-level", logLevel).map(OwnLogLevel::of);
        if (asked.isPresent()) {
            OwnLogLevel.use(asked.get());
        } else {
            OwnLogLevel.useByDefault(variable("LOG_LEVEL").map(OwnLogLevel::of).orElse(OwnLogLevel.INFO));
        }
    }

    /** What the options and the environment describe. */
    LambdaSimulator.Builder simulator() {
        HostAndPort runtimeApi =
                HostAndPort.of(option("--runtime-api-address", runtimeApiAddress, DEFAULT_RUNTIME_API));
        HostAndPort invoke = HostAndPort.of(option("--invoke-address", invokeAddress, DEFAULT_INVOKE));
        LambdaSimulator.Builder simulator = LambdaSimulator.builder()
                .function(function())
                .inheritHostEnvironment()
                .extensionsDirectory(extensionsDirectory())
                .runtimeApiAddress(runtimeApi.host(), runtimeApi.port())
                .frontDoorAddress(invoke.host(), invoke.port());
        useFunctionUrl(simulator);
        option("--freeze", freeze).ifPresent(setting -> simulator.freeze(freezeMode(setting)));
        if (enforceMemoryLimit) {
            simulator.enforceMemoryLimit();
        }
        if (debug) {
            simulator.forDebugging();
        }
        return runtime(simulator);
    }

    private void useFunctionUrl(LambdaSimulator.Builder simulator) {
        Optional<HostAndPort> address =
                option("--function-url-address", functionUrlAddress).map(HostAndPort::of);
        address.ifPresent(given -> simulator.functionUrlAddress(given.host(), given.port()));
        option("--function-url-invoke-mode", functionUrlInvokeMode).ifPresent(setting -> {
            if (address.isEmpty()) {
                throw new Setting.WrongSetting(setting.source()
                        + " says how a function URL answers, and there is none: use --function-url-address");
            }
            simulator.functionUrlInvokeMode(invokeMode(setting));
        });
    }

    private static InvokeMode invokeMode(Setting setting) {
        return Stream.of(InvokeMode.values())
                .filter(mode -> mode.name().equals(setting.value()))
                .findFirst()
                .orElseThrow(() -> setting.wrong("is no invoke mode: use BUFFERED or RESPONSE_STREAM"));
    }

    private static FreezeMode freezeMode(Setting setting) {
        return switch (setting.value()) {
            case "signal" -> FreezeMode.SIGNAL;
            case "none" -> FreezeMode.NONE;
            default -> throw setting.wrong("is no way to freeze: use signal or none");
        };
    }

    private LambdaSimulator.Builder runtime(LambdaSimulator.Builder simulator) {
        if (!command.isEmpty()) {
            return new Setting("COMMAND", command.get(0)).to(program -> simulator.runtime(Command.of(command)));
        }
        if (Bootstrap.find().isEmpty()) {
            String places = Bootstrap.PLACES.stream().map(Path::toString).collect(Collectors.joining(", "));
            throw new Setting.WrongSetting(
                    "there is no runtime to launch: no command was given, and there is none of " + places);
        }
        return simulator.runtimeFromBootstrap();
    }

    private Path extensionsDirectory() {
        Optional<Setting> given = option("--extensions", extensions);
        if (given.isEmpty()) {
            return Path.of(DEFAULT_EXTENSIONS);
        }
        Setting setting = given.get();
        Path directory = setting.to(Path::of);
        if (!Files.isDirectory(directory)) {
            throw setting.wrong(Files.exists(directory) ? "is no folder" : "does not exist");
        }
        if (!Files.isReadable(directory) || !Files.isExecutable(directory)) {
            throw setting.wrong("cannot be read: permission denied");
        }
        return directory;
    }

    /** The runtime's program and its arguments; empty when there is to be a bootstrap. */
    List<String> command() {
        return command;
    }

    /** The function that the options and the environment describe. */
    FunctionConfiguration function() {
        FunctionConfiguration.Builder function =
                FunctionConfiguration.builder().name("test_function").memorySize(3008);
        function.timeout(Duration.ofSeconds(option("--timeout", timeout)
                .or(() -> variable("AWS_LAMBDA_FUNCTION_TIMEOUT"))
                .map(setting -> setting.wholeNumber(1, Integer.MAX_VALUE))
                .orElse(300)));
        option("--memory", memory)
                .or(() -> variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
                .ifPresent(setting -> function.memorySize(setting.wholeNumber(128, 10_240)));
        option("--function-name", functionName)
                .or(() -> variable("AWS_LAMBDA_FUNCTION_NAME"))
                .ifPresent(setting -> setting.to(function::name));
        variable("AWS_LAMBDA_FUNCTION_VERSION").ifPresent(setting -> setting.to(function::version));
        option("--region", region).or(() -> variable("AWS_REGION")).ifPresent(setting -> setting.to(function::region));
        variable("AWS_LAMBDA_LOG_FORMAT")
                .ifPresent(setting -> function.logFormat(setting.constant(EnumSet.allOf(LogFormat.class))));
        variable("AWS_LAMBDA_LOG_LEVEL")
                .ifPresent(setting -> function.applicationLogLevel(setting.constant(EnumSet.allOf(LogLevel.class))));
        option("--system-log-level", systemLogLevel)
                .ifPresent(setting ->
                        function.systemLogLevel(setting.constant(EnumSet.range(LogLevel.DEBUG, LogLevel.WARN))));
        option("--account-id", accountId).ifPresent(setting -> setting.to(function::accountId));
        option("--handler", handler)
                .or(this::lastArgument)
                .or(() -> variable("AWS_LAMBDA_FUNCTION_HANDLER"))
                .or(() -> variable("_HANDLER"))
                .ifPresent(setting -> setting.to(function::handler));
        variables.forEach(variable -> addVariable(function, variable));
        return function.build();
    }

    private Optional<Setting> lastArgument() {
        return command.size() > 1
                ? Optional.of(new Setting("COMMAND", command.get(command.size() - 1)))
                : Optional.empty();
    }

    // A complaint does not repeat what was given: it may be a secret.
    private static void addVariable(FunctionConfiguration.Builder function, String variable) {
        int equals = variable.indexOf('=');
        if (equals < 1) {
            throw new Setting.WrongSetting("--env needs NAME=VALUE: "
                    + (equals < 0 ? "there is no = in what it was given" : "there is no name before the ="));
        }
        new Setting("--env", variable.substring(0, equals))
                .to(name -> function.environmentVariable(name, variable.substring(equals + 1)));
    }

    private static Optional<Setting> option(String name, @Nullable String value) {
        return Optional.ofNullable(value).map(given -> new Setting(name, given));
    }

    private static Setting option(String name, @Nullable String value, String otherwise) {
        return new Setting(name, value == null ? otherwise : value);
    }

    /** An empty variable counts as unset. */
    private Optional<Setting> variable(String name) {
        return Optional.ofNullable(environment.get(name))
                .filter(value -> !value.isEmpty())
                .map(value -> new Setting(name, value));
    }
}

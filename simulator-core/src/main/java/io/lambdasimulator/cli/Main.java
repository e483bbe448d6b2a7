package io.lambdasimulator.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where the standalone jar starts. */
@Command(
        name = Main.NAME,
        mixinStandardHelpOptions = true,
        subcommands = CommandLine.HelpCommand.class,
        versionProvider = Main.Version.class,
        sortOptions = false,
        header = "Plays AWS Lambda's execution environment on this machine.",
        description = {
            "",
            "It serves the Runtime API and the Extensions API on a loopback port, runs a runtime and extensions as"
                    + " processes around them, and takes them through init, invocations and shutdown as AWS does."
        },
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        footer = {"", "\"" + Main.NAME + " COMMAND --help\" tells more of a command; \"demo\" needs nothing else."})
public final class Main implements Runnable {

    static final String NAME = "lambda-simulator";

    /** Something did not work out, such as a port in use. */
    static final int FAILURE = 1;

    /** The command line, or an environment variable that stands for an option, was wrong. */
    static final int USAGE = 2;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private Main() {}

    /**
     * Runs a command and exits with its code.
     *
     * @param arguments the command line
     */
    public static void main(String[] arguments) {
        // In UTF-8 whatever the locale says: the lines of runtimes and extensions are passed on as they are.
        PrintStream out = new PrintStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)), false, StandardCharsets.UTF_8);
        int code = commandLine(System.getenv(), out, System.err).execute(arguments);
        out.flush();
        System.exit(code);
    }

    /** The command line, with all it knows of its surroundings. */
    static CommandLine commandLine(Map<String, String> environment, PrintStream out, PrintStream err) {
        return new CommandLine(new Main())
                .addSubcommand(new ServeCommand(environment, out, err))
                .addSubcommand(new DemoCommand(out, err))
                .addSubcommand(new WarmUpCommand(out))
                .addSubcommand(new TrainingCommand())
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(err, true, Charset.defaultCharset()))
                .setUsageHelpWidth(100)
                .setExpandAtFiles(false)
                .setStopAtPositional(true)
                .setParameterExceptionHandler((wrong, arguments) -> complain(wrong, err))
                .setExecutionExceptionHandler((failure, command, result) -> {
                    complain(command, message(failure), err);
                    LoggerFactory.getLogger(Main.class).debug("what went wrong", failure);
                    return FAILURE;
                });
    }

    private static int complain(ParameterException wrong, PrintStream err) {
        complain(wrong.getCommandLine(), message(wrong) + "; --help tells more", err);
        return USAGE;
    }

    private static String message(ParameterException wrong) {
        if (wrong instanceof UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().get(0);
            if (unmatched.isUnknownOption()) {
                // Without its value, which may be a secret.
                return "there is no option " + first.replaceFirst("=.*", "");
            }
            boolean command = !wrong.getCommandLine().getSubcommands().isEmpty();
            return "\"" + first + "\" is "
                    + (command ? "no command: use serve, demo or warm-up" : "one argument too many");
        }
        return String.valueOf(wrong.getMessage());
    }

    private static void complain(CommandLine command, String message, PrintStream err) {
        err.println(command.getCommandSpec().qualifiedName() + ": " + message.replaceAll("\\s*[\\r\\n]+\\s*", " "));
    }

    // Those we throw ourselves are worded for people; of others the type is half of what they say.
    private static String message(Exception failure) {
        boolean worded = failure instanceof UncheckedIOException || failure instanceof IllegalStateException;
        return worded && failure.getMessage() != null ? failure.getMessage() : failure.toString();
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** The version that the build wrote into the jar. */
    static final class Version implements IVersionProvider {
        static String number() {
            String version = Main.class.getPackage().getImplementationVersion();
            return version == null ? "(unpackaged)" : version;
        }

        @Override
        public String[] getVersion() {
            return new String[] {NAME + " " + number()};
        }
    }
}

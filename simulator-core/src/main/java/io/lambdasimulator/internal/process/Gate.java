package io.lambdasimulator.internal.process;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Holds a process back until it may become its program. The process starts as a shell with no environment, which reads
 * commands from its standard input: those that set the environment and become the program come when the gate opens. When the
 * JVM ends before that, the input ends and the shell with it.
 *
 * <p>The environment comes this way because a shell that had it from the start would change it, and because arguments are for
 * every user of the machine to read.
 */
final class Gate {

    /** The descriptor of the framed log. Shells need not know of one above 9. */
    static final int LOG_DESCRIPTOR = 3;

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /** Names that one shell or another sets, changes or keeps to itself. */
    private static final Pattern OF_SHELLS = Pattern.compile("_|PWD|OLDPWD|SHLVL|SHELLOPTS|IFS|PS[0-9]|OPT(ARG|ERR|IND)"
            + "|PPID|E?[UG]ID|GROUPS|LINENO|S?RANDOM|SECONDS|REPLY|PIPESTATUS|FUNCNAME|DIRSTACK|POSIXLY_CORRECT"
            + "|(BASH|COMP_|EPOCH|HIST|HOST|MACH|OS|ZSH|KSH).*");

    private Gate() {}

    /** The command that waits at the gate before it becomes the one given, whose program is an absolute path. */
    static List<String> hold(List<String> command) {
        List<String> held = new ArrayList<>(List.of("/bin/sh", "-s"));
        held.addAll(command);
        return held;
    }

    /**
     * Lets the process become its program.
     *
     * @param log what {@link #LOG_DESCRIPTOR} is to be, to which a byte is written when it is open; null for none
     * @throws IOException when a command that is needed for odd variables is missing; a process that has already ended takes
     *     nothing and is no error
     */
    static void open(Process held, String program, Map<String, String> environment, @Nullable File log)
            throws IOException {
        byte[] commands = commands(program, environment, log).getBytes(StandardCharsets.UTF_8);
        try (OutputStream input = held.getOutputStream()) {
            input.write(commands);
        } catch (IOException e) {
            if (held.isAlive()) {
                throw e;
            }
        }
    }

    // One compound command, which a shell does not begin before it has the end.
    static String commands(String program, Map<String, String> environment, @Nullable File log) throws IOException {
        StringBuilder exported = new StringBuilder();
        StringBuilder odd = new StringBuilder();
        environment.forEach((name, value) -> {
            boolean isOdd =
                    !NAME.matcher(name).matches() || OF_SHELLS.matcher(name).matches();
            (isOdd ? odd : exported).append(' ').append(quote(name + "=" + value));
        });
        String env = quote(command("env"));
        // To env, what has an equals sign is no program.
        String become = (program.indexOf('=') < 0 ? "" : quote(command("nice")) + " -n 0 ") + "\"$@\" </dev/null";
        // What a shell begins with, even without an environment; it may complain of a locale that is not installed.
        StringBuilder commands = new StringBuilder(log == null ? "{ " : "{ { echo >&" + LOG_DESCRIPTOR + "\n");
        commands.append("{ unset OLDPWD PATH PWD SHLVL;");
        if (!exported.isEmpty()) {
            commands.append(" export").append(exported).append(';');
        }
        commands.append(" } 2>/dev/null\n");
        // What bash has of its own it adds again for each program.
        commands.append("[ -z \"$BASH_VERSION\" ] || exec ").append(env).append(" -u _ -u SHLVL -u PWD -u OLDPWD");
        commands.append(odd).append(' ').append(become).append('\n');
        commands.append("exec ");
        if (odd.isEmpty()) {
            commands.append("\"$@\" </dev/null");
        } else {
            commands.append(env).append(odd).append(' ').append(become);
        }
        if (log != null) {
            // Inside the braces, or what was read but for its end could be begun without it.
            commands.append("; } ").append(LOG_DESCRIPTOR).append('>').append(quote(log.getPath()));
        }
        return commands.append("; }\n").toString();
    }

    private static String command(String name) throws IOException {
        return SearchPath.ofSimulator()
                .withSystemDirectories()
                .find(name)
                .map(Path::toString)
                .orElseThrow(
                        () -> new IOException("there is no command " + name + " on the PATH, in /usr/bin or in /bin"));
    }

    private static String quote(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}

package io.lambdasimulator.examples.support;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The languages of the example scripts. */
public enum ScriptLanguage {
    /** Python, standard library only. */
    PYTHON("python/runtime.py", "python/extension.py", "python3", "-c", "import sys; print(sys.executable)"),
    /** Node.js, without packages. */
    NODE("nodejs/runtime.js", "nodejs/extension.js", "node", "-p", "process.execPath");

    private static final Map<ScriptLanguage, String> INTERPRETERS = new ConcurrentHashMap<>();

    private final Path runtime;
    private final Path extension;
    private final String program;
    private final String option;
    private final String printInterpreter;

    ScriptLanguage(String runtime, String extension, String program, String option, String printInterpreter) {
        this.runtime = Path.of(runtime);
        this.extension = Path.of(extension);
        this.program = program;
        this.option = option;
        this.printInterpreter = printInterpreter;
    }

    /** The example runtime as a command. */
    public Command runtime() {
        return Command.of(interpreter(), runtime.toString());
    }

    /** The example extension as a command. */
    public Command extension() {
        return Command.of(interpreter(), extension.toString());
    }

    /** The script of the extension. */
    public Path extensionScript() {
        return extension;
    }

    /** The name that the extension registers under: that of its file. */
    public String extensionName() {
        return extension.getFileName().toString();
    }

    /** The extension in an environment that has it under its own name. */
    public Participant extensionParticipant() {
        return Participant.extension(extensionName());
    }

    /**
     * The interpreter itself. What a version manager such as pyenv puts on the PATH is a script that sets variables of its
     * own before it starts the interpreter.
     */
    public String interpreter() {
        return INTERPRETERS.computeIfAbsent(this, language -> {
            try {
                Process process = new ProcessBuilder(program, option, printInterpreter)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
                return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}

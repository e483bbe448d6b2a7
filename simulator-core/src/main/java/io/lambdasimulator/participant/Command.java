package io.lambdasimulator.participant;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A program to run as the runtime or as an extension.
 *
 * <p>The process gets exactly the environment variables that the service gives it, plus those set here. A bare program
 * name is looked up in the {@code PATH} of the simulator.
 */
public final class Command {

    private final List<String> arguments;
    private final @Nullable Path directory;
    private final Map<String, String> environment;

    private Command(List<String> arguments, @Nullable Path directory, Map<String, String> environment) {
        this.arguments = arguments;
        this.directory = directory;
        this.environment = environment;
    }

    /**
     * A program with its arguments.
     *
     * @param program a path, or a name on the {@code PATH}
     * @param arguments its arguments
     * @return the command
     */
    public static Command of(String program, String... arguments) {
        return of(java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(program), java.util.stream.Stream.of(arguments))
                .toList());
    }

    /**
     * A program with its arguments.
     *
     * @param programAndArguments the program first
     * @return the command
     * @throws IllegalArgumentException when the list is empty or an element holds a NUL
     */
    public static Command of(List<String> programAndArguments) {
        if (programAndArguments.isEmpty() || programAndArguments.get(0).isEmpty()) {
            throw new IllegalArgumentException("a command needs a program");
        }
        for (String argument : programAndArguments) {
            requireNoNul("argument", argument);
        }
        return new Command(List.copyOf(programAndArguments), null, Map.of());
    }

    /**
     * Sets the working directory.
     *
     * @param newDirectory an existing directory
     * @return a new command
     */
    public Command directory(Path newDirectory) {
        return new Command(arguments, newDirectory, environment);
    }

    /**
     * Adds an environment variable for this process alone; it overrides what the service sets, so it can stand for what
     * a wrapper script or image would add.
     *
     * @param name the variable
     * @param value its value
     * @return a new command
     * @throws IllegalArgumentException when the name is empty or holds {@code =} or NUL
     */
    public Command environment(String name, String value) {
        if (name.isEmpty() || name.indexOf('=') >= 0) {
            throw new IllegalArgumentException("\"" + name + "\" cannot be the name of an environment variable");
        }
        requireNoNul("name", name);
        requireNoNul("value of " + name, value);
        Map<String, String> extended = new LinkedHashMap<>(environment);
        extended.put(name, value);
        return new Command(arguments, directory, Collections.unmodifiableMap(extended));
    }

    private static void requireNoNul(String what, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(what + " holds a NUL character, which no process can receive");
        }
    }

    /**
     * The program and its arguments.
     *
     * @return an immutable list, the program first
     */
    public List<String> arguments() {
        return arguments;
    }

    /**
     * The working directory.
     *
     * @return the directory, or empty for that of the simulator
     */
    public Optional<Path> directory() {
        return Optional.ofNullable(directory);
    }

    /**
     * The variables of this process alone.
     *
     * @return an immutable map
     */
    public Map<String, String> environment() {
        return environment;
    }

    @Override
    public String toString() {
        return String.join(" ", arguments);
    }
}

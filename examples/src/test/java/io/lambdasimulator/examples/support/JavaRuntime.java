package io.lambdasimulator.examples.support;

import com.amazonaws.services.lambda.runtime.api.client.AWSLambda;
import io.lambdasimulator.participant.Command;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** AWS's Java runtime interface client, as the command that AWS's Java runtimes run. */
public final class JavaRuntime {

    private final Path nativeLibrary;

    /**
     * The client unpacks its native library to one fixed place in /tmp, so that clients which start at the same time
     * overwrite it under each other's feet. Here each test class has a copy of its own.
     *
     * @param folder where the copy goes
     */
    public JavaRuntime(Path folder) throws IOException {
        String architecture = switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "aarch_64";
            default ->
                throw new IllegalStateException(
                        "AWS's runtime interface client has no native library for " + System.getProperty("os.arch"));
        };
        String resource = "/jni/libaws-lambda-jni." + (isMusl() ? "linux_musl-" : "linux-") + architecture + ".so";
        nativeLibrary = folder.resolve("libaws-lambda-jni.so");
        try (InputStream library = AWSLambda.class.getResourceAsStream(resource)) {
            Files.copy(library, nativeLibrary);
        }
    }

    /** Alpine and its like. */
    private static boolean isMusl() throws IOException {
        try (var libraries = Files.newDirectoryStream(Path.of("/lib"), "ld-musl-*")) {
            return libraries.iterator().hasNext();
        }
    }

    /** The command for a function, with the class path of this test and more options of the JVM. */
    public Command command(Class<?> handler, String... options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // What AWS starts its Java runtimes with, for a quick start.
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.add("-Dcom.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI=" + nativeLibrary);
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(AWSLambda.class.getName(), handler.getName()));
        return Command.of(command);
    }
}

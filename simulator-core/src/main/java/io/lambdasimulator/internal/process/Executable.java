package io.lambdasimulator.internal.process;

import io.lambdasimulator.internal.process.LaunchException.Reason;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Locale;

/**
 * Says before a launch what {@code execve} would say. The wrapper that starts the program hides that answer: it would
 * end with 126 or 127, or hand a file without {@code #!} to a shell.
 */
final class Executable {

    private static final String NOT_FOUND = "no such file or directory";
    private static final String NOT_DIRECTORY = "not a directory";
    private static final String DENIED = "permission denied";
    private static final String FORMAT = "exec format error";

    // As much as Linux reads of a file to find out what it is.
    private static final int HEADER_LENGTH = 256;
    private static final int MAX_INTERPRETERS = 5;

    private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

    private Executable() {}

    /**
     * Finds a program.
     *
     * @param program a bare name, which is looked up in {@code path}, or a path, relative to {@code directory}
     * @return an absolute path to a file that can be executed
     */
    static Path resolve(String program, Path directory, SearchPath path) throws LaunchException {
        try {
            if (program.indexOf('/') < 0) {
                Path found = path.find(program)
                        .orElseThrow(() -> new LaunchException(
                                Reason.NOT_FOUND, "exec: \"" + program + "\": executable file not found in $PATH"));
                check(found.toString(), found, directory, 0);
                return found;
            }
            Path file = directory.resolve(program);
            check(program, file, directory, 0);
            return file;
        } catch (InvalidPathException e) {
            throw failure(Reason.NOT_FOUND, program, NOT_FOUND);
        }
    }

    /** Checks that a working directory can be entered. */
    static void checkDirectory(Path directory) throws LaunchException {
        String complaint;
        if (!Files.exists(directory)) {
            complaint = NOT_FOUND;
        } else if (!Files.isDirectory(directory)) {
            complaint = NOT_DIRECTORY;
        } else if (!Files.isExecutable(directory)) {
            complaint = DENIED;
        } else {
            return;
        }
        throw new LaunchException(Reason.WORKING_DIRECTORY, "chdir " + directory + ": " + complaint);
    }

    // Errors of an interpreter are reported under the program's name, as the system call does.
    private static void check(String program, Path file, Path directory, int depth) throws LaunchException {
        try {
            if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile() || !Files.isExecutable(file)) {
                throw failure(Reason.PERMISSION_DENIED, program, DENIED);
            }
            // A native program may be executable without being readable; its header then has to be taken on trust.
            if (Files.isReadable(file)) {
                checkHeader(program, header(file), directory, depth);
            }
        } catch (NoSuchFileException e) {
            throw failure(Reason.NOT_FOUND, program, isBelowFile(file) ? NOT_DIRECTORY : NOT_FOUND);
        } catch (AccessDeniedException e) {
            throw failure(Reason.PERMISSION_DENIED, program, DENIED);
        } catch (FileSystemException e) {
            throw failure(Reason.NOT_FOUND, program, complaint(e));
        } catch (IOException e) {
            throw failure(Reason.UNSUPPORTED, program, String.valueOf(e.getMessage()));
        }
    }

    // Newer JDKs make no difference between this and a file that is missing; the system does.
    private static boolean isBelowFile(Path file) {
        Path parent = file.getParent();
        while (parent != null && !Files.exists(parent)) {
            parent = parent.getParent();
        }
        return parent != null && !Files.isDirectory(parent);
    }

    private static void checkHeader(String program, byte[] header, Path directory, int depth) throws LaunchException {
        if (header.length >= 2 && header[0] == '#' && header[1] == '!') {
            if (depth == MAX_INTERPRETERS) {
                throw failure(Reason.EXEC_FORMAT, program, "too many levels of symbolic links");
            }
            String interpreter = interpreter(header);
            if (interpreter.isEmpty()) {
                throw failure(Reason.EXEC_FORMAT, program, FORMAT);
            }
            check(program, directory.resolve(interpreter), directory, depth + 1);
        } else if (!isNative(header)) {
            throw failure(Reason.EXEC_FORMAT, program, FORMAT);
        }
    }

    /** The interpreter that a {@code #!} line names; empty when there is none or its name is cut off. */
    private static String interpreter(byte[] header) {
        int start = 2;
        while (start < header.length && (header[start] == ' ' || header[start] == '\t')) {
            start++;
        }
        int end = start;
        while (end < header.length && " \t\n\0".indexOf(header[end]) < 0) {
            end++;
        }
        return end == HEADER_LENGTH ? "" : new String(header, start, end - start, StandardCharsets.UTF_8);
    }

    private static boolean isNative(byte[] header) {
        return isMacOs() ? isMachO(header) : startsWith(header, ELF);
    }

    private static boolean isMachO(byte[] header) {
        if (header.length < Integer.BYTES) {
            return false;
        }
        int magic = ByteBuffer.wrap(header).getInt();
        return switch (magic) {
            case 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe, 0xcafebabf -> true;
            default -> false;
        };
    }

    private static boolean isMacOs() {
        return System.getProperty("os.name", "").startsWith("Mac");
    }

    private static boolean startsWith(byte[] bytes, byte[] prefix) {
        return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    // Not through a channel, whose reads an interrupted thread cannot make.
    private static byte[] header(Path file) throws IOException {
        try (InputStream in = new FileInputStream(file.toFile())) {
            return in.readNBytes(HEADER_LENGTH);
        }
    }

    private static LaunchException failure(Reason reason, String program, String complaint) {
        return new LaunchException(reason, "fork/exec " + program + ": " + complaint);
    }

    // The system's words are at the beginning of Java's, which goes on after "or" for links in a circle.
    private static String complaint(FileSystemException e) {
        String reason = e.getReason() == null ? NOT_FOUND : e.getReason().split(" or ", 2)[0];
        return reason.substring(0, 1).toLowerCase(Locale.ROOT) + reason.substring(1);
    }
}

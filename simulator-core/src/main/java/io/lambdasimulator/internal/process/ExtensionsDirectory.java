package io.lambdasimulator.internal.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory whose files are launched as extensions, {@code /opt/extensions} on AWS. */
public final class ExtensionsDirectory {

    private ExtensionsDirectory() {}

    /**
     * Lists the extensions: every entry that is not itself a directory, whether it can be executed or not, sorted by
     * name. A symbolic link is listed wherever it leads. As on AWS, a directory that does not exist is no error.
     *
     * @param directory where to look
     * @return the files; empty when there is no such directory
     * @throws IOException with a message for the command line when the directory cannot be read
     */
    public static List<Path> list(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(entry -> !Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
                    .sorted(Comparator.comparing(entry -> entry.getFileName().toString()))
                    .toList();
        } catch (AccessDeniedException e) {
            throw unreadable(directory, "permission denied", e);
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(directory, e.getMessage(), e);
        }
    }

    private static IOException unreadable(Path directory, @Nullable String complaint, Exception cause) {
        return new IOException("cannot read the extensions in " + directory + ": " + complaint, cause);
    }
}

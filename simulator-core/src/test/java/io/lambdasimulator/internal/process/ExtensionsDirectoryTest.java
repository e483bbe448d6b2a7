package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtensionsDirectoryTest {

    @TempDir
    Path directory;

    @Test
    void lists_every_entry_but_directories_sorted_by_name() throws Exception {
        Files.createFile(directory.resolve("b-empty"));
        Files.writeString(directory.resolve("a-script"), "#!/bin/sh\n");
        Files.createFile(directory.resolve("B"));
        Files.createFile(directory.resolve(".hidden"));
        Path subdirectory = Files.createDirectory(directory.resolve("c-directory"));
        Files.createFile(subdirectory.resolve("nested"));
        Files.createSymbolicLink(directory.resolve("d-link-to-directory"), subdirectory);
        Files.createSymbolicLink(directory.resolve("e-broken-link"), Path.of("nowhere"));

        assertThat(ExtensionsDirectory.list(directory))
                .extracting(file -> directory.relativize(file).toString())
                .containsExactly(".hidden", "B", "a-script", "b-empty", "d-link-to-directory", "e-broken-link");
    }

    @Test
    void a_missing_directory_has_none() throws Exception {
        assertThat(ExtensionsDirectory.list(directory.resolve("missing"))).isEmpty();
    }

    @Test
    void a_file_has_none() throws Exception {
        assertThat(ExtensionsDirectory.list(Files.createFile(directory.resolve("file"))))
                .isEmpty();
    }

    @Test
    void an_unreadable_directory_is_an_error() throws Exception {
        Path locked = Files.createDirectory(directory.resolve("locked"));
        Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("-wx------"));
        assumeFalse(Files.isReadable(locked), "root reads every directory");

        assertThatIOException()
                .isThrownBy(() -> ExtensionsDirectory.list(locked))
                .withMessage("cannot read the extensions in " + locked + ": permission denied");
    }
}

package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.lambdasimulator.LambdaSimulator;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** What the simulator's jar holds is out of the way of everything else on the class path. */
class ClasspathTest {

    @Test
    void every_file_is_in_the_simulators_packages_or_describes_the_jar() throws IOException {
        List<String> others = entries().stream()
                .filter(name -> !name.startsWith("io/lambdasimulator/"))
                .filter(name -> !name.matches("META-INF/(MANIFEST\\.MF|NOTICE|[\\w-]*LICENSE|licenses/.+|maven/.+)"))
                .filter(name -> !name.startsWith("META-INF/services/io.lambdasimulator.internal."))
                .toList();

        assertEquals(List.of(), others);
    }

    @Test
    void the_command_line_is_left_to_the_standalone_jar() throws IOException {
        assertFalse(entries().stream().anyMatch(name -> name.startsWith("io/lambdasimulator/cli/")));
    }

    private static List<String> entries() throws IOException {
        File jar = new File(LambdaSimulator.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        try (JarFile file = new JarFile(jar)) {
            return file.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(ZipEntry::getName)
                    .toList();
        }
    }
}

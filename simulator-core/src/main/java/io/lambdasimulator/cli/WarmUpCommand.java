package io.lambdasimulator.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** {@code warm-up}: makes the {@link ClassArchive} beside the jar. */
@CommandLine.Command(
        name = "warm-up",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        usageHelpWidth = 100,
        header = "Makes later starts quicker, for example in an image.",
        synopsisHeading = "%nUsage: ",
        description = {
            "",
            "Runs a short life of an environment and keeps beside the jar, in a file that ends with .jsa, what Java made of"
                    + " the classes. When the jar is started by itself (\"sh lambda-simulator.jar serve\"), it uses that"
                    + " file. Takes a few seconds. Needed again for another Java or another jar."
        },
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:The file is there.", "1:It could not be made."})
final class WarmUpCommand implements Callable<Integer> {

    private final PrintStream out;

    WarmUpCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        ClassArchive archive = ClassArchive.besideTheJar();
        try {
            archive.make();
        } catch (FileSystemException e) {
            throw new UncheckedIOException(
                    "cannot make " + archive.file()
                            + ": its folder cannot be written to. Run this as somebody who may, or start"
                            + " serve, which makes one in your cache folder",
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + archive.file() + ": " + e.getMessage(), e);
        }
        out.println("Made " + archive.file() + ".");
        return 0;
    }
}

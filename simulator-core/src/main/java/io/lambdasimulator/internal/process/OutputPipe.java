package io.lambdasimulator.internal.process;

import java.io.Closeable;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A pipe that takes one output stream of a process. It is a named one, because {@link Process#getInputStream()} stops
 * with the process: whatever a descendant writes later would be lost and would end it with SIGPIPE.
 *
 * <p>Use: create, start the process with {@link #file()} as the target, {@link #connected()}, read. A process that opens the
 * file by itself writes a byte to it, which {@link #takeGreeting()} takes.
 */
final class OutputPipe implements Closeable {

    private final Path path;
    private final InputStream input;
    private final RandomAccessFile holder;
    private boolean connected;

    private OutputPipe(Path path, InputStream input, RandomAccessFile holder) {
        this.path = path;
        this.input = input;
        this.holder = holder;
    }

    static OutputPipe create(Posix posix, Path path) throws IOException {
        posix.makeFifo(path);
        // Opening one end of a named pipe waits for the other, except when opened for both.
        RandomAccessFile holder = new RandomAccessFile(path.toFile(), "rw");
        try {
            return new OutputPipe(path, new FileInputStream(path.toFile()), holder);
        } catch (IOException e) {
            holder.close();
            throw e;
        }
    }

    File file() {
        return path.toFile();
    }

    /** Takes the byte that says that the process has opened the pipe; false when it has not come yet. */
    boolean takeGreeting() throws IOException {
        return input.available() > 0 && input.read() >= 0;
    }

    /** The two ends: the stream does not end before the writing end is closed here and in every process. */
    record Ends(InputStream input, OutputStream output) {}

    /** The process has the pipe, and whoever takes the ends closes them. */
    Ends connected() throws IOException {
        connected = true;
        return new Ends(input, new FileOutputStream(holder.getFD()));
    }

    /** Removes the name; the pipe itself stays if a process has it. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(path);
        if (!connected) {
            holder.close();
            input.close();
        }
    }
}

package io.lambdasimulator.internal.process;

import java.io.Closeable;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A pipe that takes one output stream of a process. It is a named one, because {@link Process#getInputStream()} stops
 * with the process: whatever a descendant writes later would be lost and would end it with SIGPIPE.
 *
 * <p>Use: create, start the process with {@link #file()} as the target, {@link #connected()}, read.
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

    /** The process has the pipe: from now on the stream ends when the last process that writes to it does. */
    InputStream connected() throws IOException {
        holder.close();
        connected = true;
        return input;
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

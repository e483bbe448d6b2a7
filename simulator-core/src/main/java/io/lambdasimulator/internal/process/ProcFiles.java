package io.lambdasimulator.internal.process;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The processes as Linux shows them below {@code /proc}. */
final class ProcFiles implements ProcessTable {

    private static final String ROOT = "/proc/";

    /** Longer than any: 52 numbers of at most 20 digits, and a name of at most 64 bytes. */
    private static final int LINE_LENGTH = 2048;

    private static final long PAGE_SIZE = pageSize();

    static boolean exist() {
        return Files.isReadable(Path.of("/proc/self/stat"));
    }

    @Override
    public List<Entry> processes() {
        List<Entry> processes = new ArrayList<>();
        byte[] buffer = new byte[LINE_LENGTH];
        for (String name : names(ROOT)) {
            if (Character.isDigit(name.charAt(0))) {
                Entry entry = read(ROOT + name + "/stat", buffer);
                if (entry != null) {
                    processes.add(entry);
                }
            }
        }
        return processes;
    }

    @Override
    public Optional<Entry> find(long pid) {
        return Optional.ofNullable(read(ROOT + pid + "/stat", new byte[LINE_LENGTH]));
    }

    @Override
    public boolean isStopped(Entry process) {
        if (process.threads() <= 1) {
            return isStopped(process.pid(), process.pid(), process);
        }
        byte[] buffer = new byte[LINE_LENGTH];
        for (String thread : names(ROOT + process.pid() + "/task")) {
            Entry entry = read(ROOT + process.pid() + "/task/" + thread + "/stat", buffer);
            if (entry != null && !isStopped(process.pid(), Long.parseLong(thread), entry)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isStopped(long pid, long thread, Entry entry) {
        return switch (entry.state()) {
            case 'T', 't', 'Z', 'X' -> true;
            case 'D' -> waitsForVfork(pid, thread);
            default -> false;
        };
    }

    // Who has called vfork, as shells and posix_spawn do, goes on no sooner than its child is another program or has ended;
    // a child that was stopped before that holds it as well as any signal. The kernel waits in a function named after
    // fork or clone, depending on its version.
    private static boolean waitsForVfork(long pid, long thread) {
        try {
            String function =
                    Files.readString(Path.of(ROOT + pid + "/task/" + thread + "/wchan"), StandardCharsets.ISO_8859_1);
            return function.contains("fork") || function.contains("clone");
        } catch (IOException e) {
            return false;
        }
    }

    /** The most memory that a process ever had in RAM, in bytes. */
    static OptionalLong peakResidentBytes(long pid) {
        try {
            for (String line : Files.readAllLines(Path.of(ROOT + pid + "/status"), StandardCharsets.ISO_8859_1)) {
                if (line.startsWith("VmHWM:")) {
                    return OptionalLong.of(Long.parseLong(line.replaceAll("\\D", "")) * 1024);
                }
            }
        } catch (IOException e) {
            // It has ended.
        }
        return OptionalLong.empty();
    }

    private static String[] names(String directory) {
        String[] names = new File(directory).list();
        return names == null ? new String[0] : names;
    }

    private static @Nullable Entry read(String file, byte[] buffer) {
        try (FileInputStream in = new FileInputStream(file)) {
            int length = in.read(buffer);
            return length <= 0 ? null : parse(buffer, length);
        } catch (IOException e) {
            return null; // it has ended
        }
    }

    /** Reads a line as in {@code 42 (a name) S 1 42 42 …}; the name may hold blanks and parentheses. */
    static Entry parse(byte[] line, int length) {
        int end = length - 1;
        while (line[end] != ')') {
            end--;
        }
        int id = 0;
        while (line[id] != ' ') {
            id++;
        }
        String[] fields = new String(line, end + 2, length - end - 2, StandardCharsets.ISO_8859_1).split(" ", 23);
        return new Entry(
                Long.parseLong(new String(line, 0, id, StandardCharsets.ISO_8859_1)),
                Long.parseLong(fields[1]),
                Long.parseLong(fields[2]),
                Long.parseLong(fields[3]),
                fields[0].charAt(0),
                Integer.parseInt(fields[17]),
                Long.parseLong(fields[19]),
                Long.parseLong(fields[21]) * PAGE_SIZE);
    }

    // From what the kernel hands to each program: pairs of a key and a value, each as long as a pointer.
    private static long pageSize() {
        long keyOfPageSize = 6;
        try {
            ByteBuffer pairs = ByteBuffer.wrap(Files.readAllBytes(Path.of("/proc/self/auxv")))
                    .order(ByteOrder.nativeOrder());
            while (pairs.remaining() >= 2 * Long.BYTES) {
                long key = pairs.getLong();
                long value = pairs.getLong();
                if (key == keyOfPageSize) {
                    return value;
                }
            }
        } catch (IOException e) {
            // The usual size will do.
        }
        return 4096;
    }
}

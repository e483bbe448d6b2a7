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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The processes as Linux shows them below {@code /proc}. */
final class ProcFiles implements ProcessTable {

    private static final String ROOT = "/proc/";

    /** Longer than any: 52 numbers of at most 20 digits, and a name of at most 64 bytes. */
    private static final int LINE_LENGTH = 2048;

    private static final long PENDING_SIGSTOP = 1L << (Posix.SIGSTOP - 1);

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
            return standsStill(process) || (process.state() == 'D' && willStop(process.pid(), process.pid()));
        }
        byte[] buffer = new byte[LINE_LENGTH];
        boolean oneHasStopped = false;
        List<Long> uninterruptible = new ArrayList<>();
        for (String thread : names(ROOT + process.pid() + "/task")) {
            Entry entry = read(ROOT + process.pid() + "/task/" + thread + "/stat", buffer);
            if (entry == null) {
                continue;
            }
            if (entry.state() == 'D') {
                uninterruptible.add(entry.pid());
            } else if (!standsStill(entry)) {
                return false;
            }
            oneHasStopped |= entry.state() == 'T';
        }
        // Where one thread has stopped, the others do so before they run any code of theirs.
        return oneHasStopped || uninterruptible.stream().allMatch(thread -> willStop(process.pid(), thread));
    }

    private static boolean standsStill(Entry thread) {
        return switch (thread.state()) {
            case 'T', 't', 'Z', 'X' -> true;
            default -> false;
        };
    }

    // Who has called vfork, as a shell or posix_spawn does, waits without regard to signals until its child has become
    // another
    // program, and so for ever when the child was stopped before that. It stops before it runs any code of its own.
    private static boolean willStop(long pid, long thread) {
        return lines(ROOT + pid + "/task/" + thread + "/status")
                .filter(line -> line.startsWith("SigPnd:") || line.startsWith("ShdPnd:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & PENDING_SIGSTOP) != 0);
    }

    /** The most memory that a process ever had in RAM, in bytes. */
    static OptionalLong peakResidentBytes(long pid) {
        return lines(ROOT + pid + "/status")
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst();
    }

    private static Stream<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file), StandardCharsets.ISO_8859_1).stream();
        } catch (IOException e) {
            return Stream.empty(); // it has ended
        }
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

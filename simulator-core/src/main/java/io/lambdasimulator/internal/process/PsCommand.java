package io.lambdasimulator.internal.process;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The processes as {@code ps} shows them, for systems without {@code /proc}; some 10 ms each time. */
final class PsCommand implements ProcessTable {

    private static final DateTimeFormatter START = DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ROOT);

    /** In seconds. Some compute the start anew each time, from clocks that drift. */
    private static final long START_TOLERANCE = 2;

    // Each column on its own: what follows "=" in one argument is the title of a column, commas and all.
    private static final List<String> ARGUMENTS =
            List.of("-A", "-o", "pid=", "-o", "ppid=", "-o", "pgid=", "-o", "rss=", "-o", "state=", "-o", "lstart=");

    private static final int COLUMNS_BEFORE_START = 5;

    @Override
    public List<Entry> processes() {
        Optional<Path> ps = SearchPath.ofSimulator().withSystemDirectories().find("ps");
        if (ps.isEmpty()) {
            return List.of();
        }
        try {
            ProcessBuilder command = new ProcessBuilder(ps.get().toString());
            command.command().addAll(ARGUMENTS);
            command.environment().clear();
            command.redirectInput(new File("/dev/null")).redirectError(ProcessBuilder.Redirect.DISCARD);
            Process process = command.start();
            try (Stream<String> lines =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1).lines()) {
                return lines.map(PsCommand::parse).flatMap(Optional::stream).toList();
            } finally {
                Waiting.forExit(process, TimeUnit.SECONDS.toNanos(1));
            }
        } catch (IOException e) {
            return List.of();
        }
    }

    @Override
    public Optional<Entry> find(long pid) {
        return processes().stream().filter(entry -> entry.pid() == pid).findFirst();
    }

    // Such systems stop a process as a whole.
    @Override
    public boolean isStopped(Entry process) {
        return process.state() == 'T';
    }

    @Override
    public boolean isSame(Entry one, Entry other) {
        return one.pid() == other.pid() && Math.abs(one.start() - other.start()) <= START_TOLERANCE;
    }

    /** Reads a line as in {@code 42 1 42 1024 Ss+ Tue Nov 25 22:11:05 2025}. */
    static Optional<Entry> parse(String line) {
        String[] fields = line.strip().split("\\s+", COLUMNS_BEFORE_START + 1);
        if (fields.length <= COLUMNS_BEFORE_START) {
            return Optional.empty(); // one that is just ending
        }
        String start = fields[COLUMNS_BEFORE_START].strip().replaceAll("\\s+", " ");
        return Optional.of(new Entry(
                Long.parseLong(fields[0]),
                Long.parseLong(fields[1]),
                Long.parseLong(fields[2]),
                0,
                fields[4].charAt(0),
                1,
                LocalDateTime.parse(start, START).toEpochSecond(ZoneOffset.UTC),
                Long.parseLong(fields[3]) * 1024));
    }
}

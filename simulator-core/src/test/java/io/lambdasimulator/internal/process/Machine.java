package io.lambdasimulator.internal.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** The processes of this machine, as {@code ps} sees them. */
final class Machine {

    /** One process. */
    record Entry(long pid, long parent, long group, String session, String state, String command) {}

    private Machine() {}

    static List<Entry> processes() {
        try {
            Process ps = new ProcessBuilder("ps", "-A", "-o", "pid=,ppid=,pgid=,sess=,stat=,args=").start();
            String output = new String(ps.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            // Its own entry must not turn up in the next list.
            Waiting.forExit(ps, TimeUnit.SECONDS.toNanos(30));
            return output.lines().map(Machine::entry).toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Entry entry(String line) {
        String[] field = line.strip().split("\\s+", 6);
        return new Entry(
                Long.parseLong(field[0]),
                Long.parseLong(field[1]),
                Long.parseLong(field[2]),
                field[3],
                field[4],
                field[5]);
    }

    /** The living processes of a group. */
    static List<Entry> groupOf(long group) {
        return living().filter(entry -> entry.group() == group).toList();
    }

    static boolean lives(long pid) {
        return living().anyMatch(entry -> entry.pid() == pid);
    }

    static void awaitEnd(long pid) {
        await("end of process " + pid).until(() -> !lives(pid));
    }

    /** Waits until nobody is left in the groups and sessions of these ids. */
    static void awaitEmpty(Collection<Long> ids) {
        Set<String> sessions = ids.stream().map(String::valueOf).collect(Collectors.toSet());
        await("end of groups and sessions " + ids)
                .until(() ->
                        living().noneMatch(entry -> ids.contains(entry.group()) || sessions.contains(entry.session())));
    }

    static ConditionFactory await(String what) {
        return Awaitility.await(what)
                .atMost(Duration.ofSeconds(30))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10));
    }

    // An orphan stays a zombie until the machine's init reaps it, which is not ours to wait for.
    private static Stream<Entry> living() {
        return processes().stream().filter(entry -> !entry.state().startsWith("Z"));
    }
}

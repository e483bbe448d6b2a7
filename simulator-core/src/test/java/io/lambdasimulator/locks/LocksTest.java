package io.lambdasimulator.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** No lock is held over input or output, a wait or a user's code, but where {@code docs/architecture.md} says so, and why. */
@Isolated
class LocksTest {

    /** By the class that takes the lock. The reasons are in the list of locks in {@code docs/architecture.md}. */
    private static final Map<String, Pattern> ALLOWED = Map.of(
            "Owner", Pattern.compile("CALLBACK \\S+\\.instant|COMPLETION \\S+ by ScheduledTask"),
            "Agenda", Pattern.compile("COMPLETION \\S+ by (ScheduledTask|VirtualScheduler)"),
            "WatchedEndPoint", Pattern.compile("INPUT_OUTPUT java/nio/channels/SocketChannel.read .*"),
            "HttpConnections", Pattern.compile("(INPUT_OUTPUT|WAIT) .*"),
            "Freezer", Pattern.compile("(PROCESS|INPUT_OUTPUT) .*"),
            "ProcessGroup", Pattern.compile("PROCESS .*"),
            "ProcessLauncher", Pattern.compile("(PROCESS|INPUT_OUTPUT|WAIT) .*"),
            "Guard", Pattern.compile("(PROCESS|INPUT_OUTPUT|WAIT) .*"));

    /** What users do, over real sockets and with real processes. */
    private static final List<String> LIVES = List.of(
            "io.lambdasimulator.StreamingInvokeTest",
            "io.lambdasimulator.FreezingTest",
            "io.lambdasimulator.FaultInjectionTest",
            "io.lambdasimulator.InJvmParticipantsTest",
            "io.lambdasimulator.TelemetrySequencesTest");

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void nothing_is_done_under_a_lock_that_may_not_be() throws Exception {
        HeldLocks.watch(ALLOWED);
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        inTheWatchingLoader(loader -> {
            LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
            for (String life : LIVES) {
                request.selectors(selectClass(loader.loadClass(life)));
            }
            LauncherDiscoveryRequest lives = request.build();
            LauncherFactory.create().execute(lives, summary);
            return null;
        });
        assertThat(HeldLocks.violations().entrySet().stream()
                        .map(violation -> violation.getKey() + violation.getValue())
                        .sorted())
                .as("done under a lock; docs/architecture.md lists what each may be held over")
                .isEmpty();
        // Whether these tests pass is theirs to say, at their own speed; here each of them must have lived.
        assertThat(summary.getSummary().getTestsSucceededCount())
                .as(
                        "%s",
                        summary.getSummary().getFailures().stream()
                                .map(failure -> failure.getException())
                                .toList())
                .isGreaterThan(summary.getSummary().getTestsFoundCount() * 9 / 10)
                .isGreaterThan(60);
        assertThat(HeldLocks.timesTaken()).isGreaterThan(10_000);
        assertThat(HeldLocks.timesLooked()).isGreaterThan(10_000);
    }

    @Test
    void what_must_not_be_done_is_seen() throws Exception {
        HeldLocks.watch(Map.of());
        Object done = inTheWatchingLoader(loader -> ((Callable<?>) loader.loadClass(WatchingClassLoader.PLANTED)
                        .getConstructor()
                        .newInstance())
                .call());
        assertThat(done).isEqualTo("done");
        assertThat(HeldLocks.violations().keySet())
                .containsExactlyInAnyOrder(
                        "Planted holds its lock over INPUT_OUTPUT java/io/OutputStream.write by Planted",
                        "Planted holds its lock over COMPLETION java/util/concurrent/CompletableFuture.complete by Planted",
                        "Planted holds its lock over WAIT java/util/concurrent/CountDownLatch.await by Planted",
                        "Planted holds its lock over CALLBACK io/lambdasimulator/CallbackOfPlanted.run");
    }

    @Test
    void each_lock_is_in_the_list() throws IOException {
        Pattern lock = Pattern.compile(
                "\\bsynchronized\\b(?=[ (])|new (Reentrant\\w*Lock|StampedLock|Semaphore)\\(", Pattern.MULTILINE);
        Set<String> withLocks = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src", "main", "java"))) {
            for (Path source :
                    sources.filter(path -> path.toString().endsWith(".java")).toList()) {
                String code = Files.readString(source).replaceAll("(?s)/\\*.*?\\*/|//[^\\n]*", "");
                if (lock.matcher(code).find()) {
                    withLocks.add(String.valueOf(source.getFileName()).replace(".java", ""));
                }
            }
        }
        String list =
                Files.readString(Path.of("..", "docs", "architecture.md")).replaceFirst("(?s).*\\n## Locks\\n", "");
        Set<String> listed = list.lines()
                .filter(line -> line.startsWith("| `"))
                .flatMap(line -> Pattern.compile("`(\\w+)`")
                        .matcher(line.substring(0, line.indexOf('|', 1)))
                        .results())
                .map(result -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(listed).as("the locks in docs/architecture.md").isEqualTo(withLocks);
    }

    /** Something that is done there. */
    @FunctionalInterface
    private interface Task {
        Object in(ClassLoader loader) throws Exception;
    }

    private static Object inTheWatchingLoader(Task task) throws Exception {
        ClassLoader loader = new WatchingClassLoader();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return task.in(loader);
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}

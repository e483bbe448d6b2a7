package io.lambdasimulator.hostile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.awaitility.Awaitility;

/** What of the simulator is there at a moment: threads, open sockets, child processes, and its objects on the heap. */
public final class Footprint {

    /**
     * How much more may be on the heap than before. What outlives an environment are caches of bounded size that fill as they
     * meet new things, those of the JSON parser's names among them; a single leaked connection has buffers of 32 KiB, and is counted anyway.
     */
    private static final long TOLERATED_BYTES = 4 << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Threads that come and go with the JVM and not with an environment. */
    private static final Pattern FOREIGN = Pattern.compile(
            "(Common-Cleaner|Reference Handler|Finalizer|Signal Dispatcher|Attach Listener|Notification Thread|process reaper.*"
                    + "|ForkJoinPool.*|HttpClient-.*|CompletableFuture.*|Cleaner-.*|surefire.*|junit.*|awaitility.*|RMI.*|JNA Cleaner)");

    /** Of each connection, exchange and environment there is at least one of these. */
    private static final Pattern COUNTED = Pattern.compile(
            "io\\.lambdasimulator\\.internal\\.[^$]*(Exchange|Connection|EndPoint"
                    + "|Watch|AnswerWriter|ExchangePoll|ExecutionEnvironment|AnswerInProgress|ApiServer|Subscriber)"
                    + "|org\\.eclipse\\.jetty\\.(server\\.internal\\.Http[^$]*|io\\.SocketChannelEndPoint)|sun\\.nio\\.ch\\.SocketChannelImpl");

    private static final Pattern LINE = Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+(\\d+)\\s+(\\S+).*");
    private static final Pattern TOTAL = Pattern.compile("Total\\s+(\\d+)\\s+(\\d+)");

    private final List<String> threads;
    private final long sockets;
    private final List<Long> children;
    private final Map<String, Long> objects;
    private final long heap;

    private Footprint(boolean withHeap) {
        this.threads = threads();
        this.sockets = openSockets();
        this.children = children();
        this.objects = new TreeMap<>();
        this.heap = withHeap ? heap(objects) : 0;
    }

    /** What is there now, after a full collection. */
    public static Footprint now() {
        return new Footprint(true);
    }

    /** Waits until no more is there than was; fails with what is there in excess. */
    public void awaitItAgain() {
        awaitNoMore("threads", Footprint::threads, this.threads);
        awaitNoMoreSocketsThan(sockets);
        awaitNoMore("child processes", Footprint::children, this.children);
        // Ends are noticed on other threads, and an object may be on the stack of one that is just about to end.
        Awaitility.await("heap as before")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .untilAsserted(() -> {
                    Map<String, Long> now = new TreeMap<>();
                    long bytes = heap(now);
                    now.replaceAll((type, count) -> count - objects.getOrDefault(type, 0L));
                    now.values().removeIf(excess -> excess <= 0);
                    if (!now.isEmpty()) {
                        throw new AssertionError("objects that were not there before: " + now);
                    }
                    if (bytes > heap + TOLERATED_BYTES) {
                        throw new AssertionError("the heap has grown from " + heap + " to " + bytes + " bytes");
                    }
                });
    }

    /** Waits until no more sockets are open than that; fails with the number that are. */
    public static void awaitNoMoreSocketsThan(long before) {
        Awaitility.await("no more than " + before + " open sockets")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(2))
                .untilAsserted(() -> {
                    long now = openSockets();
                    if (now > before) {
                        throw new AssertionError(now + " sockets are open, and " + before + " were before");
                    }
                });
    }

    private static <T> void awaitNoMore(String what, Supplier<List<T>> look, List<T> before) {
        Awaitility.await(what + " as before")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(2))
                .untilAsserted(() -> {
                    List<T> excess = new ArrayList<>(look.get());
                    before.forEach(excess::remove);
                    if (!excess.isEmpty()) {
                        throw new AssertionError(what + " that were not there before: " + excess);
                    }
                });
    }

    /** The names of all live threads but those of the JVM itself. */
    public static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(name -> !FOREIGN.matcher(name).matches())
                .sorted()
                .collect(Collectors.toList());
    }

    /** The sockets that this process has open, at both ends of a connection if both are here. */
    public static long openSockets() {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(Footprint::isSocket).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isSocket(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    private static List<Long> children() {
        return ProcessHandle.current().descendants().map(ProcessHandle::pid).collect(Collectors.toList());
    }

    /** The bytes of all live objects. */
    public static long heapBytes() {
        return heap(new TreeMap<>());
    }

    /** Live bytes, and how many there are of what is counted. */
    private static long heap(Map<String, Long> counts) {
        String histogram;
        try {
            histogram = (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
        } catch (JMException e) {
            throw new IllegalStateException("this JVM does not tell what is on its heap", e);
        }
        histogram.lines().map(LINE::matcher).filter(Matcher::matches).forEach(line -> {
            if (COUNTED.matcher(line.group(3)).matches()) {
                counts.put(line.group(3), Long.parseLong(line.group(1)));
            }
        });
        Matcher total = TOTAL.matcher(histogram);
        if (!total.find()) {
            throw new IllegalStateException("no total in\n" + histogram);
        }
        return Long.parseLong(total.group(2));
    }
}

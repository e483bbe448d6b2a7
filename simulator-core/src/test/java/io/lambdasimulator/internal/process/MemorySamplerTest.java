package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.participant.Command;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MemorySamplerTest {

    private static final long MEBIBYTE = 1024 * 1024;
    private static final Duration INTERVAL = Duration.ofMillis(10);

    /** The end of a pipe keeps as much as it is to print later. */
    private static final String TWICE_60_MEBIBYTES = "big() { (head -c 62914560 /dev/zero; echo full >&2; sleep 1000)"
            + " | tail -c 62914560; }; big & big & wait";

    private final ProcessLauncher launcher = new ProcessLauncher();
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    private final RecordingListener listener = new RecordingListener();

    @AfterEach
    void close() {
        launcher.close();
        scheduler.shutdownNow();
    }

    private LaunchedProcess launch(String script) throws Exception {
        return launcher.launch(
                "test", Command.of("sh", "-c", script), Map.of("PATH", System.getenv("PATH")), null, listener);
    }

    @Test
    void the_whole_family_counts() throws Exception {
        LaunchedProcess process = launch(TWICE_60_MEBIBYTES);

        Machine.await("120 MiB").until(() -> process.residentMemory().orElse(0) > 120 * MEBIBYTE);

        assertThat(process.residentMemory().orElseThrow()).isLessThan(200 * MEBIBYTE);
        launcher.close();
        Machine.await("the end").until(() -> process.residentMemory().isEmpty());
    }

    @Test
    void the_maximum_stays_and_the_looks_end_with_the_process() throws Exception {
        ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(1);
        pool.setRemoveOnCancelPolicy(true);
        LaunchedProcess process = launch(TWICE_60_MEBIBYTES);
        MemorySampler sampler = process.sampleMemory(pool, INTERVAL, Long.MAX_VALUE, bytes -> {});
        Machine.await("120 MiB").until(() -> sampler.maximumBytes().orElse(0) > 120 * MEBIBYTE);

        process.kill();
        listener.awaitExit();

        Machine.await("the last look").until(() -> pool.getQueue().isEmpty());
        assertThat(sampler.maximumBytes().orElseThrow()).isBetween(120 * MEBIBYTE, 200 * MEBIBYTE);
        pool.shutdownNow();
    }

    @Test
    void what_a_look_misses_the_system_remembers() throws Exception {
        // Memory that was given back before the first look.
        LaunchedProcess process = launch(
                "exec perl -e '$| = 1; { my $x = \"x\" x shift; undef $x; } print \"done\\n\"; sleep 1000' 100000000");
        listener.awaitLines(1);
        assertThat(process.residentMemory().orElseThrow()).isLessThan(90 * MEBIBYTE);

        MemorySampler sampler = process.sampleMemory(scheduler, INTERVAL, Long.MAX_VALUE, bytes -> {});

        Machine.await("a look").until(() -> sampler.maximumBytes().isPresent());
        assertThat(sampler.maximumBytes().orElseThrow()).isGreaterThan(95 * MEBIBYTE);
    }

    @Test
    void a_limit_is_told_of_once() throws Exception {
        CompletableFuture<Long> exceeded = new CompletableFuture<>();
        LaunchedProcess process = launch(TWICE_60_MEBIBYTES);

        process.sampleMemory(scheduler, INTERVAL, 64 * MEBIBYTE, bytes -> {
            assertThat(exceeded.complete(bytes)).isTrue();
            process.kill();
        });

        assertThat(exceeded.get(30, TimeUnit.SECONDS)).isGreaterThan(64 * MEBIBYTE);
        listener.awaitExit();
    }

    @Test
    void below_the_limit_nobody_is_told() throws Exception {
        CompletableFuture<Long> exceeded = new CompletableFuture<>();
        LaunchedProcess process = launch("exec sleep 1000");

        MemorySampler sampler = process.sampleMemory(scheduler, INTERVAL, 64 * MEBIBYTE, exceeded::complete);

        Machine.await("a look").until(() -> sampler.maximumBytes().isPresent());
        sampler.close();
        assertThat(exceeded).isNotDone();
    }
}

package io.lambdasimulator.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.participant.Command;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
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
    private final MemorySampler sampler = launcher.memorySampler();
    private final RecordingListener listener = new RecordingListener();

    @AfterEach
    void close() {
        launcher.close();
        sampler.close();
    }

    private LaunchedProcess launch(String script) throws Exception {
        return launcher.launch(
                "test", Command.of("sh", "-c", script), Map.of("PATH", System.getenv("PATH")), null, listener);
    }

    private long maximumOf(long atLeast) {
        Machine.await(atLeast + " bytes").until(() -> {
            sampler.look();
            return sampler.maximumBytes().orElse(0) >= atLeast;
        });
        return sampler.maximumBytes().orElseThrow();
    }

    @Test
    void all_processes_count_with_their_descendants() throws Exception {
        launch(TWICE_60_MEBIBYTES);
        launch(TWICE_60_MEBIBYTES);

        assertThat(maximumOf(240 * MEBIBYTE)).isLessThan(320 * MEBIBYTE);
    }

    @Test
    void the_maximum_stays() throws Exception {
        LaunchedProcess process = launch(TWICE_60_MEBIBYTES);
        long before = maximumOf(120 * MEBIBYTE);

        process.kill();
        listener.awaitExit();

        assertThat(maximumOf(1)).isBetween(before, 200 * MEBIBYTE);
        sampler.close();
        assertThat(sampler.maximumBytes()).isPresent();
    }

    @Test
    void what_a_look_misses_the_system_remembers() throws Exception {
        // Memory that was given back before the first look.
        launch("exec perl -e '$| = 1; { my $x = \"x\" x shift; undef $x; } print \"done\\n\"; sleep 1000' 100000000");
        listener.awaitLines(1);

        assertThat(maximumOf(1)).isBetween(95 * MEBIBYTE, 130 * MEBIBYTE);
    }

    @Test
    void each_look_that_finds_more_than_the_limit_tells_of_it() throws Exception {
        BlockingQueue<Long> exceeded = new LinkedBlockingQueue<>();
        sampler.enforce(64 * MEBIBYTE, INTERVAL, exceeded::add);
        launch(TWICE_60_MEBIBYTES);

        assertThat(exceeded.poll(30, TimeUnit.SECONDS)).isGreaterThan(64 * MEBIBYTE);
        assertThat(exceeded.poll(30, TimeUnit.SECONDS)).isGreaterThan(64 * MEBIBYTE);
    }

    @Test
    void below_the_limit_nobody_is_told() throws Exception {
        BlockingQueue<Long> exceeded = new LinkedBlockingQueue<>();
        sampler.enforce(64 * MEBIBYTE, INTERVAL, exceeded::add);
        launch("exec sleep 1000");

        maximumOf(1);

        assertThat(exceeded).isEmpty();
    }

    @Test
    void nothing_is_known_before_the_first_look_and_without_processes() {
        assertThat(sampler.maximumBytes()).isEmpty();
        sampler.look();
        sampler.close();
        sampler.look();

        assertThat(sampler.maximumBytes()).isEmpty();
    }
}

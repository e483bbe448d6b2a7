package io.lambdasimulator.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.soak.Soak.Summary;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random faults over random lifecycles, each of which has to be as the {@link Model} and the {@link Rules} allow.
 *
 * <p>A violation shows the number of the lifecycle, which plays it again: {@code -Dsoak.lifecycle=NUMBER}, with as many others at
 * once as a race may need ({@code -Dsoak.times}).
 */
@Tag("soak")
class SoakTest {

    @Test
    @Timeout(5 * 60)
    void a_thousand_faults_end_as_the_model_allows() throws Exception {
        Summary summary = new Soak(1, 0.05, false).run(1_000);

        assertThat(summary.faults()).isGreaterThanOrEqualTo(1_000);
        assertThat(summary.left()).as("what is left behind").isEmpty();
    }

    @Test
    @Timeout(3 * 60 * 60)
    void a_hundred_thousand_faults_end_as_the_model_allows() throws Exception {
        long seed = Long.getLong("soak.seed", System.nanoTime());
        int faults = Integer.getInteger("soak.faults", 100_000);
        Long lifecycle = Long.getLong("soak.lifecycle");
        Soak soak = new Soak(seed, 0.1, Boolean.getBoolean("soak.races"));
        Summary summary =
                lifecycle == null ? soak.run(faults) : soak.again(lifecycle, Integer.getInteger("soak.times", 1));

        System.out.println(summary);
        assertThat(summary.left()).as("what is left behind").isEmpty();
    }
}

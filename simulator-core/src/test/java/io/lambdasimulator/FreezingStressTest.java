package io.lambdasimulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("stress")
class FreezingStressTest {

    @Test
    void through_3000_freezes_and_500_invocations_that_cut_one_short_nothing_is_lost_and_nobody_runs_while_frozen(
            @TempDir Path directory) throws IOException {
        try (FreezingProof proof = new FreezingProof(directory)) {
            FreezingProof.Outcome outcome = proof.run(3_000, 500);

            assertThat(outcome.freezes()).isGreaterThanOrEqualTo(3_000);
            assertThat(outcome.cutShort()).isGreaterThanOrEqualTo(500);
        }
    }
}

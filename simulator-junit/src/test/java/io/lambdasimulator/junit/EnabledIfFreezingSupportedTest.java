package io.lambdasimulator.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.lambdasimulator.LambdaSimulator;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.EventConditions;

class EnabledIfFreezingSupportedTest {

    private static final String REASON = "freezing processes needs Linux or macOS";

    private static EngineExecutionResults run(Class<?> type) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(DiscoverySelectors.selectClass(type))
                .execute();
    }

    static class Here {
        @Test
        @EnabledIfFreezingSupported
        void freezes() {}

        @Test
        void is_not_asked() {}
    }

    @Test
    void a_test_runs_where_processes_can_be_frozen_and_is_skipped_with_the_reason_elsewhere() {
        Optional<String> reason = LambdaSimulator.freezingUnsupportedReason();

        EngineExecutionResults results = run(Here.class);

        results.testEvents()
                .assertStatistics(
                        events -> events.succeeded(reason.isEmpty() ? 2 : 1).skipped(reason.isEmpty() ? 0 : 1));
        reason.ifPresent(text -> results.testEvents()
                .assertThatEvents()
                .haveExactly(1, EventConditions.event(EventConditions.skippedWithReason(text))));
    }

    static class Elsewhere {
        @RegisterExtension
        static final FreezingCondition CONDITION = new FreezingCondition(() -> Optional.of(REASON));

        @Test
        @EnabledIfFreezingSupported
        void freezes() {}

        @Test
        void is_not_asked() {}
    }

    @Test
    void a_test_is_skipped_with_the_reason_where_processes_cannot_be_frozen() {
        EngineExecutionResults results = run(Elsewhere.class);

        results.testEvents().assertStatistics(events -> events.succeeded(1).skipped(1));
        results.testEvents()
                .assertThatEvents()
                .haveExactly(
                        1,
                        EventConditions.event(
                                EventConditions.test("freezes"), EventConditions.skippedWithReason(REASON)));
    }

    static class Outer {
        @RegisterExtension
        static final FreezingCondition CONDITION = new FreezingCondition(() -> Optional.of(REASON));

        @Nested
        @EnabledIfFreezingSupported
        class Freezing {
            @Test
            void one() {}

            @Test
            void two() {}
        }

        @Test
        void is_not_asked() {}
    }

    @Test
    void all_tests_of_a_class_are_skipped_with_it() {
        EngineExecutionResults results = run(Outer.class);

        results.testEvents().assertStatistics(events -> events.started(1).succeeded(1));
        results.containerEvents()
                .assertThatEvents()
                .haveExactly(
                        1,
                        EventConditions.event(
                                EventConditions.container("Freezing"), EventConditions.skippedWithReason(REASON)));
        assertThat(results.testEvents().failed().count()).isZero();
    }
}

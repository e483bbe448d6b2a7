package io.lambdasimulator.internal.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.fault.ApiCall;
import io.lambdasimulator.fault.ApiFault;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import java.io.StringReader;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class TimelineSvgTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Participant EXTENSION = Participant.extension("my-extension");

    private Instant now = START;
    private final RecordingEventLog log =
            new RecordingEventLog(new TestsClock(), 100_000, Secrets.of(List.of("s3cr3t-value")));

    private final class TestsClock extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    private void after(Duration duration, Event... events) {
        now = now.plus(duration);
        for (Event event : events) {
            log.append(now, event);
        }
    }

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }

    private static Event phase(EnvironmentPhase from, EnvironmentPhase to) {
        return new Event.PhaseChanged(from, to);
    }

    private static Event runtime(RuntimeState from, RuntimeState to) {
        return new Event.RuntimeStateChanged(from, to);
    }

    private void coldStart() {
        after(Duration.ZERO, phase(EnvironmentPhase.NEW, EnvironmentPhase.INIT));
        after(millis(10), new Event.ParticipantStarted(Participant.RUNTIME, Optional.of(42L), "bootstrap"));
        after(
                millis(90),
                runtime(RuntimeState.STARTED, RuntimeState.READY),
                phase(EnvironmentPhase.INIT, EnvironmentPhase.READY));
    }

    private InvocationReport report(String requestId) {
        return new InvocationReport(
                requestId,
                InvocationStatus.SUCCESS,
                Optional.empty(),
                now.minusMillis(10),
                now.plusSeconds(3),
                Optional.of(now),
                Optional.of(now),
                millis(10),
                millis(10),
                Optional.empty(),
                OptionalInt.empty(),
                List.of(),
                "",
                Optional.empty(),
                List.of());
    }

    /** Works for 10 ms, then is frozen. */
    private void invoke(String requestId) {
        after(
                millis(1),
                phase(EnvironmentPhase.READY, EnvironmentPhase.INVOKE),
                new Event.InvocationStarted(requestId, "$LATEST", now.plusSeconds(3), "", Optional.empty()),
                runtime(RuntimeState.READY, RuntimeState.RUNNING));
        after(
                millis(10),
                new Event.InvocationAnswered(requestId, 2, Optional.empty()),
                new Event.InvocationCompleted(report(requestId)),
                runtime(RuntimeState.RUNNING, RuntimeState.READY),
                phase(EnvironmentPhase.INVOKE, EnvironmentPhase.READY));
        after(
                millis(1),
                new Event.EnvironmentFrozen(millis(1), List.of(Participant.RUNTIME), List.of()),
                phase(EnvironmentPhase.READY, EnvironmentPhase.FROZEN));
    }

    private void thaw() {
        after(Duration.ZERO, new Event.EnvironmentThawed(), phase(EnvironmentPhase.FROZEN, EnvironmentPhase.READY));
    }

    /** The picture, which has to be XML. */
    private Document picture() {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(TimelineSvg.of(log))));
        } catch (Exception e) {
            throw new AssertionError(TimelineSvg.of(log), e);
        }
    }

    private List<String> words() {
        List<String> words = new ArrayList<>();
        NodeList texts = picture().getElementsByTagName("text");
        for (int i = 0; i < texts.getLength(); i++) {
            words.add(texts.item(i).getTextContent());
        }
        return words;
    }

    /** The bars whose details begin so. */
    private List<Element> bars(String details) {
        List<Element> bars = new ArrayList<>();
        NodeList all = picture().getElementsByTagName("rect");
        for (int i = 0; i < all.getLength(); i++) {
            if (all.item(i).getTextContent().startsWith(details)) {
                bars.add((Element) all.item(i));
            }
        }
        return bars;
    }

    private static double width(Element bar) {
        return Double.parseDouble(bar.getAttribute("width"));
    }

    private static double left(Element bar) {
        return Double.parseDouble(bar.getAttribute("x"));
    }

    @Test
    void an_empty_log_is_a_picture_that_says_so() {
        assertThat(words()).containsExactly("nothing has happened yet");
    }

    @Test
    void a_picture_refers_to_nothing_outside_itself() {
        coldStart();
        invoke("one");

        assertThat(TimelineSvg.of(log).replace("xmlns=\"http://www.w3.org/2000/svg\"", ""))
                .doesNotContain("http:", "https:", "href", "<script", "@import");
    }

    @Test
    void phases_states_and_freezes_are_bars_from_when_to_when() {
        coldStart();
        invoke("11112222-3333");
        after(millis(20));
        thaw();
        invoke("44445555-6666");

        assertThat(words()).contains("environment", "invocations", "runtime", "INIT", "INVOKE", "11112222", "Running");
        assertThat(bars("INIT"))
                .singleElement()
                .satisfies(bar -> assertThat(bar.getTextContent()).isEqualTo("INIT\n0 s to 100 ms (100 ms)"));
        assertThat(bars("Running"))
                .first()
                .satisfies(bar -> assertThat(bar.getTextContent()).isEqualTo("Running\n101 ms to 111 ms (10 ms)"));
        // In the environment's lane and in the runtime's, twice each.
        assertThat(bars("frozen within 1.0 ms")).hasSize(4).first().satisfies(bar -> {
            assertThat(bar.getAttribute("fill")).isEqualTo("url(#frozen)");
            assertThat(bar.getTextContent()).endsWith("112 ms to 132 ms (20 ms)");
        });
        assertThat(words()).anyMatch(facts -> facts.endsWith("2 invocations, frozen 2 times"));
    }

    @Test
    void faults_signals_and_ends_are_told_in_words() {
        coldStart();
        after(millis(1), new Event.ParticipantStarted(EXTENSION, Optional.of(43L), "my-extension"));
        after(
                millis(5),
                new Event.FaultInjected(ApiCall.EXTENSION_REGISTER, Optional.of(EXTENSION), new ApiFault.Drop()));
        after(millis(5), new Event.ParticipantExited(EXTENSION, new ProcessExit.Code(7)));
        after(millis(5), new Event.EnvironmentFailed("Extension.Crash", "it ended"));
        after(millis(5), new Event.SignalSent(Participant.RUNTIME, "SIGTERM", "shutdown"));
        after(millis(5), new Event.ParticipantExited(Participant.RUNTIME, new ProcessExit.Signal(15)));

        assertThat(words())
                .contains("my-extension", "extension")
                .contains(
                        "fault: register dropped", "exit status 7", "Extension.Crash", "SIGTERM", "signal: terminated");
    }

    @Test
    void who_has_ended_has_no_state_any_more() {
        coldStart();
        after(millis(5), new Event.ParticipantExited(Participant.RUNTIME, new ProcessExit.Signal(9)));
        after(millis(5), runtime(RuntimeState.READY, RuntimeState.RUNNING));
        after(millis(50), phase(EnvironmentPhase.READY, EnvironmentPhase.CLOSED));

        assertThat(bars("Running")).isEmpty();
    }

    @Test
    void idle_days_are_cut_so_that_milliseconds_of_work_can_be_seen() {
        coldStart();
        for (int i = 0; i < 5; i++) {
            invoke("request-" + i);
            after(Duration.ofHours(24));
            thaw();
        }

        assertThat(words()).contains("24 h cut");
        assertThat(bars("Running"))
                .hasSize(5)
                .allSatisfy(bar -> assertThat(width(bar)).isGreaterThan(25));
        assertThat(words()).anyMatch(facts -> facts.contains(", 120 h 0.160 s; 5 invocations"));
    }

    @Test
    void what_is_alike_is_drawn_to_scale() {
        invoke("one");
        thaw();
        invoke("two");

        List<Element> running = bars("Running");
        assertThat(width(running.get(0))).isCloseTo(width(running.get(1)), offset(1.0));
        assertThat(left(running.get(1))).isGreaterThan(left(running.get(0)) + width(running.get(0)));
        assertThat(words()).noneMatch(words -> words.endsWith(" cut"));
    }

    @Test
    void a_freeze_in_force_is_drawn_until_now_and_that_of_a_closed_environment_is_not() {
        coldStart();
        invoke("request");
        now = now.plusSeconds(20);

        assertThat(TimelineSvg.of(log)).contains("20.1");
        log.close();
        assertThat(TimelineSvg.of(log)).doesNotContain("20.1");
    }

    @Test
    void of_10_000_events_the_newest_are_drawn_and_the_others_counted() {
        coldStart();
        for (int i = 0; i < 1_000; i++) {
            invoke("request-" + i);
            thaw();
            after(millis(3), new Event.ProcessOutput(Participant.RUNTIME, Event.OutputStream.STDOUT, "line " + i));
        }

        assertThat(log.entries()).hasSizeGreaterThan(10_000);
        assertThat(TimelineSvg.of(log).length()).isLessThan(300_000);
        assertThat(words())
                .anyMatch(facts -> facts.endsWith(
                        "; the newest 600 events are shown, 10404 earlier ones left out (all before 14.286 s)"));
        assertThat(width(picture().getDocumentElement())).isLessThan(5_000);
    }

    @Test
    void text_is_escaped_and_secrets_are_left_out() {
        Participant odd = Participant.extension("<b>&\u0001\"s3cr3t-value");
        after(Duration.ZERO, new Event.ParticipantStarted(odd, Optional.empty(), "s3cr3t-value"));
        after(millis(1), new Event.LaunchFailed(odd, "<script>s3cr3t-value</script>", "]]>"));
        after(millis(1), phase(EnvironmentPhase.NEW, EnvironmentPhase.INIT));

        assertThat(words()).contains("<b>&\uFFFD\"***", "could not be started: <script>***</script>");
        assertThat(TimelineSvg.of(log)).doesNotContain("s3cr3t-value", "<script>", "<b>");
    }
}

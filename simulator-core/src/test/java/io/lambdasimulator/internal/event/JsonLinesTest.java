package io.lambdasimulator.internal.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lambdasimulator.environment.ExtensionEventType;
import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.invocation.Span;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class JsonLinesTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private final RecordingEventLog log =
            new RecordingEventLog(Clock.fixed(NOON, ZoneOffset.UTC), 100, Secrets.of(List.of("sec\"ret")));

    @Test
    void an_event_is_a_line_with_its_place_time_type_and_components() {
        log.append(new Event.InitStarted(InitPhase.INIT, "2026/01/01/f[1]0"));
        log.append(new Event.ExtensionReported(
                "metrics",
                ExtensionState.INIT_ERROR,
                EnumSet.allOf(ExtensionEventType.class),
                Optional.of("Extension.Bad")));
        log.append(new Event.InitReported(
                InitPhase.INIT, InvocationStatus.SUCCESS, Optional.empty(), Duration.ofNanos(12_500_000)));
        log.append(new Event.ShutdownStarted(ShutdownReason.SPINDOWN, NOON.plusSeconds(2)));
        log.append(new Event.ParticipantExited(Participant.extension("metrics"), new ProcessExit.Signal(9)));
        log.append(new Event.ParticipantExited(Participant.RUNTIME, new ProcessExit.Code(0)));

        assertThat(log.toJsonLines()).isEqualTo("""
                        {"sequence":0,"time":"2026-01-01T12:00:00Z","type":"InitStarted","record":{"phase":"init","instanceId":"2026/01/01/f[1]0"}}
                        {"sequence":1,"time":"2026-01-01T12:00:00Z","type":"ExtensionReported","record":{"name":"metrics","state":"InitError","events":["INVOKE","SHUTDOWN"],"errorType":"Extension.Bad"}}
                        {"sequence":2,"time":"2026-01-01T12:00:00Z","type":"InitReported","record":{"phase":"init","status":"success","durationMs":12.5}}
                        {"sequence":3,"time":"2026-01-01T12:00:00Z","type":"ShutdownStarted","record":{"reason":"spindown","deadline":"2026-01-01T12:00:02Z"}}
                        {"sequence":4,"time":"2026-01-01T12:00:00Z","type":"ParticipantExited","record":{"participant":{"kind":"EXTENSION","name":"metrics"},"exit":{"signal":9}}}
                        {"sequence":5,"time":"2026-01-01T12:00:00Z","type":"ParticipantExited","record":{"participant":{"kind":"RUNTIME","name":"runtime"},"exit":{"exitCode":0}}}
                        """);
    }

    @Test
    void what_is_inside_a_component_is_written_as_well() {
        log.append(new Event.InvocationCompleted(new InvocationReport(
                "r-1",
                InvocationStatus.TIMEOUT,
                Optional.empty(),
                NOON,
                NOON.plusSeconds(3),
                Optional.of(NOON),
                Optional.empty(),
                Duration.ofSeconds(3),
                Duration.ofSeconds(3),
                Optional.empty(),
                OptionalInt.of(61),
                List.of(new Span("extensionOverhead", NOON, Duration.ofMillis(2))),
                "Root=1",
                Optional.of("blue"),
                List.of(new ExtensionReadiness(
                        "metrics", Optional.of(NOON), Optional.empty(), Optional.of(Duration.ofMillis(2)))))));

        assertThat(log.toJsonLines())
                .contains("\"record\":{\"report\":{\"requestId\":\"r-1\",\"status\":\"timeout\","
                        + "\"startedAt\":\"2026-01-01T12:00:00Z\",\"deadline\":\"2026-01-01T12:00:03Z\","
                        + "\"answeredAt\":\"2026-01-01T12:00:00Z\",\"durationMs\":3000.0,\"billedDurationMs\":3000.0,"
                        + "\"maxMemoryUsed\":61,\"spans\":[{\"name\":\"extensionOverhead\",\"start\":\"2026-01-01T12:00:00Z\",\"durationMs\":2.0}],"
                        + "\"traceId\":\"Root=1\",\"tenantId\":\"blue\","
                        + "\"readiness\":[{\"extension\":\"metrics\",\"receivedAt\":\"2026-01-01T12:00:00Z\","
                        + "\"overheadMs\":2.0}]}}");
    }

    @Test
    void any_output_stays_one_line_of_JSON_without_secrets() throws Exception {
        String line = "a \"quoted\" line\twith \u0000 \u2028 and sec\"ret \ud83d\ude00";
        log.append(new Event.ProcessOutput(Participant.RUNTIME, Event.OutputStream.STDERR, line));

        String text = log.toJsonLines();

        assertThat(text.lines()).hasSize(1);
        assertThat(new ObjectMapper().readTree(text).at("/record/line").textValue())
                .isEqualTo(line.replace("sec\"ret", "***"));
    }
}

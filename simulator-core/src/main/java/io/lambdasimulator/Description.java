package io.lambdasimulator;

import io.lambdasimulator.environment.EnvironmentPhase;
import io.lambdasimulator.environment.ExtensionInfo;
import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.internal.environment.EnvironmentSettings;
import io.lambdasimulator.internal.environment.ExecutionEnvironment.Snapshot;
import io.lambdasimulator.internal.environment.Participants.Supply;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.http.ApiServers;
import org.jspecify.annotations.Nullable;

/** Draws an environment as it stands at one moment. */
final class Description {

    private final Snapshot snapshot;
    private final EnvironmentSettings settings;
    private final RecordingEventLog log;
    private final StringBuilder text = new StringBuilder();

    private Description(Snapshot snapshot, EnvironmentSettings settings, RecordingEventLog log) {
        this.snapshot = snapshot;
        this.settings = settings;
        this.log = log;
    }

    static String of(
            Snapshot snapshot,
            EnvironmentSettings settings,
            ApiServers.@Nullable Listener runtimeApi,
            RecordingEventLog log) {
        Description description = new Description(snapshot, settings, log);
        description.draw(runtimeApi == null ? "not listening" : runtimeApi.address());
        return log.secrets().hide(description.text.toString());
    }

    private void draw(String address) {
        boolean over = snapshot.phase() == EnvironmentPhase.CLOSED;
        line("phase " + snapshot.phase() + ": " + snapshot.waiting());
        line("Runtime API " + (over ? "was " : "") + "at " + address);
        line("runtime: "
                + snapshot.runtimeState()
                        .map(state -> state.wireName() + polls(Participant.RUNTIME) + ", ")
                        .orElse("")
                + life(Participant.RUNTIME, settings.runtime()));
        for (ExtensionInfo extension : snapshot.extensions()) {
            Participant participant = Participant.extension(extension.name());
            line(participant + ": " + extension.state().wireName()
                    + extension.errorType().map(type -> " (" + type + ")").orElse("")
                    + (extension.external() ? "" : ", internal")
                    + polls(participant)
                    + (extension.external() ? ", " + life(participant, supply(extension.name())) : ""));
        }
        if (snapshot.queued() > 0) {
            line(snapshot.queued()
                    + (snapshot.queued() == 1 ? " invocation waits for its turn" : " invocations wait for their turn"));
        }
    }

    private String polls(Participant participant) {
        long parked =
                snapshot.parkedPolls().stream().filter(participant::equals).count();
        return parked == 0 ? "" : parked == 1 ? ", its poll is parked" : ", " + parked + " polls are parked";
    }

    private Supply supply(String extension) {
        return settings.extensions().stream()
                .filter(expected -> expected.name().equals(extension))
                .map(EnvironmentSettings.ExpectedExtension::supply)
                .findFirst()
                .orElse(Supply.CLIENT);
    }

    private String life(Participant participant, Supply supply) {
        return supply == Supply.CLIENT ? "connects by itself" : new SimulatedProcess(participant, log).describe();
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}

package io.lambdasimulator.environment;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a shutdown did to whom (AWS: "Shutdown phase").
 *
 * @param reason why the environment was shut down, as extensions were told
 * @param participants the runtime and the extensions that were there, the runtime first
 */
public record ShutdownReport(ShutdownReason reason, List<End> participants) {

    /**
     * How one participant ended.
     *
     * @param participant which one
     * @param receivedShutdown whether it was handed the {@code SHUTDOWN} event
     * @param killedAt when it was sent {@code SIGKILL}, if it was: at its deadline, or at once without a claim to one
     * @param exit how it ended; empty for a client that connects by itself, and for what did not end
     * @param endedAt when its end was seen
     */
    public record End(
            Participant participant,
            boolean receivedShutdown,
            Optional<Instant> killedAt,
            Optional<ProcessExit> exit,
            Optional<Instant> endedAt) {}

    /**
     * The report of a shutdown with nobody to end.
     *
     * @param reason why
     * @return a report without participants
     */
    public static ShutdownReport empty(ShutdownReason reason) {
        return new ShutdownReport(reason, List.of());
    }

    /**
     * Finds a participant.
     *
     * @param participant which one
     * @return how it ended; empty when it was not there
     */
    public Optional<End> of(Participant participant) {
        return participants.stream()
                .filter(end -> end.participant().equals(participant))
                .findFirst();
    }
}

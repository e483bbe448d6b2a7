package io.lambdasimulator.internal.environment;

import io.lambdasimulator.telemetry.TelemetryApi;
import io.lambdasimulator.telemetry.TelemetryType;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Who receives telemetry, as far as the life of the environment matters to them. No method blocks or throws; all may be
 * called under the owner's lock, and what they decide about a generation they decide at once.
 */
public interface Subscribers {

    /** What an extension asks for; where it wants it is not for the environment to know. */
    interface Request {
        TelemetryApi api();

        List<TelemetryType> types();
    }

    /**
     * Begins to deliver to an extension: from the environment's first record on, or, once an init was complete, from the
     * first that was held since.
     */
    void subscribe(String extension, Request request);

    /** The environment is being frozen: nothing is delivered any more. */
    void pause();

    /** The environment is thawed. */
    void resume();

    /** Whatever is recorded from this place in the event log on is not for this generation of extensions any more. */
    void hold(long place);

    /** Nobody is there to deliver to until the next generation is. */
    void detach();

    /** The next generation of an extension is there. */
    void release(String extension);

    /** The next generation of all of them is there. */
    void release();

    /** Delivers at once what there is for some extensions; completes when it is accepted or given up. */
    CompletionStage<?> flush(Collection<String> extensions);
}

package io.lambdasimulator.examples;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;

/**
 * A function as one deploys it to AWS: nothing in it knows of the simulator. Echoes its event; fails when the event or the
 * environment asks it to.
 */
public final class JavaFunction implements RequestHandler<Map<String, Object>, Map<String, Object>> {

    /** Sets the function up, as the Java runtime does once per execution environment. */
    public JavaFunction() {
        String reason = System.getenv("FAIL_INIT");
        if (reason != null) {
            throw new IllegalStateException(reason);
        }
    }

    @Override
    public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
        if (event.get("failAtDepth") instanceof Number depth) {
            fail(depth.intValue());
        }
        return event;
    }

    private static void fail(int frames) {
        if (frames > 1) {
            fail(frames - 1);
        }
        throw new IllegalArgumentException("asked to fail");
    }
}

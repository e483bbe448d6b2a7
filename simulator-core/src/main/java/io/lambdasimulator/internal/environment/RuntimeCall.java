package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.RuntimeState;

/** The runtime's calls and in which states they are allowed (spec: on-demand §2.1, without restore). */
enum RuntimeCall {
    NEXT("Ready"),
    INIT_ERROR("InitError"),
    RESPONSE("InvocationResponse"),
    ERROR("InvocationErrorResponse");

    private final String target;

    RuntimeCall(String target) {
        this.target = target;
    }

    /** The state that messages name as the target. */
    String target() {
        return target;
    }

    void check(RuntimeState current) throws CallRefused {
        boolean allowed = switch (current) {
            case STARTED -> this == NEXT || this == INIT_ERROR;
            case READY, RESPONSE_SENT -> this == NEXT;
            case RUNNING -> this == NEXT || this == RESPONSE || this == ERROR;
            case INIT_ERROR, INVOCATION_RESPONSE, INVOCATION_ERROR_RESPONSE -> false;
        };
        if (!allowed) {
            throw CallRefused.runtimeState(current, this);
        }
    }
}

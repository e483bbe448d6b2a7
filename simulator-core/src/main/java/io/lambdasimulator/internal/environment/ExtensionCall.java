package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.ExtensionState;

/** An extension's calls and in which states they are allowed (spec: on-demand §2.2 and §2.3). */
enum ExtensionCall {
    REGISTER("Registered"),
    NEXT("Ready"),
    INIT_ERROR("InitError"),
    // AWS's core prints "Exited" here although the state it means is ExitError.
    EXIT_ERROR("Exited");

    private final String target;

    ExtensionCall(String target) {
        this.target = target;
    }

    /** The state that messages name as the target. */
    String target() {
        return target;
    }

    void check(ExtensionState current, String nameOrId) throws CallRefused {
        boolean allowed = switch (current) {
            case STARTED -> this == REGISTER;
            case REGISTERED -> this == NEXT || this == INIT_ERROR || this == EXIT_ERROR;
            case READY -> this == EXIT_ERROR;
            case RUNNING -> this == NEXT || this == EXIT_ERROR;
            case INIT_ERROR -> this == INIT_ERROR;
            case EXIT_ERROR -> this == EXIT_ERROR;
            case EXITED, SHUTDOWN_FAILED, LAUNCH_ERROR -> false;
        };
        if (!allowed) {
            throw CallRefused.extensionState(current, this, nameOrId, "State transition is not allowed");
        }
    }
}

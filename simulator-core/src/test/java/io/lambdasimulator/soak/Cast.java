package io.lambdasimulator.soak;

import io.lambdasimulator.environment.ExtensionEventType;
import java.util.List;
import java.util.Set;

/** Who takes part in a lifecycle, and under which limits. */
record Cast(
        Lives runtime,
        boolean runtimeIgnoresTerm,
        List<Member> extensions,
        int timeout,
        int initTimeout,
        boolean freezes) {

    /** What a participant is. */
    enum Lives {
        /** It connects by itself: a line and nothing else. */
        CLIENT,
        /** A process that the environment launches; what it calls, the test calls for it. */
        PROCESS,
        /** A thread in this JVM. A runtime makes its calls by itself, for an extension the test makes them. */
        HOSTED
    }

    /** An extension. */
    record Member(String name, Lives lives, boolean declared, Set<ExtensionEventType> events) {}

    /** An undeclared extension is external when every client connects by itself (docs/fidelity.md, Extensions API). */
    boolean onlyClients() {
        return runtime == Lives.CLIENT && extensions.stream().allMatch(member -> member.lives() == Lives.CLIENT);
    }

    boolean isExternal(Member member) {
        return member.declared() || onlyClients();
    }

    Member member(String name) {
        return extensions.stream()
                .filter(member -> member.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}

package io.lambdasimulator.soak;

/**
 * One thing that happens to an environment, at one moment. A step of a script is one or more of them; of steps that are taken at
 * once, the operations may come in any order that keeps each step's own.
 */
sealed interface Op {

    /** {@code GET /runtime/invocation/next}, by a client that waits for the answer. */
    record Next(int call) implements Op {}

    /** The same by a client that was gone before the call was looked at. */
    record NextOfNobody(int call) implements Op {}

    /** What the head of an answer says. */
    enum Kind {
        RESPONSE,
        ERROR,
        STREAM,
        UNKNOWN_MODE
    }

    /** The head of {@code POST /runtime/invocation/ID/response} or {@code …/error}; {@link #NOBODYS} for an id that is nobody's. */
    record Answer(int call, int invocation, Kind kind) implements Op {}

    int NOBODYS = -1;

    /** A piece of a stream. */
    record Piece(int call) implements Op {}

    /** The end of an answer's body: complete, or cut off. */
    record BodyEnds(int call, boolean complete) implements Op {}

    /** {@code POST /runtime/init/error}. */
    record InitError(int call) implements Op {}

    /** {@code POST /extension/register}. */
    record Register(int call, String name) implements Op {}

    /** {@code GET /extension/event/next}; who it is, is told by the call that registered it. */
    record Poll(int call, int registration) implements Op {}

    /** The same by a client that was gone before the call was looked at. */
    record PollOfNobody(int call, int registration) implements Op {}

    /** {@code POST /extension/init/error} or {@code …/exit/error}. */
    record Report(int call, int registration, boolean exit) implements Op {}

    /** A call that is refused whatever the state. */
    record Nonsense(int call, String reply) implements Op {}

    /** The client of a call goes away. */
    record Leave(int call) implements Op {}

    record Submit(int invocation) implements Op {}

    /** The hosted runtime's handler returns, or fails. */
    record HandlerEnds(int call, boolean returns) implements Op {}

    /** Time is as late as this, and nothing that is due has happened yet. */
    record Later(long now) implements Op {}

    /** What is due until this happens. */
    record Due(long until) implements Op {}

    /** How a participant ends. */
    enum Way {
        EXIT_0,
        EXIT_3,
        SIGKILL,
        SIGTERM
    }

    /** A participant ends by itself, or is ended by a stranger. */
    record Ends(String participant, Way way) implements Op {}

    /** Nothing that the environment could see. */
    record Nothing() implements Op {}

    /** The environment is shut down. */
    record ShutDown() implements Op {}
}

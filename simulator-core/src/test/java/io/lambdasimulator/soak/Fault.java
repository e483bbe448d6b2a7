package io.lambdasimulator.soak;

/** What goes wrong in a lifecycle, as the summary of a soak counts it. */
enum Fault {
    POLL_LEFT_BY_CLOSE("client gone: poll left by a close"),
    POLL_LEFT_BY_RESET("client gone: poll left by a reset"),
    POLL_LEFT_BY_HALF_CLOSE("client gone: poll left by a half-close"),
    POLL_OF_NOBODY("client gone: as soon as it had polled"),
    BODY_CUT("client gone: in the middle of a body"),
    REPLY_UNREAD("client gone: before the reply to its answer"),
    CALLER_GONE("client gone: the caller"),
    KILLED("process killed: SIGKILL or SIGTERM by a stranger"),
    EXITED("process ended by itself, with 0 or not"),
    STOPPED("process stopped, or woken, by a stranger"),
    LATE("late: answer, poll, registration or rest of a body"),
    DOUBLED("doubled: answer, poll, registration or report"),
    WRONG_ID("wrong: an id that is nobody's"),
    WRONG_CALL("wrong: a call that its state does not allow"),
    GARBAGE("wrong: a call that is none"),
    ERROR_REPORTED("wrong: init/error, exit/error"),
    FUNCTION_ERROR("wrong: the function fails"),
    CLOCK_JUMP("clock jump: anywhere"),
    CLOCK_JUMP_BEFORE("clock jump: to just before what is due"),
    CLOCK_JUMP_TO("clock jump: to what is due, or beyond"),
    QUEUED("life cycle: invocation beside another"),
    ENDED_AMID("life cycle: shut down or closed amid something");

    private final String text;

    Fault(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}

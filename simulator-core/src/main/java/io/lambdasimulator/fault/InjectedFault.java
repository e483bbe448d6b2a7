package io.lambdasimulator.fault;

/** A fault that was injected: tells how often it struck, and takes it away again. Safe for use by any thread. */
public interface InjectedFault {

    /**
     * The call that it strikes.
     *
     * @return the call
     */
    ApiCall call();

    /**
     * What it does.
     *
     * @return the fault
     */
    ApiFault fault();

    /**
     * How often it has struck.
     *
     * @return the number of calls, those that are still being delayed included
     */
    int struck();

    /**
     * Whether it can strike again.
     *
     * @return false when it was removed, or has struck as often as it was to
     */
    boolean isActive();

    /** Has it strike no more. Calls that are being delayed stay so. Does nothing the second time. */
    void remove();
}

package io.lambdasimulator;

/** A user's code, for {@link io.lambdasimulator.locks.LocksTest}. */
public final class CallbackOfPlanted implements Runnable {
    @Override
    public void run() {
        Thread.onSpinWait();
    }
}

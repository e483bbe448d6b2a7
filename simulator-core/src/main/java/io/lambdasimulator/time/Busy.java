package io.lambdasimulator.time;

/**
 * Something under way at the instant that a {@link VirtualClock} shows. While any is, time stands still.
 *
 * <p>The simulator has one for everything it can see: its tasks, the requests it is working on, what it does next, and
 * participants in this JVM. A test needs one of its own for work that nobody else can see, such as a request that a thread of
 * the test is about to send. All methods are safe for use by any thread and none blocks.
 */
public interface Busy extends AutoCloseable {

    /** Lets time go on for a while. Pauses count: as many calls of {@link #resume()} have to follow. */
    void pause();

    /**
     * Ends a pause. Whoever brings about what was waited for calls this, while it is busy itself; if the waiting thread did,
     * time could go on in between.
     *
     * @throws IllegalStateException when there is no pause
     */
    void resume();

    /**
     * Runs a task in this thread, in which {@link VirtualClock#sleep} and {@link VirtualClock#await} pause this.
     *
     * @param task what to run
     */
    void run(Runnable task);

    /**
     * Interrupts a thread. If it is in {@link VirtualClock#sleep} or {@link VirtualClock#await}, that pause is over at once.
     *
     * @param thread the thread in which this runs
     */
    void interrupt(Thread thread);

    /** It is over. Does nothing the second time. */
    @Override
    void close();
}

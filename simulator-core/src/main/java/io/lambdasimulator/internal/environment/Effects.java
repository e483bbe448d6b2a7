package io.lambdasimulator.internal.environment;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the environment has decided to do to the outside. Decided under its lock, carried out after it, one at a time and
 * in the order of the decisions, by whichever thread comes first. An effect must not block, since others wait for it.
 */
final class Effects {

    private static final Logger LOG = LoggerFactory.getLogger(Effects.class);

    private final ConcurrentLinkedQueue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger rounds = new AtomicInteger();

    void add(Runnable effect) {
        queue.add(effect);
    }

    void carryOut() {
        if (queue.isEmpty() || rounds.getAndIncrement() != 0) {
            return; // another thread is at it and will see what was added
        }
        int seen = 1;
        do {
            for (Runnable effect = queue.poll(); effect != null; effect = queue.poll()) {
                try {
                    effect.run();
                } catch (Throwable e) { // whatever it is, the effects behind it are still due
                    LOG.error("an effect of the execution environment failed", e);
                }
            }
            seen = rounds.addAndGet(-seen);
        } while (seen != 0);
    }
}

package io.lambdasimulator.locks;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which thread holds which of the simulator's locks, as the code that {@link WatchingClassLoader} puts into classes tells it,
 * and what was done meanwhile that must not be.
 */
public final class HeldLocks {

    /** What must not happen under a lock, unless it is said why. */
    public enum Deed {
        /** A read, a write, opening or closing of a socket, a stream or a file. */
        INPUT_OUTPUT,
        /** Starting, signalling or looking for a process. */
        PROCESS,
        /** Waiting for somebody else. */
        WAIT,
        /** Waiting on a lock that is let go meanwhile, while another one is held. */
        OWN_WAIT,
        /** Completing a future, on which anybody may have hung anything. */
        COMPLETION,
        /** Code of whoever uses the simulator. */
        CALLBACK
    }

    private record Hold(Object lock, String holder) {}

    private static final ThreadLocal<Deque<Hold>> HELD = ThreadLocal.withInitial(ArrayDeque::new);
    private static final ConcurrentMap<String, String> VIOLATIONS = new ConcurrentHashMap<>();
    private static final AtomicLong TAKEN = new AtomicLong();
    private static final AtomicLong LOOKED = new AtomicLong();
    private static volatile Map<String, Pattern> allowed = Map.of();

    private HeldLocks() {}

    /** Begins anew. By the class that takes the lock, what may be done, as one text: {@code "DEED call by CallingClass"}. */
    static void watch(Map<String, Pattern> allowedDeeds) {
        allowed = allowedDeeds;
        VIOLATIONS.clear();
        TAKEN.set(0);
        LOOKED.set(0);
    }

    /** Each with the stack of the first of its kind. */
    static Map<String, String> violations() {
        return Map.copyOf(VIOLATIONS);
    }

    static long timesTaken() {
        return TAKEN.get();
    }

    static long timesLooked() {
        return LOOKED.get();
    }

    /** Called where a lock was taken. */
    public static void taken(Object lock, String holder) {
        TAKEN.incrementAndGet();
        HELD.get().push(new Hold(lock, holder));
    }

    /** Called where a lock is let go. */
    public static void letGo(Object lock) {
        var held = HELD.get().iterator();
        while (held.hasNext()) {
            if (held.next().lock == lock) {
                held.remove();
                return;
            }
        }
    }

    /** Called in front of a deed: a call by a class, or a method of a user that begins. */
    public static void doing(String deed, String what) {
        LOOKED.incrementAndGet();
        Deque<Hold> held = HELD.get();
        if (held.isEmpty() || (deed.equals(Deed.OWN_WAIT.name()) && holdsOne(held))) {
            return;
        }
        String done = deed + " " + what;
        for (Hold hold : held) {
            Pattern may = allowed.get(hold.holder);
            if (may == null || !may.matcher(done).matches()) {
                VIOLATIONS.computeIfAbsent(hold.holder + " holds its lock over " + done, violation -> stack());
            }
        }
    }

    private static boolean holdsOne(Deque<Hold> held) {
        Object first = held.getFirst().lock;
        return held.stream().allMatch(hold -> hold.lock == first);
    }

    private static String stack() {
        return StackWalker.getInstance()
                .walk(frames -> frames.map(StackWalker.StackFrame::toString)
                        .filter(frame -> !frame.contains("HeldLocks"))
                        .limit(25)
                        .collect(Collectors.joining("\n    at ", "\n    at ", "")));
    }
}

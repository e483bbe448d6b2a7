package io.lambdasimulator.time;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A {@link Busy} of an {@link Agenda}, whose lock guards it. */
final class BusyToken implements Busy {

    private final Agenda agenda;
    private final String who;
    private final boolean task;

    private int pauses;
    private boolean over;
    private @Nullable Thread thread;
    private Agenda.@Nullable Pause pause;

    BusyToken(Agenda agenda, String who, boolean task) {
        this.agenda = agenda;
        this.who = who;
        this.task = task;
    }

    @Override
    public void pause() {
        agenda.locked(() -> {
            pauses = Math.addExact(pauses, 1);
            if (!over && pauses == 1) {
                agenda.released(this);
            }
        });
    }

    @Override
    public void resume() {
        agenda.locked(() -> {
            if (pauses == 0) {
                throw new IllegalStateException(who + " is not paused");
            }
            pauses--;
            if (!over && pauses == 0) {
                agenda.held(this);
            }
        });
    }

    @Override
    public void close() {
        agenda.locked(() -> {
            if (!over) {
                over = true;
                if (pauses == 0) {
                    agenda.released(this);
                }
            }
        });
    }

    @Override
    public void run(Runnable work) {
        agenda.locked(() -> thread = Thread.currentThread());
        BusyToken outer = Agenda.enter(this);
        try {
            work.run();
        } finally {
            Agenda.enter(outer);
            agenda.locked(() -> thread = null);
        }
    }

    @Override
    public void interrupt(Thread waiting) {
        agenda.locked(() -> {
            wake();
            waiting.interrupt(); // under the lock, so that it cannot begin a pause in between
        });
    }

    /** Ends the pause of a sleep or await. */
    void wake() {
        agenda.locked(() -> {
            if (pause != null) {
                pause.end();
            }
        });
    }

    /** Interrupts the thread in which it runs, if it does. */
    void interrupt() {
        agenda.locked(() -> {
            if (thread != null) {
                interrupt(thread);
            }
        });
    }

    /** Under the lock. */
    void waits(Agenda.@Nullable Pause begun) {
        pause = begun;
    }

    boolean isOf(Agenda owner) {
        return agenda == owner;
    }

    boolean isTask() {
        return task;
    }

    // Without the name of the class loader, which the frame's own text begins with.
    private static String describe(StackTraceElement frame) {
        return " at " + frame.getClassName() + "." + frame.getMethodName() + "(" + frame.getFileName() + ":"
                + frame.getLineNumber() + ")";
    }

    /** Who it is and, if known, where: the first place in the code that is not the JDK's. */
    String describe() {
        Thread runs = thread;
        return who
                + (runs == null
                        ? ""
                        : Arrays.stream(runs.getStackTrace())
                                .filter(frame -> frame.getModuleName() == null)
                                .findFirst()
                                .map(BusyToken::describe)
                                .orElse(""));
    }
}

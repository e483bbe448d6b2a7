package io.lambdasimulator.internal.process;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.file.Path;

/** System calls through JNA. */
final class JnaPosix implements Posix {

    private static final int ESRCH = 3;
    private static final int OWNER_ONLY = 0600;

    interface LibC extends Library {
        int kill(int pid, int signal) throws LastErrorException;

        int getsid(int pid) throws LastErrorException;

        int mkfifo(String path, int mode) throws LastErrorException;
    }

    private final LibC libc = Native.load("c", LibC.class);

    @Override
    public Delivery signalGroup(int group, int signal) {
        return kill(-Posix.requireGroup(group), signal);
    }

    @Override
    public Delivery signal(long pid, int signal) {
        return kill(Posix.requireProcess(pid), signal);
    }

    private Delivery kill(int id, int signal) {
        try {
            libc.kill(id, signal);
            return Delivery.DELIVERED;
        } catch (LastErrorException e) {
            return e.getErrorCode() == ESRCH ? Delivery.NOBODY : Delivery.REFUSED;
        }
    }

    @Override
    public int session(long pid) {
        try {
            return libc.getsid(Math.toIntExact(pid));
        } catch (LastErrorException e) {
            return 0;
        }
    }

    @Override
    public void makeFifo(Path path) throws IOException {
        try {
            libc.mkfifo(path.toString(), OWNER_ONLY);
        } catch (LastErrorException e) {
            throw new IOException("cannot make the named pipe " + path + ": " + e.getMessage(), e);
        }
    }
}

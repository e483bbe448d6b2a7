package io.lambdasimulator.locks;

import io.lambdasimulator.locks.HeldLocks.Deed;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Loads the simulator, its tests and the HTTP engine anew, with code put into them: the simulator's classes tell {@link HeldLocks}
 * of each lock they take and let go, all classes of each call that reads, writes, waits and so on, and the tests' classes of each of
 * their methods that is called. That needs no agent, and touches nothing outside this loader.
 */
final class WatchingClassLoader extends ClassLoader {

    private static final String REGISTRY = Type.getInternalName(HeldLocks.class);
    private static final Pattern WATCHED =
            Pattern.compile("(io\\.lambdasimulator|org\\.eclipse\\.jetty|io\\.javalin)\\..*");
    private static final Path SOURCES = Path.of("src", "main", "java");
    private static final String OWN_PACKAGE = WatchingClassLoader.class.getPackageName() + ".";

    /** What a class of this name does counts as the simulator's. */
    static final String PLANTED = OWN_PACKAGE + "Planted";

    private static final Pattern LOCK_CLASS = Pattern.compile("java/util/concurrent/locks/(Reentrant)?(Lock|.*Lock)");

    /** Calls by owner and name, as one text; what is called on a type that is no more than a byte array is none. */
    private static final Map<Pattern, Deed> DEEDS = Map.of(
            Pattern.compile(
                    "java/nio/channels/\\w*(Channel|Selector)\\.(read|write|connect|finishConnect|accept|select|selectNow|open|bind|close|force)"
                            + "|java/net/(Server)?Socket\\.(<init>|connect|accept|bind|close|getInputStream|getOutputStream)"
                            + "|java/io/(OutputStream|BufferedOutputStream|FileOutputStream|PrintStream|PrintWriter|Writer|InputStream|BufferedReader|Reader|FileInputStream|RandomAccessFile)\\.(read\\w*|write|append|flush|print\\w*|close|transferTo)"
                            + "|java/nio/file/Files\\.\\w+"
                            + "|java/net/InetAddress\\.get(By|AllBy)\\w+"
                            + "|org/eclipse/jetty/io/\\w*EndPoint\\.(flush|write|close|shutdownOutput)"),
            Deed.INPUT_OUTPUT,
            Pattern.compile(
                    "java/lang/ProcessBuilder\\.start|java/lang/Process(Handle)?\\.(destroy\\w*|descendants|children|allProcesses)"
                            + "|io/lambdasimulator/internal/process/(Posix|JnaPosix|CommandPosix)\\.(kill|signal|send)\\w*"),
            Deed.PROCESS,
            Pattern.compile("java/lang/Thread\\.(sleep|join)|java/util/concurrent/locks/LockSupport\\.park\\w*"
                    + "|java/util/concurrent/(CountDownLatch|CyclicBarrier|Phaser)\\.await\\w*"
                    + "|java/util/concurrent/(Future|CompletableFuture)\\.(get|join)"
                    + "|java/util/concurrent/\\w*(Queue|Exchanger|Deque)\\.(take|put)"
                    + "|java/util/concurrent/Semaphore\\.acquire\\w*"
                    + "|java/util/concurrent/\\w*(Executor\\w*|Pool)\\.(awaitTermination|invokeA\\w+)"
                    + "|java/lang/Process\\.waitFor|java/util/concurrent/TimeUnit\\.(sleep|timedJoin)"),
            Deed.WAIT,
            Pattern.compile(
                    "java/util/concurrent/CompletableFuture\\.(complete|completeExceptionally|cancel|obtrude\\w+)"),
            Deed.COMPLETION);

    private static final Pattern OWN_WAIT =
            Pattern.compile("java/lang/Object\\.wait|java/util/concurrent/locks/Condition\\.await\\w*"
                    + "|java/util/concurrent/TimeUnit\\.timedWait");

    WatchingClassLoader() {
        super(WatchingClassLoader.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!WATCHED.matcher(name).matches() || (name.startsWith(OWN_PACKAGE) && !name.startsWith(PLANTED))) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? define(name) : loaded;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        URL place = getResource(name.replace('.', '/') + ".class");
        if (place == null) {
            throw new ClassNotFoundException(name);
        }
        boolean ours = isOurs(name);
        byte[] code = watched(read(place), !ours && name.startsWith("io.lambdasimulator."), ours);
        return defineClass(name, code, 0, code.length, HeldLocks.class.getProtectionDomain());
    }

    private static byte[] read(URL place) {
        try (InputStream in = place.openStream()) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the simulator does what it does, and not a user of it, as the tests are. */
    private static boolean isOurs(String name) {
        return name.startsWith(PLANTED)
                || Files.exists(SOURCES.resolve(name.replace('.', '/').replaceFirst("\\$.*", "") + ".java"));
    }

    static byte[] watched(byte[] code, boolean test, boolean ours) {
        ClassReader reader = new ClassReader(code);
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        reader.accept(new Watching(writer, test, ours), ClassReader.EXPAND_FRAMES);
        return writer.toByteArray();
    }

    private static final class Watching extends ClassVisitor {
        private final boolean test;
        private final boolean ours;
        private String name = "";
        private boolean isInterface;

        Watching(ClassVisitor next, boolean test, boolean ours) {
            super(Opcodes.ASM9, next);
            this.test = test;
            this.ours = ours;
        }

        @Override
        public void visit(
                int version,
                int access,
                String name,
                @Nullable String signature,
                @Nullable String superName,
                String @Nullable [] interfaces) {
            this.name = name;
            this.isInterface = (access & Opcodes.ACC_INTERFACE) != 0;
            super.visit(version, access, name, signature, superName, interfaces);
        }

        /** The class at the top, without its package. */
        private String holder() {
            return name.substring(name.lastIndexOf('/') + 1).replaceFirst("\\$.*", "");
        }

        @Override
        public MethodVisitor visitMethod(
                int access,
                String method,
                String descriptor,
                @Nullable String signature,
                String @Nullable [] exceptions) {
            MethodVisitor next = super.visitMethod(access, method, descriptor, signature, exceptions);
            if (test) {
                next = new Called(next, isInterface ? "" : name + "." + method);
            }
            next = new Doing(next, holder());
            if (ours) {
                next = new Locking(next, holder());
                if ((access & Opcodes.ACC_SYNCHRONIZED) != 0) {
                    next = new SynchronizedMethod(next, name, (access & Opcodes.ACC_STATIC) != 0, descriptor, holder());
                }
            }
            return next;
        }
    }

    /** A method of a test. */
    private static final class Called extends MethodVisitor {
        private final String name;

        Called(MethodVisitor next, String name) {
            super(Opcodes.ASM9, next);
            this.name = name;
        }

        @Override
        public void visitCode() {
            super.visitCode();
            if (!name.contains("<") && !name.contains("$values")) {
                tell(this, Deed.CALLBACK, name);
            }
        }
    }

    /** A deed is told of in front of it. */
    private static final class Doing extends MethodVisitor {
        private final String by;

        Doing(MethodVisitor next, String caller) {
            super(Opcodes.ASM9, next);
            this.by = " by " + caller;
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            String call = owner + "." + name;
            if (OWN_WAIT.matcher(call).matches()) {
                tell(this, Deed.OWN_WAIT, call + by);
            } else {
                DEEDS.forEach((calls, deed) -> {
                    if (calls.matcher(call).matches()) {
                        tell(this, deed, call + by);
                    }
                });
            }
            super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
        }
    }

    private static void tell(MethodVisitor into, Deed deed, String what) {
        into.visitLdcInsn(deed.name());
        into.visitLdcInsn(what);
        into.visitMethodInsn(Opcodes.INVOKESTATIC, REGISTRY, "doing", "(Ljava/lang/String;Ljava/lang/String;)V", false);
    }

    private static void taken(MethodVisitor into, String holder) {
        into.visitLdcInsn(holder);
        into.visitMethodInsn(Opcodes.INVOKESTATIC, REGISTRY, "taken", "(Ljava/lang/Object;Ljava/lang/String;)V", false);
    }

    private static void letGo(MethodVisitor into) {
        into.visitMethodInsn(Opcodes.INVOKESTATIC, REGISTRY, "letGo", "(Ljava/lang/Object;)V", false);
    }

    /** {@code synchronized (…)} and {@code lock.lock()}. */
    private static final class Locking extends MethodVisitor {
        private final String holder;

        Locking(MethodVisitor next, String holder) {
            super(Opcodes.ASM9, next);
            this.holder = holder;
        }

        @Override
        public void visitInsn(int opcode) {
            if (opcode == Opcodes.MONITORENTER) {
                super.visitInsn(Opcodes.DUP);
                super.visitInsn(opcode);
                taken(mv, holder);
            } else if (opcode == Opcodes.MONITOREXIT) {
                super.visitInsn(Opcodes.DUP);
                letGo(mv);
                super.visitInsn(opcode);
            } else {
                super.visitInsn(opcode);
            }
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            boolean lock = LOCK_CLASS.matcher(owner).matches();
            if (lock && name.equals("lock")) {
                super.visitInsn(Opcodes.DUP);
                super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
                taken(mv, holder);
            } else if (lock && name.equals("unlock")) {
                super.visitInsn(Opcodes.DUP);
                letGo(mv);
                super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
            } else if (lock && (name.equals("tryLock") || name.equals("lockInterruptibly"))) {
                throw new IllegalStateException(holder + " calls " + name + ": teach this class of it");
            } else {
                super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
            }
        }
    }

    /** A method that is synchronized as a whole: told of at its begin and at each of its ends. */
    private static final class SynchronizedMethod extends MethodVisitor {
        private final String type;
        private final boolean isStatic;
        private final String descriptor;
        private final String holder;
        private final Label begin = new Label();
        private final Label end = new Label();

        SynchronizedMethod(MethodVisitor next, String type, boolean isStatic, String descriptor, String holder) {
            super(Opcodes.ASM9, next);
            this.type = type;
            this.isStatic = isStatic;
            this.descriptor = descriptor;
            this.holder = holder;
        }

        private void lock() {
            if (isStatic) {
                mv.visitLdcInsn(Type.getObjectType(type));
            } else {
                mv.visitVarInsn(Opcodes.ALOAD, 0);
            }
        }

        @Override
        public void visitCode() {
            super.visitCode();
            lock();
            taken(mv, holder);
            super.visitLabel(begin);
        }

        @Override
        public void visitInsn(int opcode) {
            if (opcode >= Opcodes.IRETURN && opcode <= Opcodes.RETURN) {
                lock();
                letGo(mv);
            }
            super.visitInsn(opcode);
        }

        @Override
        public void visitMaxs(int maxStack, int maxLocals) {
            super.visitLabel(end);
            // Last in the table, so that the method's own handlers come first.
            super.visitTryCatchBlock(begin, end, end, null);
            super.visitFrame(Opcodes.F_NEW, locals().length, locals(), 1, new Object[] {"java/lang/Throwable"});
            lock();
            letGo(mv);
            super.visitInsn(Opcodes.ATHROW);
            super.visitMaxs(maxStack, maxLocals);
        }

        private Object[] locals() {
            List<Object> locals = new ArrayList<>();
            if (!isStatic) {
                locals.add(type);
            }
            for (Type argument : Type.getArgumentTypes(descriptor)) {
                locals.add(
                        switch (argument.getSort()) {
                            case Type.BOOLEAN, Type.CHAR, Type.BYTE, Type.SHORT, Type.INT -> Opcodes.INTEGER;
                            case Type.LONG -> Opcodes.LONG;
                            case Type.FLOAT -> Opcodes.FLOAT;
                            case Type.DOUBLE -> Opcodes.DOUBLE;
                            default -> argument.getInternalName();
                        });
            }
            return locals.toArray();
        }
    }
}

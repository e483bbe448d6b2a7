package io.lambdasimulator.internal.environment;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.internal.time.Waits;
import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationRejectedException;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import io.lambdasimulator.invocation.InvocationStatus;
import io.lambdasimulator.invocation.Span;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** One invocation, from its acceptance to its completion. What is not final is guarded by the owner's lock. */
final class InvocationTask implements Invocation {

    /** What messages say of the environment around it. */
    interface Circumstances {

        String waitingFor();

        /** Empty while it has not failed. */
        String failure();
    }

    /** How far one extension is with it. */
    final class Readiness {
        private final String extension;
        private @Nullable Instant receivedAt;
        private @Nullable Instant polledAgainAt;
        private final CompletableFuture<@Nullable Void> ready = new CompletableFuture<>();

        private Readiness(String extension) {
            this.extension = extension;
        }

        String extension() {
            return extension;
        }

        void received() {
            receivedAt = owner.now();
        }

        /** It did not reach the extension after all. */
        void notReceived() {
            receivedAt = null;
        }

        boolean isReceived() {
            return receivedAt != null;
        }

        boolean isReady() {
            return polledAgainAt != null;
        }

        void polledAgain() {
            if (endedAt != null || polledAgainAt != null) {
                return;
            }
            polledAgainAt = owner.now();
            Duration known = overhead();
            owner.record(new Event.ExtensionReady(requestId, extension, known == null ? Duration.ZERO : known));
            owner.effect(() -> ready.complete(null));
        }

        /** Null while either end of the interval is open. */
        private @Nullable Duration overhead() {
            if (polledAgainAt == null || runtimeDoneAt == null) {
                return null;
            }
            Duration waited = Duration.between(runtimeDoneAt, polledAgainAt);
            return waited.isNegative() ? Duration.ZERO : waited;
        }

        private ExtensionReadiness snapshot() {
            return new ExtensionReadiness(
                    extension,
                    Optional.ofNullable(receivedAt),
                    Optional.ofNullable(polledAgainAt),
                    Optional.ofNullable(overhead()));
        }
    }

    private final Owner owner;
    private final FunctionConfiguration function;
    private final Circumstances circumstances;
    private final InvocationRequest request;
    private final String requestId;
    private final String traceId;
    private final @Nullable StreamingCaller caller;
    private final CompletableFuture<@Nullable Void> dispatched = new CompletableFuture<>();
    private final CompletableFuture<InvocationResult> answered = new CompletableFuture<>();
    private final CompletableFuture<InvocationReport> completed = new CompletableFuture<>();

    private @Nullable InvocationEvent event;
    private Instant startedAt = Instant.MAX;
    private boolean started;
    private Instant dispatchedAt = Instant.MAX;
    private @Nullable Instant responseBeganAt;
    private @Nullable Instant respondedAt;
    private @Nullable Future<?> timer;
    private @Nullable Instant answeredAt;
    private @Nullable Instant runtimeDoneAt;
    private boolean runtimeDone;

    /** The record of that, until it is in the log. */
    private @Nullable Runnable runtimeDoneRecord;

    private @Nullable Instant endedAt;
    private @Nullable Duration initDuration;
    private long producedBytes;
    private final List<Readiness> readiness = new ArrayList<>();

    InvocationTask(
            Owner owner,
            FunctionConfiguration function,
            Circumstances circumstances,
            InvocationRequest request,
            String requestId,
            String traceId,
            @Nullable StreamingCaller caller) {
        this.owner = owner;
        this.function = function;
        this.circumstances = circumstances;
        this.request = request;
        this.requestId = requestId;
        this.traceId = traceId;
        this.caller = caller;
    }

    // ---- its course, under the lock

    /** Starts its clock: every deadline it shows is this instant and the function timeout. */
    void begin(@Nullable Duration coldStart) {
        startedAt = owner.now();
        initDuration = coldStart;
    }

    /** It is dispatched, or ends without; an init within it is over (spec: production-captures §2.6). */
    void started() {
        if (started) {
            return;
        }
        started = true;
        owner.record(
                new Event.InvocationStarted(requestId, function.version(), deadline(), traceId, request.tenantId()));
        owner.effect(() -> dispatched.complete(null));
    }

    InvocationEvent dispatch(Optional<String> invocationId) {
        InvocationEvent dispatchedEvent = new InvocationEvent(
                requestId,
                invocationId,
                deadline(),
                invokedFunctionArn(),
                traceId,
                request.clientContext().orElse(""),
                request.cognitoIdentity(),
                request.tenantId().orElse(""),
                request.contentType(),
                request.payload());
        event = dispatchedEvent;
        dispatchedAt = owner.now();
        return dispatchedEvent;
    }

    ExtensionEvent invokeEvent() {
        return new ExtensionEvent.Invoke(requestId, deadline(), invokedFunctionArn(), traceId);
    }

    /** Begins the account of an extension that is to receive it. */
    Readiness expect(String extension) {
        Readiness account = new Readiness(extension);
        readiness.add(account);
        return account;
    }

    void endAt(Future<?> deadlineTimer) {
        timer = deadlineTimer;
    }

    /** The caller's answer; only the first one counts. */
    void answer(InvocationResult result) {
        if (answeredAt != null) {
            return;
        }
        answeredAt = owner.now();
        long bytes = Math.max(producedBytes, result.payload().length);
        owner.record(new Event.InvocationAnswered(requestId, bytes, result.errorType()));
        owner.effect(() -> answered.complete(result));
    }

    /** The runtime has begun to respond. */
    void responds() {
        responseBeganAt = owner.now();
    }

    /** So much of a streamed response has come; it counts even if it is cut short. */
    void producedSoFar(long bytes) {
        producedBytes = bytes;
    }

    /** The runtime has responded. */
    void produced(long bytes) {
        producedBytes = bytes;
        respondedAt = owner.now();
    }

    /** The runtime is done with it: it has asked for the next one, or was ended. The record of it is due. */
    void runtimeDone(InvocationStatus status, Optional<String> errorType) {
        if (runtimeDoneAt != null) {
            return;
        }
        Instant done = owner.now();
        runtimeDoneAt = done;
        runtimeDone = status == InvocationStatus.SUCCESS;
        Event record = new Event.RuntimeDone(
                requestId,
                status,
                errorType,
                Duration.between(dispatchedAt, done),
                producedBytes,
                runtimeSpans(),
                traceId,
                request.tenantId());
        runtimeDoneRecord = () -> owner.record(done, record);
    }

    /** Puts that into the log, unless it is there. */
    void recordRuntimeDone() {
        if (runtimeDoneRecord != null) {
            runtimeDoneRecord.run();
            runtimeDoneRecord = null;
        }
    }

    /** Only a response has them, not an error; one that was cut short has the first alone. */
    private List<Span> runtimeSpans() {
        Instant began = responseBeganAt;
        Instant ended = respondedAt;
        if (began == null) {
            return List.of();
        }
        Span latency = span("responseLatency", dispatchedAt, began);
        if (ended == null) {
            return List.of(latency);
        }
        return List.of(latency, span("responseDuration", began, ended), span("runtimeOverhead", ended, owner.now()));
    }

    private static Span span(String name, Instant start, Instant end) {
        return new Span(name, start, Duration.between(start, end));
    }

    /** Whether the runtime and every extension that was to receive it are done. */
    boolean isDone() {
        return answeredAt != null && runtimeDoneAt != null && readiness.stream().allMatch(Readiness::isReady);
    }

    /** Nothing more comes of it; the report is due. */
    void ends() {
        endedAt = owner.now();
        if (timer != null) {
            timer.cancel(false);
        }
    }

    InvocationReport complete(InvocationStatus status, Optional<String> errorType, OptionalInt maxMemoryUsed) {
        recordRuntimeDone();
        Instant end = endedAt == null ? owner.now() : endedAt;
        boolean cutOff = status == InvocationStatus.TIMEOUT;
        Duration duration = cutOff ? function.timeout() : Duration.between(startedAt, end);
        Duration billed = initDuration == null ? duration : duration.plus(initDuration);
        InvocationReport report = new InvocationReport(
                requestId,
                status,
                errorType,
                startedAt,
                deadline(),
                Optional.ofNullable(answeredAt),
                Optional.ofNullable(runtimeDoneAt),
                duration,
                Duration.ofMillis(Math.max(1, billed.plusNanos(999_999).toMillis())), // never nothing
                Optional.ofNullable(initDuration),
                maxMemoryUsed,
                extensionOverhead(end),
                traceId,
                request.tenantId(),
                snapshot());
        owner.record(end, new Event.InvocationCompleted(report));
        owner.effect(() -> {
            completed.complete(report);
            for (Readiness account : readiness) {
                account.ready.completeExceptionally(new IllegalStateException("invocation " + requestId + " ended ("
                        + status.wireName() + errorType.map(type -> ", " + type).orElse("") + ") before extension "
                        + account.extension + " was done with it"));
            }
        });
        return report;
    }

    /** Only a runtime that is done lets extensions be waited for. */
    private List<Span> extensionOverhead(Instant end) {
        return !runtimeDone || runtimeDoneAt == null || readiness.isEmpty()
                ? List.of()
                : List.of(span("extensionOverhead", runtimeDoneAt, end));
    }

    /** It is never going to be run. */
    void reject(InvocationRejectedException rejection) {
        endedAt = owner.now();
        owner.effect(() -> {
            answered.completeExceptionally(rejection);
            completed.completeExceptionally(rejection);
            dispatched.completeExceptionally(rejection);
        });
    }

    boolean isAnswered() {
        return answeredAt != null;
    }

    boolean isRuntimeDone() {
        return runtimeDoneAt != null;
    }

    List<Readiness> accounts() {
        return readiness;
    }

    boolean isDispatched() {
        return event != null;
    }

    InvocationEvent event() {
        if (event == null) {
            throw new IllegalStateException("invocation " + requestId + " is not dispatched");
        }
        return event;
    }

    /** Whether the caller takes the response as it comes. */
    boolean isStreaming() {
        return caller != null;
    }

    /** The response begins, for a caller who takes it as it comes. */
    void responseBegins(@Nullable String contentType) {
        StreamingCaller told = caller;
        if (told != null) {
            InvocationResult head = head(contentType);
            owner.effect(() -> told.begins(head));
        }
    }

    /** A piece of the response for such a caller: complete when the next one may come. */
    CompletionStage<?> responseGoesOn(byte[] bytes) {
        CompletableFuture<@Nullable Void> taken = new CompletableFuture<>();
        StreamingCaller told = caller;
        owner.effect(() -> {
            if (told == null || bytes.length == 0) {
                taken.complete(null);
            } else {
                told.piece(bytes).whenComplete((nothing, failure) -> taken.complete(null));
            }
        });
        return taken;
    }

    /** Has a callback run with the answer, at once and on whichever thread brings it: it must not block. */
    void onAnswer(BiConsumer<@Nullable InvocationResult, @Nullable Throwable> callback) {
        var unused = answered.whenComplete(callback);
    }

    /** The same with the answer once the invocation is complete. */
    void onCompletion(BiConsumer<@Nullable InvocationResult, @Nullable Throwable> callback) {
        var unused = completed.thenCombine(answered, (report, result) -> result).whenComplete(callback);
    }

    /** What is known of the result before there is one. */
    InvocationResult head(@Nullable String contentType) {
        return result(new byte[0], contentType, null);
    }

    InvocationResult result(byte[] payload, @Nullable String contentType, @Nullable String errorType) {
        return new InvocationResult(requestId, payload, contentType, errorType, function.version(), traceId);
    }

    private Instant deadline() {
        return startedAt.plus(function.timeout());
    }

    private String invokedFunctionArn() {
        return request.invokedFunctionArn().orElse(function.arn());
    }

    private List<ExtensionReadiness> snapshot() {
        return readiness.stream().map(Readiness::snapshot).toList();
    }

    // ---- for its caller

    @Override
    public String requestId() {
        return requestId;
    }

    // What a user hangs on these futures must not run on a thread that carries out the environment's effects.
    @Override
    public CompletableFuture<InvocationResult> answer() {
        return forUsers(answered);
    }

    @Override
    public CompletableFuture<InvocationReport> completion() {
        return forUsers(completed);
    }

    private <T> CompletableFuture<T> forUsers(CompletableFuture<T> future) {
        return future.isDone() ? future.copy() : future.thenApplyAsync(value -> value, owner.callbacks());
    }

    @Override
    public InvocationResult awaitAnswer(Duration atMost) {
        return await(answered, "is not answered", atMost);
    }

    @Override
    public InvocationReport awaitCompletion(Duration atMost) {
        return await(completed, "is not complete", atMost);
    }

    @Override
    public List<ExtensionReadiness> readiness() {
        return owner.inspect(this::snapshot);
    }

    @Override
    public ExtensionReadiness awaitReadiness(String extension, Duration atMost) {
        long end = System.nanoTime() + Waits.nanos(atMost);
        await(dispatched, "is not dispatched", atMost);
        String failed = circumstances.failure();
        Readiness account = owner.inspect(() -> readiness.stream()
                .filter(candidate -> candidate.extension.equals(extension))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("extension " + extension
                        + " does not receive INVOKE for invocation " + requestId + "; those who do: "
                        + readiness.stream().map(Readiness::extension).toList()
                        + (failed.isEmpty() ? "" : "; " + failed))));
        Duration rest = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
        await(account.ready, "is not done with by extension " + extension, rest);
        return owner.inspect(account::snapshot);
    }

    @Override
    public InputStream responseStream() {
        if (!(caller instanceof ResponseInputStream stream)) {
            throw new IllegalStateException("invocation " + requestId
                    + " was not submitted for streaming: use submitStreaming(…) for a response as it arrives");
        }
        return stream;
    }

    private <T extends @Nullable Object> T await(CompletableFuture<T> future, String what, Duration atMost) {
        try {
            return future.get(Waits.nanos(atMost), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("invocation %s %s %s: %s"
                    .formatted(requestId, what, Waits.within(atMost), circumstances.waitingFor()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for invocation " + requestId, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new CompletionException(e.getCause());
        }
    }
}

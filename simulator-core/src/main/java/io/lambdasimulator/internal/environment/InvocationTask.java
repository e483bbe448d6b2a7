package io.lambdasimulator.internal.environment;

import io.lambdasimulator.invocation.ExtensionReadiness;
import io.lambdasimulator.invocation.Invocation;
import io.lambdasimulator.invocation.InvocationReport;
import io.lambdasimulator.invocation.InvocationRequest;
import io.lambdasimulator.invocation.InvocationResult;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One invocation, from its acceptance to its completion. What is not final is guarded by the environment's lock. */
final class InvocationTask implements Invocation {

    /** How far one extension is. */
    static final class Readiness {
        @Nullable Instant receivedAt;

        @Nullable Instant polledAgainAt;

        final CompletableFuture<@Nullable Void> ready = new CompletableFuture<>();
    }

    final InvocationRequest request;
    final String requestId;
    final String traceId;
    final @Nullable ResponseStream stream;
    final CompletableFuture<@Nullable Void> dispatched = new CompletableFuture<>();
    final CompletableFuture<InvocationResult> answered = new CompletableFuture<>();
    final CompletableFuture<InvocationReport> completed = new CompletableFuture<>();

    private final ExecutionEnvironment environment;

    @Nullable InvocationEvent event;

    Instant startedAt = Instant.MAX;
    Instant deadline = Instant.MAX;

    @Nullable Future<?> timer;

    @Nullable Instant answeredAt;

    @Nullable Instant runtimeDoneAt;

    @Nullable Duration initDuration;

    long producedBytes;
    boolean over;
    final Map<ExtensionAgent, Readiness> readiness = new LinkedHashMap<>();

    InvocationTask(
            ExecutionEnvironment environment,
            InvocationRequest request,
            String requestId,
            String traceId,
            boolean streaming) {
        this.environment = environment;
        this.request = request;
        this.requestId = requestId;
        this.traceId = traceId;
        this.stream = streaming ? new ResponseStream() : null;
    }

    @Override
    public String requestId() {
        return requestId;
    }

    // What a user hangs on these futures must not run on a thread that carries out the environment's effects.
    @Override
    public CompletableFuture<InvocationResult> answer() {
        return answered.thenApplyAsync(result -> result, environment.callbacks());
    }

    @Override
    public CompletableFuture<InvocationReport> completion() {
        return completed.thenApplyAsync(report -> report, environment.callbacks());
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
        return environment.inspect(this::readinessNow);
    }

    @Override
    public ExtensionReadiness awaitReadiness(String extension, Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        await(dispatched, "is not dispatched", atMost);
        CompletableFuture<@Nullable Void> ready = environment.inspect(() -> readiness.entrySet().stream()
                .filter(entry -> entry.getKey().name.equals(extension))
                .map(entry -> entry.getValue().ready)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("extension " + extension
                        + " does not receive INVOKE for invocation " + requestId + "; those who do: "
                        + readiness.keySet().stream().map(agent -> agent.name).toList())));
        await(
                ready,
                "is not done with by extension " + extension,
                Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        return readiness().stream()
                .filter(entry -> entry.extension().equals(extension))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public InputStream responseStream() {
        if (stream == null) {
            throw new IllegalStateException("invocation " + requestId
                    + " was not submitted for streaming: use submitStreaming(…) for a response as it arrives");
        }
        return stream;
    }

    /** Under the environment's lock. */
    List<ExtensionReadiness> readinessNow() {
        return readiness.entrySet().stream()
                .map(entry -> {
                    Readiness state = entry.getValue();
                    return new ExtensionReadiness(
                            entry.getKey().name,
                            Optional.ofNullable(state.receivedAt),
                            Optional.ofNullable(state.polledAgainAt),
                            Optional.ofNullable(overhead(state)));
                })
                .toList();
    }

    private @Nullable Duration overhead(Readiness state) {
        if (state.polledAgainAt == null || runtimeDoneAt == null) {
            return null;
        }
        Duration waited = Duration.between(runtimeDoneAt, state.polledAgainAt);
        return waited.isNegative() ? Duration.ZERO : waited;
    }

    private <T> T await(CompletableFuture<T> future, String what, Duration atMost) {
        try {
            return future.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("invocation %s %s within %d ms: %s"
                    .formatted(requestId, what, atMost.toMillis(), environment.describeWaiting()));
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

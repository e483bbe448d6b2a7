package io.lambdasimulator.internal.http;

import io.lambdasimulator.environment.Participant;
import io.lambdasimulator.event.Event;
import io.lambdasimulator.fault.ApiCall;
import io.lambdasimulator.fault.ApiFault;
import io.lambdasimulator.fault.InjectedFault;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Activity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The faults that a test has injected, in front of the handlers of the routes they strike. */
public final class Faults {

    private static final String ID_AS_DOCUMENTED = "{AwsRequestId}";

    private final ExecutionEnvironment environment;
    private final ScheduledExecutorService scheduler;
    private final RecordingEventLog log;
    private final Activity activity;

    private final Object lock = new Object();
    /** Those that can still strike, oldest first. */
    private final List<Injected> active = new ArrayList<>();

    public Faults(
            ExecutionEnvironment environment,
            ScheduledExecutorService scheduler,
            RecordingEventLog log,
            Activity activity) {
        this.environment = environment;
        this.scheduler = scheduler;
        this.log = log;
        this.activity = activity;
    }

    /** A fault, and how often it is to strike. */
    public record Plan(ApiCall call, ApiFault fault, int times) {
        /** Until it is removed. */
        public static final int EVER = Integer.MAX_VALUE;

        public Plan {
            if (times < 1) {
                throw new IllegalArgumentException("a fault strikes at least once, not " + times + " times");
            }
        }
    }

    public InjectedFault inject(Plan plan) {
        Injected injected = new Injected(plan);
        synchronized (lock) {
            active.add(injected);
        }
        return injected;
    }

    /** Those that can still strike, oldest first. */
    public List<InjectedFault> active() {
        synchronized (lock) {
            return List.copyOf(active);
        }
    }

    /** The same route, with whatever is injected for it ahead of its handler. */
    Route inFrontOf(Route route) {
        String path = route.path().endsWith("/")
                ? route.path().substring(0, route.path().length() - 1)
                : route.path();
        return Arrays.stream(ApiCall.values())
                .filter(call -> call.method().equals(route.method())
                        && call.path()
                                .replace(ID_AS_DOCUMENTED, RouteTable.PARAMETER)
                                .equals(path))
                .findFirst()
                .map(call ->
                        new Route(route.method(), route.path(), exchange -> handle(call, exchange, route.handler())))
                .orElse(route);
    }

    private void handle(ApiCall call, Exchange exchange, Route.Handler handler) {
        ApiFault fault = nextFor(call);
        if (fault == null) {
            handler.handle(exchange);
            return;
        }
        Optional<Participant> caller = caller(call, exchange);
        log.append(new Event.FaultInjected(call, caller, fault));
        if (fault instanceof ApiFault.Delay delay) {
            delay(exchange, handler, caller, delay);
        } else if (fault instanceof ApiFault.Answer answer) {
            exchange.answer(Answers.error(answer.status(), answer.errorType(), answer.errorMessage()));
        } else if (fault instanceof ApiFault.Drop) {
            afterBody(exchange, exchange::drop);
        } else {
            afterBody(exchange, exchange::reset);
        }
    }

    private @Nullable ApiFault nextFor(ApiCall call) {
        synchronized (lock) {
            Injected next = active.stream()
                    .filter(injected -> injected.plan.call() == call)
                    .findFirst()
                    .orElse(null);
            if (next == null) {
                return null;
            }
            next.struck++;
            if (next.struck == next.plan.times()) {
                active.remove(next);
            }
            return next.plan.fault();
        }
    }

    private void delay(Exchange exchange, Route.Handler handler, Optional<Participant> caller, ApiFault.Delay delay) {
        Runnable goesOn = caller.map(activity::holdBack).orElse(() -> {});
        try {
            var unused = scheduler.schedule(
                    () -> {
                        goesOn.run();
                        exchange.handleLater(handler);
                    },
                    delay.delay().toNanos(),
                    TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            exchange.drop(); // the environment is closed, and time is over
        }
    }

    /** Who calls, as far as the call tells. */
    private Optional<Participant> caller(ApiCall call, Exchange exchange) {
        return switch (call) {
            case RUNTIME_NEXT, RUNTIME_RESPONSE, RUNTIME_ERROR, RUNTIME_INIT_ERROR -> Optional.of(Participant.RUNTIME);
            case EXTENSION_REGISTER ->
                Optional.ofNullable(exchange.header(ExtensionsApi.NAME))
                        .filter(name -> !name.isEmpty())
                        .map(Participant::extension);
            case EXTENSION_NEXT, EXTENSION_INIT_ERROR, EXTENSION_EXIT_ERROR, TELEMETRY_SUBSCRIBE, LOGS_SUBSCRIBE -> {
                String text = exchange.header(ExtensionsApi.IDENTIFIER);
                UUID identifier = text == null ? null : Uuids.parse(text);
                yield identifier == null ? Optional.empty() : environment.extensionWith(identifier);
            }
        };
    }

    /**
     * Ends the connection when the request is there as a whole: one that is closed with unread bytes of its client is reset, and
     * one that is reset earlier fails in the middle of its client's writing.
     */
    private static void afterBody(Exchange exchange, Runnable end) {
        exchange.readBody(0, new Exchange.BodyReader() {
            @Override
            public void complete(byte[] body) {
                end.run();
            }

            @Override
            public void truncated() {
                end.run();
            }

            @Override
            public void tooLarge(long size) {
                end.run();
            }
        });
    }

    private final class Injected implements InjectedFault {
        private final Plan plan;
        private int struck;

        Injected(Plan plan) {
            this.plan = plan;
        }

        @Override
        public ApiCall call() {
            return plan.call();
        }

        @Override
        public ApiFault fault() {
            return plan.fault();
        }

        @Override
        public int struck() {
            synchronized (lock) {
                return struck;
            }
        }

        @Override
        public boolean isActive() {
            synchronized (lock) {
                return active.contains(this);
            }
        }

        @Override
        public void remove() {
            synchronized (lock) {
                active.remove(this);
            }
        }

        @Override
        public String toString() {
            return plan.call() + " " + plan.fault().describe();
        }
    }
}

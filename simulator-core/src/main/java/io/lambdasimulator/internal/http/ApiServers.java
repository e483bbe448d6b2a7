package io.lambdasimulator.internal.http;

import io.lambdasimulator.environment.FunctionConfiguration;
import io.lambdasimulator.environment.InvokeMode;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.event.RecordingEventLog;
import io.lambdasimulator.internal.time.Activity;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** Puts an environment on the network. */
public final class ApiServers {

    private ApiServers() {}

    /** A listener; closing it ends every connection. */
    public interface Listener extends AutoCloseable {

        /** Host and port. */
        String address();

        /**
         * Returns when what had arrived before has most likely been taken up, which calls of its own tell that were made after
         * it; after a moment in any case.
         */
        void takeUp();

        @Override
        void close();
    }

    /** The Runtime, Extensions, Telemetry and Logs APIs, which share one listener. */
    public static Listener runtimeApi(
            String host,
            int port,
            ExecutionEnvironment environment,
            RecordingEventLog log,
            Faults faults,
            boolean extensionsEnabled,
            Activity activity)
            throws IOException {
        Answers answers = new Answers(log);
        List<Route> routes = new ArrayList<>(new RuntimeApi(environment, answers).routes());
        routes.addAll(new ExtensionsApi(environment, answers, extensionsEnabled).routes());
        routes.addAll(new TelemetryApis(environment, answers, extensionsEnabled).routes());
        routes.replaceAll(faults::inFrontOf);
        return listen("runtime-api", host, port, routes, answers::unrouted, activity);
    }

    /** The front door. */
    public static Listener frontDoor(
            String host,
            int port,
            ExecutionEnvironment environment,
            FunctionConfiguration function,
            RecordingEventLog log,
            Activity activity)
            throws IOException {
        return listen(
                "front-door",
                host,
                port,
                new FrontDoor(environment, function, log).routes(),
                (exchange, status) -> {},
                activity);
    }

    /** The function URL. */
    public static Listener functionUrl(
            String host,
            int port,
            ExecutionEnvironment environment,
            FunctionConfiguration function,
            InvokeMode invokeMode,
            Clock clock,
            Activity activity)
            throws IOException {
        FunctionUrl functionUrl = new FunctionUrl(environment, function, invokeMode, clock);
        return listen("function-url", host, port, functionUrl.routes(), (exchange, status) -> {}, activity);
    }

    private static Listener listen(
            String name, String host, int port, List<Route> routes, ApiServer.Unrouted unrouted, Activity activity)
            throws IOException {
        ApiServer server = ApiServer.start(name, host, port, routes, unrouted, activity);
        String address = (host.contains(":") ? "[" + host + "]" : host) + ":"
                + server.address().getPort();
        return new Listener() {
            @Override
            public String address() {
                return address;
            }

            @Override
            public void takeUp() {
                server.takeUp();
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}

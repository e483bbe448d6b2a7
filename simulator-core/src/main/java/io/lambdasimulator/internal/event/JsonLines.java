package io.lambdasimulator.internal.event;

import io.lambdasimulator.environment.ExtensionState;
import io.lambdasimulator.environment.InitPhase;
import io.lambdasimulator.environment.ProcessExit;
import io.lambdasimulator.environment.RuntimeState;
import io.lambdasimulator.environment.ShutdownReason;
import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.fault.ApiFault;
import io.lambdasimulator.internal.json.GoJson;
import io.lambdasimulator.invocation.InvocationStatus;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Writes the event log as JSON Lines. An event is a record, and its components are what is written of it: a new kind of
 * event needs nothing here.
 */
final class JsonLines {

    private JsonLines() {}

    static void write(List<EventLog.Entry> entries, Secrets secrets, Appendable out) throws IOException {
        for (EventLog.Entry entry : entries) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("sequence", entry.sequence());
            line.put("time", entry.time().toString());
            line.put("type", entry.event().getClass().getSimpleName());
            line.put("record", members(entry.event(), secrets));
            out.append(new String(GoJson.bytes(line), StandardCharsets.UTF_8)).append('\n');
        }
    }

    private static Map<String, Object> members(Object event, Secrets secrets) {
        Map<String, Object> members = new LinkedHashMap<>();
        for (RecordComponent component : event.getClass().getRecordComponents()) {
            Object value = read(component, event);
            if (value instanceof Optional<?> optional) {
                value = optional.orElse(null);
            }
            if (value instanceof OptionalInt optional) {
                value = optional.isPresent() ? optional.getAsInt() : null;
            }
            if (value != null) {
                String unit = value instanceof Duration ? "Ms" : "";
                members.put(component.getName() + unit, json(value, secrets));
            }
        }
        return members;
    }

    private static @Nullable Object read(RecordComponent component, Object event) {
        try {
            return component.getAccessor().invoke(event);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    private static Object json(Object value, Secrets secrets) {
        if (value instanceof Number || value instanceof Boolean) {
            return value;
        }
        if (value instanceof Duration duration) {
            return duration.toNanos() / 1e6;
        }
        if (value instanceof Collection<?> collection) {
            List<Object> elements = new ArrayList<>();
            collection.forEach(element -> elements.add(json(element, secrets)));
            return elements;
        }
        if (value instanceof ProcessExit.Code code) {
            return Map.of("exitCode", code.code());
        }
        if (value instanceof ProcessExit.Signal signal) {
            return Map.of("signal", signal.number());
        }
        if (value instanceof ApiFault fault) {
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("type", fault.getClass().getSimpleName());
            members.putAll(members(fault, secrets));
            return members;
        }
        if (value instanceof Record) {
            return members(value, secrets);
        }
        return secrets.hide(value instanceof Enum<?> constant ? name(constant) : value.toString());
    }

    /** As AWS spells it, where AWS has a word for it. */
    private static String name(Enum<?> constant) {
        if (constant instanceof ExtensionState state) {
            return state.wireName();
        }
        if (constant instanceof RuntimeState state) {
            return state.wireName();
        }
        if (constant instanceof InitPhase phase) {
            return phase.wireName();
        }
        if (constant instanceof ShutdownReason reason) {
            return reason.wireName();
        }
        return constant instanceof InvocationStatus status ? status.wireName() : constant.name();
    }
}

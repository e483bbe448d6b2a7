package io.lambdasimulator.internal.environment;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Ids as the service makes them. */
public final class Identifiers {

    private static final Pattern ROOT = Pattern.compile("1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}");

    private final Clock clock;

    public Identifiers(Clock clock) {
        this.clock = clock;
    }

    public String requestId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long high = (random.nextLong() & ~0xf000L) | 0x4000L;
        long low = (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
        return new UUID(high, low).toString();
    }

    /** The form the service sends since 2025 when the caller sent none: not sampled. */
    public String traceId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return complete(Map.of(
                "Root",
                String.format(
                        "1-%08x-%08x%016x", clock.instant().getEpochSecond(), random.nextInt(), random.nextLong())));
    }

    /**
     * A caller's trace header as the function sees it: what the caller left out is added.
     *
     * @return null when it names no root, so that the service starts a trace of its own
     */
    public static @Nullable String traceOf(String callersHeader) {
        Map<String, String> members = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String member : callersHeader.split(";", -1)) {
            int equals = member.indexOf('=');
            if (equals > 0) {
                members.put(
                        member.substring(0, equals).strip(),
                        member.substring(equals + 1).strip());
            }
        }
        return ROOT.matcher(members.getOrDefault("Root", "")).matches() ? complete(members) : null;
    }

    private static String complete(Map<String, String> given) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        Map<String, String> members = new LinkedHashMap<>();
        members.put("Root", "");
        members.put("Parent", String.format("%016x", random.nextLong()));
        members.put("Sampled", "0");
        members.put("Lineage", String.format("1:%08x:0", random.nextInt()));
        members.replaceAll((name, made) -> given.getOrDefault(name, made));
        given.forEach((name, value) -> {
            if (members.keySet().stream().noneMatch(name::equalsIgnoreCase)) {
                members.put(name, value);
            }
        });
        return members.entrySet().stream()
                .map(member -> member.getKey() + "=" + member.getValue())
                .collect(Collectors.joining(";"));
    }
}

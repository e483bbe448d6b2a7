package io.lambdasimulator.internal.environment;

import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Ids as the service makes them. */
public final class Identifiers {

    private static final Pattern ROOT_ID = Pattern.compile("1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}");
    private static final List<String> OWN_MEMBERS = List.of("Root", "Parent", "Sampled", "Lineage");
    private static final HexFormat HEX = HexFormat.of();

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
        String root = "1-" + HEX.toHexDigits((int) clock.instant().getEpochSecond()) + "-"
                + HEX.toHexDigits(random.nextInt()) + HEX.toHexDigits(random.nextLong());
        return complete(Map.of("Root", root));
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
        return ROOT_ID.matcher(members.getOrDefault("Root", "")).matches() ? complete(members) : null;
    }

    private static String complete(Map<String, String> given) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        StringJoiner members = new StringJoiner(";");
        members.add("Root=" + given.get("Root"));
        members.add("Parent=" + given.getOrDefault("Parent", HEX.toHexDigits(random.nextLong())));
        members.add("Sampled=" + given.getOrDefault("Sampled", "0"));
        members.add("Lineage=" + given.getOrDefault("Lineage", "1:" + HEX.toHexDigits(random.nextInt()) + ":0"));
        given.forEach((name, value) -> {
            if (OWN_MEMBERS.stream().noneMatch(name::equalsIgnoreCase)) {
                members.add(name + "=" + value);
            }
        });
        return members.toString();
    }
}

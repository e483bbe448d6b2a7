package io.lambdasimulator.internal.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the routes of a raw path. Nothing is decoded: a path matches byte for byte or not at all. */
final class RouteTable {

    static final String PARAMETER = "{id}";
    private static final String ANY = "*";

    /** The routes of one path, by method. */
    record Resource(String pattern, Map<String, Route> byMethod) {
        /** Null for a method that is not allowed. */
        @Nullable Route route(String method) {
            Route any = byMethod.get(ANY);
            return any == null ? byMethod.get(method) : any;
        }

        String allowedMethods() {
            return String.join(", ", byMethod.keySet());
        }

        boolean hasParameter() {
            return pattern.contains(PARAMETER);
        }

        private @Nullable String parameterIn(String path) {
            int start = pattern.indexOf(PARAMETER);
            int end = path.length() - (pattern.length() - start - PARAMETER.length());
            boolean matches = end >= start
                    && path.startsWith(pattern.substring(0, start))
                    && path.endsWith(pattern.substring(start + PARAMETER.length()));
            if (!matches) {
                return null;
            }
            String parameter = path.substring(start, end);
            return parameter.contains("/") ? null : parameter;
        }
    }

    /** A resource and what stood in the place of its parameter. */
    record Match(Resource resource, String parameter) {}

    private final Map<String, Resource> exact = new LinkedHashMap<>();
    private final List<Resource> patterns = new ArrayList<>();
    private final @Nullable Resource any;

    RouteTable(List<Route> routes) {
        Map<String, Resource> resources = new LinkedHashMap<>();
        for (Route route : routes) {
            resources
                    .computeIfAbsent(route.path(), path -> new Resource(path, new LinkedHashMap<>()))
                    .byMethod()
                    .put(route.method(), route);
        }
        any = resources.remove(ANY);
        for (Resource resource : resources.values()) {
            if (resource.hasParameter()) {
                patterns.add(resource);
            } else {
                exact.put(resource.pattern(), resource);
            }
        }
    }

    @Nullable Match find(String path) {
        Resource resource = exact.get(path);
        if (resource != null) {
            return new Match(resource, "");
        }
        for (Resource candidate : patterns) {
            String parameter = candidate.parameterIn(path);
            if (parameter != null) {
                return new Match(candidate, parameter);
            }
        }
        return any != null && path.startsWith("/") ? new Match(any, "") : null;
    }
}

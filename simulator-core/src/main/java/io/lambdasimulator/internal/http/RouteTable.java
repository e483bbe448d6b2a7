package io.lambdasimulator.internal.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the routes of a raw path. Nothing is decoded: a path matches byte for byte or not at all. */
final class RouteTable {

    private static final String PARAMETER = "{id}";

    /** The routes of one path, by method. */
    record Resource(String pattern, Map<String, Route> byMethod) {
        String allowedMethods() {
            return String.join(", ", byMethod.keySet());
        }

        String pathWith(String parameter) {
            return pattern.replace(PARAMETER, parameter);
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

    RouteTable(List<Route> routes) {
        Map<String, Resource> resources = new LinkedHashMap<>();
        for (Route route : routes) {
            resources
                    .computeIfAbsent(route.path(), path -> new Resource(path, new LinkedHashMap<>()))
                    .byMethod()
                    .put(route.method(), route);
        }
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
        return null;
    }
}

package io.lambdasimulator.junit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;

/**
 * Which extensions a parameter can take its simulator from. JUnit asks each extension by itself and fails when two say yes, so
 * they have to know of each other: each registers where JUnit first calls it, for a class, or for one test if it is in an
 * instance field.
 */
final class VisibleSimulators {

    private static final Namespace NAMESPACE = Namespace.create(VisibleSimulators.class);

    /**
     * What becomes of a parameter.
     *
     * @param speaker the one extension that answers for it
     * @param problem why there is no simulator for it
     */
    record Choice(LambdaSimulatorExtension speaker, Optional<String> problem) {}

    /** The extensions of one class or test. */
    private static final class Scope {
        private final List<LambdaSimulatorExtension> extensions = new CopyOnWriteArrayList<>();
    }

    private VisibleSimulators() {}

    static void register(LambdaSimulatorExtension extension, ExtensionContext context) {
        boolean isKnown = scopes(context).stream().anyMatch(scope -> scope.extensions.contains(extension));
        if (!isKnown) {
            context.getStore(NAMESPACE)
                    .getOrComputeIfAbsent(context.getUniqueId(), id -> new Scope(), Scope.class)
                    .extensions
                    .add(extension);
        }
    }

    /** Innermost first. */
    private static List<Scope> scopes(ExtensionContext innermost) {
        List<Scope> scopes = new ArrayList<>();
        Optional<ExtensionContext> next = Optional.of(innermost);
        while (next.isPresent()) {
            ExtensionContext context = next.get();
            Scope scope = context.getStore(NAMESPACE).get(context.getUniqueId(), Scope.class);
            if (scope != null) {
                scopes.add(scope);
            }
            next = context.getParent();
        }
        return scopes;
    }

    static Choice choose(ParameterContext parameter, ExtensionContext context) {
        List<LambdaSimulatorExtension> all = scopes(context).stream()
                .flatMap(scope -> scope.extensions.stream())
                .toList();
        Optional<String> wanted = parameter.findAnnotation(Simulator.class).map(Simulator::value);
        List<LambdaSimulatorExtension> candidates = wanted.isEmpty()
                ? innermost(context)
                : all.stream()
                        .filter(extension -> extension.plan(context).name().equals(wanted.get()))
                        .toList();
        if (candidates.size() == 1) {
            return new Choice(candidates.get(0), Optional.empty());
        }
        String problem = candidates.isEmpty()
                ? "no simulator is named \"" + wanted.orElse("") + "\" here; " + names(all, context)
                : candidates.size() + " simulators are "
                        + wanted.map(name -> "named \"" + name + "\" here").orElse("here")
                        + "; give each a name by LambdaSimulatorExtension.named(…) and say which one you mean by"
                        + " @Simulator(\"…\"): " + names(candidates, context);
        return new Choice(all.get(0), Optional.of(problem));
    }

    /** Those of a nested class hide those of the classes around it; those of a test's instance stand beside them. */
    private static List<LambdaSimulatorExtension> innermost(ExtensionContext context) {
        List<LambdaSimulatorExtension> found = new ArrayList<>();
        Optional<ExtensionContext> next = Optional.of(context);
        while (next.isPresent()) {
            ExtensionContext at = next.get();
            Scope scope = at.getStore(NAMESPACE).get(at.getUniqueId(), Scope.class);
            if (scope != null) {
                found.addAll(scope.extensions);
                if (at.getTestMethod().isEmpty()) {
                    break;
                }
            }
            next = at.getParent();
        }
        return found;
    }

    private static String names(List<LambdaSimulatorExtension> extensions, ExtensionContext context) {
        return "there " + (extensions.size() == 1 ? "is " : "are ")
                + extensions.stream()
                        .map(extension -> extension.plan(context).name())
                        .map(name -> name.isEmpty() ? "one without a name" : "\"" + name + "\"")
                        .collect(Collectors.joining(", "));
    }
}

package io.lambdasimulator;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.time.Clock;
import java.time.Instant;

/** The direction of dependencies that {@code docs/architecture.md} draws. */
@AnalyzeClasses(packages = "io.lambdasimulator", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String ROOT = "io.lambdasimulator";
    private static final String[] WORDS = {
        ROOT + ".environment", ROOT + ".event", ROOT + ".invocation", ROOT + ".participant", ROOT + ".time"
    };

    private static final DescribedPredicate<JavaClass> OF_AN_ENGINE = resideInAnyPackage(
            "io.javalin..",
            "org.eclipse.jetty..",
            "jakarta..",
            "kotlin..",
            "com.fasterxml..",
            "com.sun.jna..",
            "picocli..",
            "software.amazon..");

    @ArchTest
    static final ArchRule the_public_words_know_only_each_other = classes()
            .that()
            .resideInAnyPackage(WORDS)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(WORDS).or(resideInAnyPackage("java..", "org.jspecify..")));

    @ArchTest
    static final ArchRule the_domain_knows_nothing_of_http_sockets_processes_or_threads = noClasses()
            .that()
            .resideInAPackage("..internal.environment")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                            "..internal.http",
                            "..internal.process",
                            "..internal.participant",
                            "..cli..",
                            "java.net..",
                            "java.nio.channels..",
                            "java.nio.file..")
                    .or(OF_AN_ENGINE)
                    .or(DescribedPredicate.describe("are processes", type -> type.isAssignableTo(Process.class))));

    @ArchTest
    static final ArchRule http_knows_the_domain_and_not_how_participants_live = noClasses()
            .that()
            .resideInAPackage("..internal.http")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..internal.process", "..internal.participant", "..cli..", ROOT);

    @ArchTest
    static final ArchRule processes_know_nothing_of_the_domain = noClasses()
            .that()
            .resideInAPackage("..internal.process")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..internal.environment", "..internal.http", "..internal.participant", "..cli..", ROOT);

    @ArchTest
    static final ArchRule telemetry_delivery_knows_bytes_and_time_alone = noClasses()
            .that()
            .resideInAPackage("..internal.telemetry.delivery")
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT + "..")
                    .and(not(resideInAnyPackage("..telemetry.delivery", "..internal.time", ROOT + ".time"))));

    @ArchTest
    static final ArchRule nothing_depends_on_the_command_line = noClasses()
            .that(not(resideInAPackage("..cli..")))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..cli..");

    @ArchTest
    static final ArchRule packages_form_no_cycle =
            slices().matching("io.lambdasimulator.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule no_engine_shows_in_a_public_signature = noMethods()
            .that()
            .areDeclaredInClassesThat(not(resideInAnyPackage("..internal..", "..cli..")))
            .should(mentionInItsSignature(OF_AN_ENGINE));

    @ArchTest
    static final ArchRule only_http_and_telemetry_delivery_know_the_engine = noClasses()
            .that()
            .resideOutsideOfPackages("..internal.http", "..internal.telemetry.delivery")
            .should()
            .dependOnClassesThat(
                    resideInAnyPackage("io.javalin..", "org.eclipse.jetty..", "jakarta..", "software.amazon.."));

    @ArchTest
    static final ArchRule time_comes_from_the_clock_that_was_given = noClasses()
            .that()
            .resideInAnyPackage("..internal.environment", "..internal.event", "..internal.telemetry..", ROOT)
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Clock.class, "millis");

    @ArchTest
    static final ArchRule the_library_prints_nothing =
            noClasses().that(not(resideInAPackage("..cli.."))).should(ACCESS_STANDARD_STREAMS);

    private static ArchCondition<JavaMethod> mentionInItsSignature(DescribedPredicate<JavaClass> unwanted) {
        return new ArchCondition<>("mention in its signature classes that " + unwanted.getDescription()) {
            @Override
            public void check(JavaMethod method, ConditionEvents events) {
                boolean mentions = method.getAllInvolvedRawTypes().stream().anyMatch(unwanted);
                events.add(new SimpleConditionEvent(method, mentions, method.getDescription()));
            }
        };
    }
}

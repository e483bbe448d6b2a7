package io.lambdasimulator.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Skips a test, or all tests of a class, where processes cannot be frozen between invocations; the reason is that of
 * {@link io.lambdasimulator.LambdaSimulator#freezingUnsupportedReason()}. Such a platform is Windows.
 *
 * <pre>{@code
 * @Test
 * @EnabledIfFreezingSupported
 * void my_extension_sends_what_it_has_before_it_is_frozen(LambdaSimulator lambda) {
 *     lambda.invoke("{}");
 *     lambda.awaitFrozen(LIMIT);
 *     // …
 * }
 * }</pre>
 */
@Documented
@Inherited
@ExtendWith(FreezingCondition.class)
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface EnabledIfFreezingSupported {}

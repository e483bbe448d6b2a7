package io.lambdasimulator.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says which simulator a parameter takes, where there are several.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final LambdaSimulatorExtension ORDERS = LambdaSimulatorExtension.of(ordersFunction()).named("orders");
 *
 * @RegisterExtension
 * static final LambdaSimulatorExtension PAYMENTS = LambdaSimulatorExtension.of(paymentsFunction()).named("payments");
 *
 * @Test
 * void an_order_is_paid(@Simulator("orders") LambdaSimulator orders, @Simulator("payments") LambdaSimulator payments) {
 *     // …
 * }
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface Simulator {

    /**
     * The name that {@link LambdaSimulatorExtension#named} gave.
     *
     * @return the name
     */
    String value();
}

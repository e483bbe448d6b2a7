package io.lambdasimulator.internal.http;

import io.lambdasimulator.internal.environment.CallRefused;
import io.lambdasimulator.internal.environment.ExecutionEnvironment;
import io.lambdasimulator.internal.environment.Poll;
import java.util.function.Function;

/** A long poll over HTTP: an exchange that stays unanswered, and watched, until there is something to deliver. */
final class ExchangePoll<E> extends Poll<E> {

    private final Exchange exchange;
    private final ExecutionEnvironment environment;
    private final Answers answers;
    private final Function<E, Answer> rendering;

    private ExchangePoll(
            Exchange exchange, ExecutionEnvironment environment, Answers answers, Function<E, Answer> rendering) {
        this.exchange = exchange;
        this.environment = environment;
        this.answers = answers;
        this.rendering = rendering;
    }

    /** Begins to watch the exchange's client; its departure is reported to the environment. */
    static <E> Poll<E> park(
            Exchange exchange, ExecutionEnvironment environment, Answers answers, Function<E, Answer> rendering) {
        ExchangePoll<E> poll = new ExchangePoll<>(exchange, environment, answers, rendering);
        exchange.park(() -> environment.withdraw(poll));
        return poll;
    }

    @Override
    public void deliver(E event) {
        answers.send(exchange, rendering.apply(event));
    }

    @Override
    public void refuse(CallRefused refusal) {
        answers.refuse(exchange, refusal);
    }

    @Override
    public void probe() {
        if (exchange.isGone()) {
            environment.withdraw(this);
        }
    }

    @Override
    public void drop() {
        exchange.drop();
    }
}

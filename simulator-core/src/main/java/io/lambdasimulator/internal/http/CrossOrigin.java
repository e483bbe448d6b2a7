package io.lambdasimulator.internal.http;

import java.util.stream.Collectors;

/** What a browser needs to be let in: a page of any origin may invoke and read the answer, errors included. */
final class CrossOrigin {

    private static final String ANY = "*";

    private CrossOrigin() {}

    /** Answers a preflight. */
    static void preflight(Exchange exchange) {
        String wanted = exchange.header("Access-Control-Request-Headers");
        exchange.answer(Answer.empty(204)
                .with("Access-Control-Allow-Origin", ANY)
                .with("Access-Control-Allow-Methods", "POST, OPTIONS")
                .with("Access-Control-Allow-Headers", wanted == null || wanted.isEmpty() ? ANY : wanted)
                .with("Access-Control-Max-Age", "86400"));
    }

    /** Lets a page of another origin read an answer with all its headers; for other callers the answer stays as it is. */
    static Answer open(Exchange exchange, Answer answer) {
        if (exchange.header("Origin") == null) {
            return answer;
        }
        String names = answer.headers().stream().map(Answer.Header::name).collect(Collectors.joining(", "));
        return answer.with("Access-Control-Allow-Origin", ANY).with("Access-Control-Expose-Headers", names);
    }
}

package io.lambdasimulator.internal.http;

import java.nio.charset.StandardCharsets;

/** What tests need around bodies. */
final class Bodies {

    private Bodies() {}

    /** A reader for which each outcome that is not overridden is a failure of the test. */
    static class Reader implements Exchange.BodyReader {
        @Override
        public void complete(byte[] body) {
            throw new AssertionError("complete: " + text(body));
        }

        @Override
        public void truncated() {
            throw new AssertionError("truncated");
        }

        @Override
        public void tooLarge(long size) {
            throw new AssertionError("too large: " + size);
        }
    }

    /** Answers with what became of the body. */
    static Exchange.BodyReader tell(Exchange exchange) {
        return new Exchange.BodyReader() {
            @Override
            public void complete(byte[] body) {
                exchange.answer(ok("complete:" + text(body)));
            }

            @Override
            public void truncated() {
                exchange.answer(ok("truncated"));
            }

            @Override
            public void tooLarge(long size) {
                exchange.answer(ok("too large:" + size));
            }
        };
    }

    static Answer ok(String text) {
        return Answer.of(200, "text/x", text.getBytes(StandardCharsets.ISO_8859_1));
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}

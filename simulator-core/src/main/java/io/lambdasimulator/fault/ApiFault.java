package io.lambdasimulator.fault;

import java.time.Duration;

/** What goes wrong with an API call. Whatever it is, only {@link Delay} lets the call reach the environment. */
public sealed interface ApiFault {

    /**
     * The call is held back, then taken as if it came only now. A client that leaves meanwhile is treated as one that
     * leaves right after its call.
     *
     * @param delay how long, by the environment's clock; from 0 to 365 days
     */
    record Delay(Duration delay) implements ApiFault {
        private static final Duration LONGEST = Duration.ofDays(365);

        /**
         * Checks the delay.
         *
         * @param delay how long
         * @throws IllegalArgumentException when it is negative or longer than 365 days
         */
        public Delay {
            if (delay.isNegative() || delay.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(
                        "a call is delayed by a duration from 0 to 365 days, not by " + delay);
            }
        }

        @Override
        public String describe() {
            return "delayed by " + (delay.toMillis() < 1000 ? delay.toMillis() + " ms" : delay.toMillis() / 1e3 + " s");
        }
    }

    /** The request is read, and the connection closed without an answer. */
    record Drop() implements ApiFault {
        @Override
        public String describe() {
            return "dropped";
        }
    }

    /** The request is read, and the connection reset (TCP {@code RST}), which a client sees as an error of its socket. */
    record Reset() implements ApiFault {
        @Override
        public String describe() {
            return "reset";
        }
    }

    /**
     * The call is answered with an error, in the form in which the APIs answer theirs:
     * {@code {"errorMessage":"…","errorType":"…"}}.
     *
     * @param status the HTTP status, from 400 to 599
     * @param errorType the value of {@code errorType}
     * @param errorMessage the value of {@code errorMessage}
     */
    record Answer(int status, String errorType, String errorMessage) implements ApiFault {
        /**
         * Checks the status.
         *
         * @param status the HTTP status, from 400 to 599
         * @param errorType the value of {@code errorType}
         * @param errorMessage the value of {@code errorMessage}
         * @throws IllegalArgumentException when it is not that of an error
         */
        public Answer {
            if (status < 400 || status > 599) {
                throw new IllegalArgumentException(
                        status + " is no status of an error: a fault answers with one from 400 to 599");
            }
        }

        @Override
        public String describe() {
            return "answered with " + status + " " + errorType;
        }
    }

    /**
     * What becomes of the call, for people.
     *
     * @return a few words, such as {@code delayed by 500 ms}
     */
    String describe();
}

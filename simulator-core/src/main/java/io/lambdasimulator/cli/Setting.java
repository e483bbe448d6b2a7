package io.lambdasimulator.cli;

import java.util.Collection;
import java.util.function.Function;

/**
 * A value that a user gave, with the option or environment variable that it came from, so that a complaint can name it.
 *
 * @param source such as {@code --timeout}
 * @param value the value as given
 */
record Setting(String source, String value) {

    int wholeNumber(int least, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw wrong("cannot be: use a whole number from " + least + " to " + most);
    }

    /** One of some constants, by its name in any case. */
    <E extends Enum<E>> E constant(Collection<E> constants) {
        return constants.stream()
                .filter(constant -> constant.name().equalsIgnoreCase(value))
                .findFirst()
                .orElseThrow(() -> wrong("is not one of " + constants));
    }

    /** Hands the value on; a refusal names the source. */
    <T> T to(Function<String, T> receiver) {
        try {
            return receiver.apply(value);
        } catch (IllegalArgumentException e) {
            throw new WrongSetting(source + ": " + e.getMessage());
        }
    }

    WrongSetting wrong(String complaint) {
        return new WrongSetting(source + ": \"" + value + "\" " + complaint);
    }

    /** A value that cannot be used; the message is for the user. */
    static final class WrongSetting extends RuntimeException {
        private static final long serialVersionUID = 1;

        WrongSetting(String message) {
            super(message);
        }
    }
}

package io.lambdasimulator.internal.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** Whether bytes are JSON, without making anything of them. */
final class JsonText {

    private static final JsonFactory FACTORY = new JsonFactory();

    private JsonText() {}

    /**
     * Checks that bytes are exactly one JSON value.
     *
     * @throws JsonParseException if they are not; the message says where
     */
    static void require(byte[] bytes) throws IOException {
        try (JsonParser parser = FACTORY.createParser(bytes)) {
            boolean isOne = parser.nextToken() != null;
            parser.skipChildren();
            if (!isOne || parser.nextToken() != null) {
                throw new JsonParseException(parser, "exactly one JSON value is expected");
            }
        }
    }

    static boolean is(byte[] bytes) {
        try {
            require(bytes);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether bytes are a JSON object. */
    static boolean isObject(byte[] bytes) {
        try (JsonParser parser = FACTORY.createParser(bytes)) {
            return parser.nextToken() == JsonToken.START_OBJECT && is(bytes);
        } catch (IOException e) {
            return false;
        }
    }
}

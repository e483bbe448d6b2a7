package io.lambdasimulator.internal.http;

import io.lambdasimulator.internal.json.GoJson;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/**
 * The events of a response-streaming invocation in AWS's encoding (AWS: InvokeWithResponseStreamResponseEvent). The longest
 * payload of a message is 16 MiB, more than any piece of a response.
 */
final class EventStreamFrames {

    static final String CONTENT_TYPE = "application/vnd.amazon.eventstream";

    /** So that no way of escaping it makes a message too long. */
    private static final int LONGEST_DETAILS = 2 * 1024 * 1024;

    private EventStreamFrames() {}

    /** {@code PayloadChunk}: a piece of the response. */
    static byte[] payloadChunk(byte[] bytes) {
        return event("PayloadChunk", "application/octet-stream", bytes);
    }

    /** {@code InvokeComplete} with what it has to tell: {@code ErrorCode}, {@code ErrorDetails}, {@code LogResult}. */
    static byte[] invokeComplete(Map<String, String> members) {
        Map<String, String> cut = new LinkedHashMap<>(members);
        cut.computeIfPresent(
                "ErrorDetails",
                (name, details) ->
                        details.length() <= LONGEST_DETAILS ? details : details.substring(0, LONGEST_DETAILS));
        return event("InvokeComplete", "application/json", GoJson.bytes(cut));
    }

    private static byte[] event(String type, String contentType, byte[] payload) {
        Map<String, HeaderValue> headers = new LinkedHashMap<>();
        headers.put(":event-type", HeaderValue.fromString(type));
        headers.put(":content-type", HeaderValue.fromString(contentType));
        headers.put(":message-type", HeaderValue.fromString("event"));
        return new Message(headers, payload).toByteBuffer().array();
    }
}

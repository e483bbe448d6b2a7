package io.lambdasimulator.internal.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** Header values as text: UTF-8 where the bytes are UTF-8, as every client of today means them. */
final class HeaderText {

    private HeaderText() {}

    static @Nullable String decode(@Nullable String latin1) {
        if (latin1 == null || isAscii(latin1)) {
            return latin1;
        }
        try {
            byte[] bytes = latin1.getBytes(StandardCharsets.ISO_8859_1);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return latin1;
        }
    }

    /** A field without Jetty's own constant for the name, which would decide how the name is spelled. */
    static HttpField field(Answer.Header header) {
        String value = header.value();
        if (!isAscii(value)) {
            value = new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        }
        return new HttpField((HttpHeader) null, header.name(), value);
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }
}

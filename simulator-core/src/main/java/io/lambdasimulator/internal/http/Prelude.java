package io.lambdasimulator.internal.http;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the prelude of a streamed HTTP response, which ends in eight NUL bytes, in pieces of any size (spec: aws-contract
 * §1.8). The limit is the one that AWS documents of API Gateway for the same format.
 */
final class Prelude {

    private static final String CONTENT_TYPE = "application/vnd.awslambda.http-integration-response";

    static final int LONGEST = 16 * 1024;

    private static final int NULS = 8;

    private final ByteArrayOutputStream json = new ByteArrayOutputStream();
    private int nuls;

    /** Whether a response of this media type begins with a prelude. */
    static boolean isAnnouncedBy(@Nullable String contentType) {
        return contentType != null && contentType.split(";", 2)[0].strip().equalsIgnoreCase(CONTENT_TYPE);
    }

    /**
     * Takes a piece.
     *
     * @return what of the piece is behind the prelude, when that is complete; null before
     */
    byte @Nullable [] add(byte[] piece) throws FunctionUrlResponse.Malformed {
        for (int i = 0; i < piece.length; i++) {
            if (piece[i] != 0) {
                for (; nuls > 0; nuls--) {
                    json.write(0); // they were no end
                }
                json.write(piece[i]);
            } else if (++nuls == NULS) {
                return Arrays.copyOfRange(piece, i + 1, piece.length);
            }
            if (json.size() + nuls > LONGEST) {
                throw new FunctionUrlResponse.Malformed("the prelude of the response does not end in " + NULS
                        + " NUL bytes within its first " + LONGEST + " bytes");
            }
        }
        return null;
    }

    /** What came before the NUL bytes. */
    byte[] json() {
        return json.toByteArray();
    }
}

package io.lambdasimulator.internal.http;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletionStage;
import org.eclipse.jetty.http.HttpFields;
import org.jspecify.annotations.Nullable;

/** Where the pieces of a body go. Called by one thread at a time. */
interface BodySink {

    BodySink NOWHERE = new BodySink() {
        @Override
        public @Nullable CompletionStage<?> piece(byte[] bytes) {
            return null;
        }

        @Override
        public void complete(@Nullable HttpFields trailers) {}

        @Override
        public void truncated() {}
    };

    /** Takes a piece. The next one comes when the stage is complete, or at once if there is none. */
    @Nullable CompletionStage<?> piece(byte[] bytes);

    void complete(@Nullable HttpFields trailers);

    void truncated();

    /** Keeps the body up to a limit. */
    final class Whole implements BodySink {
        private static final int FIRST_GUESS_AT_MOST = 8 * 1024 * 1024;

        private final long limit;
        private final Exchange.BodyReader reader;
        private final ByteArrayOutputStream kept;
        private final long announced;
        private long size;
        private boolean isTooLarge;

        Whole(long limit, long announced, Exchange.BodyReader reader) {
            this.limit = limit;
            this.announced = announced;
            this.reader = reader;
            long guess = Math.max(0, Math.min(announced, Math.min(limit, FIRST_GUESS_AT_MOST)));
            this.kept = new ByteArrayOutputStream((int) guess);
        }

        @Override
        public @Nullable CompletionStage<?> piece(byte[] bytes) {
            size += bytes.length;
            if (size <= limit) {
                kept.write(bytes, 0, bytes.length);
            } else {
                tooLarge();
            }
            return null;
        }

        /** Whether the length that is announced exceeds the limit; the reader is told. */
        boolean isAnnouncedTooLarge() {
            if (announced > limit) {
                tooLarge();
            }
            return isTooLarge;
        }

        private void tooLarge() {
            if (!isTooLarge) {
                isTooLarge = true;
                kept.reset();
                reader.tooLarge(Math.max(size, announced));
            }
        }

        @Override
        public void complete(@Nullable HttpFields trailers) {
            if (!isTooLarge) {
                reader.complete(kept.toByteArray());
            }
        }

        @Override
        public void truncated() {
            if (!isTooLarge) {
                reader.truncated();
            }
        }
    }

    /** Hands the body on as it arrives. */
    final class Pieces implements BodySink {
        private final Exchange.BodyStream stream;

        Pieces(Exchange.BodyStream stream) {
            this.stream = stream;
        }

        @Override
        public CompletionStage<?> piece(byte[] bytes) {
            return stream.piece(bytes);
        }

        @Override
        public void complete(@Nullable HttpFields trailers) {
            stream.end(name -> trailers == null ? null : HeaderText.decode(trailers.get(name)));
        }

        @Override
        public void truncated() {
            stream.truncated();
        }
    }
}

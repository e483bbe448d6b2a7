package io.lambdasimulator.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ResponseInputStreamTest {

    private final ResponseInputStream stream = new ResponseInputStream();

    @Test
    void what_was_written_is_read_in_order_and_ends() throws IOException {
        stream.piece(new byte[] {1, 2, 3});
        stream.piece(new byte[] {4});
        stream.ends(null, null);

        assertThat(stream.readAllBytes()).containsExactly(1, 2, 3, 4);
        assertThat(stream.read()).isEqualTo(-1);
    }

    @Test
    void the_writer_is_held_back_until_the_reader_has_caught_up() throws IOException {
        CompletableFuture<?> first = stream.piece(new byte[128 * 1024]).toCompletableFuture();
        CompletableFuture<?> second = stream.piece(new byte[64 * 1024]).toCompletableFuture();
        assertThat(first).isDone();
        assertThat(second).isNotDone();

        stream.readNBytes(64 * 1024);

        assertThat(second).isDone();
    }

    @Test
    void a_reader_that_goes_lets_the_writer_go_on() {
        CompletableFuture<?> held = stream.piece(new byte[1024 * 1024]).toCompletableFuture();
        assertThat(held).isNotDone();

        stream.close();

        assertThat(held).isDone();
        assertThat(stream.piece(new byte[1024 * 1024]).toCompletableFuture()).isDone();
        assertThatThrownBy(stream::read).isInstanceOf(IOException.class).hasMessage("the response stream is closed");
    }

    @Test
    void the_end_lets_a_writer_go_on_that_is_held_back() {
        CompletableFuture<?> held = stream.piece(new byte[1024 * 1024]).toCompletableFuture();

        stream.ends(null, null);

        assertThat(held).isDone();
    }
}

/* An echo server on libuv's streams: writes at once what the socket takes, and queues the rest. */
#include "CPeer.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

static char buffer[64 * 1024];

struct rest {
    uv_write_t request;
    char bytes[];
};

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *result) {
    (void)handle, (void)suggested;
    *result = uv_buf_init(buffer, sizeof buffer);
}

static void on_closed(uv_handle_t *handle) {
    free(handle);
}

static void close_stream(uv_stream_t *stream) {
    if (!uv_is_closing((uv_handle_t *)stream)) uv_close((uv_handle_t *)stream, on_closed);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *bytes);

static void on_written(uv_write_t *request, int status) {
    uv_stream_t *stream = request->handle;
    free(request);
    if (status < 0) close_stream(stream);
    else uv_read_start(stream, on_alloc, on_read);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *bytes) {
    if (count == 0) return;
    if (count < 0) {
        close_stream(stream);
        return;
    }
    uv_buf_t all = uv_buf_init(bytes->base, (unsigned)count);
    int sent = uv_try_write(stream, &all, 1);
    if (sent == count) return;
    if (sent < 0 && sent != UV_EAGAIN) {
        close_stream(stream);
        return;
    }
    if (sent < 0) sent = 0;
    size_t left = (size_t)(count - sent);
    struct rest *rest = malloc(sizeof *rest + left);
    if (rest == NULL) {
        close_stream(stream);
        return;
    }
    memcpy(rest->bytes, bytes->base + sent, left);
    uv_buf_t queued = uv_buf_init(rest->bytes, (unsigned)left);
    /* Nothing is read while something waits to be written. */
    uv_read_stop(stream);
    if (uv_write(&rest->request, stream, &queued, 1, on_written) < 0) {
        free(rest);
        close_stream(stream);
    }
}

static void on_connection(uv_stream_t *listener, int status) {
    if (status < 0) return;
    uv_tcp_t *stream = malloc(sizeof *stream);
    if (stream == NULL) return;
    uv_tcp_init(listener->loop, stream);
    if (uv_accept(listener, (uv_stream_t *)stream) < 0) {
        close_stream((uv_stream_t *)stream);
        return;
    }
    uv_tcp_nodelay(stream, 1);
    uv_read_start((uv_stream_t *)stream, on_alloc, on_read);
}

int main(void) {
    int listener = peer_listen();
    uv_tcp_t server;
    uv_tcp_init(uv_default_loop(), &server);
    if (uv_tcp_open(&server, listener) < 0) return 1;
    if (uv_listen((uv_stream_t *)&server, 4096, on_connection) < 0) return 1;
    peer_announce(listener);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

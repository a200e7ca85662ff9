/* An echo server on libev, level-triggered: reads and writes itself, and waits for room only when there is none. */
#include "CPeer.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    ev_io watcher;
    char *rest; /* what the socket did not take; nothing is read meanwhile */
    size_t start, end;
};

static char buffer[64 * 1024];

static void close_connection(struct ev_loop *loop, struct connection *connection) {
    ev_io_stop(loop, &connection->watcher);
    close(connection->watcher.fd);
    free(connection->rest);
    free(connection);
}

static void wait_for(struct ev_loop *loop, struct connection *connection, int events) {
    ev_io_stop(loop, &connection->watcher);
    ev_io_set(&connection->watcher, connection->watcher.fd, events);
    ev_io_start(loop, &connection->watcher);
}

static void flush(struct ev_loop *loop, struct connection *connection) {
    size_t left = connection->end - connection->start;
    ssize_t sent = send(connection->watcher.fd, connection->rest + connection->start, left, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) close_connection(loop, connection);
        return;
    }
    connection->start += (size_t)sent;
    if (connection->start < connection->end) return;
    free(connection->rest);
    connection->rest = NULL;
    wait_for(loop, connection, EV_READ);
}

static void on_ready(struct ev_loop *loop, ev_io *watcher, int events) {
    struct connection *connection = (struct connection *)watcher;
    if (events & EV_WRITE) {
        flush(loop, connection);
        return;
    }
    ssize_t count = read(watcher->fd, buffer, sizeof buffer);
    if (count < 0 && errno == EAGAIN) return;
    ssize_t sent = count > 0 ? send(watcher->fd, buffer, (size_t)count, MSG_NOSIGNAL) : -1;
    if (sent == count) return;
    if (count <= 0 || (sent < 0 && errno != EAGAIN)) {
        close_connection(loop, connection);
        return;
    }
    if (sent < 0) sent = 0;
    connection->end = (size_t)(count - sent);
    connection->start = 0;
    connection->rest = malloc(connection->end);
    if (connection->rest == NULL) {
        close_connection(loop, connection);
        return;
    }
    memcpy(connection->rest, buffer + sent, connection->end);
    wait_for(loop, connection, EV_WRITE);
}

static void on_accept(struct ev_loop *loop, ev_io *watcher, int events) {
    (void)events;
    for (int i = 0; i < 64; i++) {
        int descriptor = peer_accept(watcher->fd);
        if (descriptor < 0) return;
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection == NULL) {
            close(descriptor);
            return;
        }
        ev_io_init(&connection->watcher, on_ready, descriptor, EV_READ);
        ev_io_start(loop, &connection->watcher);
    }
}

int main(void) {
    struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL);
    int listener = peer_listen();
    ev_io watcher;
    ev_io_init(&watcher, on_accept, listener, EV_READ);
    ev_io_start(loop, &watcher);
    peer_announce(listener);
    ev_run(loop, 0);
}

#include "CBaselines.h"
#include "echo_libevent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    struct server *server;
    struct event *readable;
    struct event *writable;
    char *rest; /* what the socket did not take; while there is any, nothing is read */
    size_t rest_start, rest_end;
    LIST_ENTRY(connection) entry;
};

struct server {
    struct echo_server echo;
    LIST_HEAD(, connection) connections;
    char buffer[64 * 1024];
};

static void close_connection(struct connection *connection) {
    LIST_REMOVE(connection, entry);
    evutil_socket_t descriptor = -1;
    if (connection->readable != NULL) {
        descriptor = event_get_fd(connection->readable);
        event_free(connection->readable);
    }
    if (connection->writable != NULL) event_free(connection->writable);
    if (descriptor >= 0) close(descriptor);
    free(connection->rest);
    free(connection);
}

static int would_block(void) {
    return errno == EAGAIN || errno == EINTR;
}

/* Takes what the socket did not; reading goes on when it has all been sent. */
static int keep(struct connection *connection, const char *bytes, size_t count) {
    connection->rest = malloc(count);
    if (connection->rest == NULL) return -1;
    memcpy(connection->rest, bytes, count);
    connection->rest_start = 0;
    connection->rest_end = count;
    event_del(connection->readable);
    return event_add(connection->writable, NULL);
}

static void on_readable(evutil_socket_t descriptor, short what, void *context) {
    (void)what;
    struct connection *connection = context;
    char *buffer = connection->server->buffer;
    ssize_t count = read(descriptor, buffer, sizeof connection->server->buffer);
    if (count < 0 && would_block()) return;
    if (count <= 0) {
        close_connection(connection);
        return;
    }
    ssize_t sent = send(descriptor, buffer, (size_t)count, MSG_NOSIGNAL);
    if (sent == count) return;
    if (sent < 0 && would_block()) sent = 0;
    if (sent < 0 || keep(connection, buffer + sent, (size_t)(count - sent)) < 0) close_connection(connection);
}

static void on_writable(evutil_socket_t descriptor, short what, void *context) {
    (void)what;
    struct connection *connection = context;
    size_t left = connection->rest_end - connection->rest_start;
    ssize_t sent = send(descriptor, connection->rest + connection->rest_start, left, MSG_NOSIGNAL);
    if (sent < 0 && would_block()) return;
    if (sent < 0) {
        close_connection(connection);
        return;
    }
    connection->rest_start += (size_t)sent;
    if (connection->rest_start < connection->rest_end) return;
    free(connection->rest);
    connection->rest = NULL;
    event_del(connection->writable);
    event_add(connection->readable, NULL);
}

static void on_accept(
    struct evconnlistener *listener, evutil_socket_t descriptor, struct sockaddr *peer, int length, void *context
) {
    (void)listener, (void)peer, (void)length;
    struct server *server = context;
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        close(descriptor);
        return;
    }
    connection->server = server;
    LIST_INSERT_HEAD(&server->connections, connection, entry);
    struct event_base *base = server->echo.base;
    connection->readable = event_new(base, descriptor, EV_READ | EV_PERSIST, on_readable, connection);
    connection->writable = event_new(base, descriptor, EV_WRITE | EV_PERSIST, on_writable, connection);
    if (connection->readable == NULL) close(descriptor);
    if (connection->readable == NULL || connection->writable == NULL || event_add(connection->readable, NULL) < 0) {
        close_connection(connection);
    }
}

int cbaseline_echo_event(int listener, const char *method) {
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) return -ENOMEM;
    LIST_INIT(&server->connections);
    int result = echo_server_open(&server->echo, listener, method, on_accept, server);
    if (result == 0) {
        echo_server_run(&server->echo);
        while (!LIST_EMPTY(&server->connections)) close_connection(LIST_FIRST(&server->connections));
        echo_server_close(&server->echo);
    }
    free(server);
    return result;
}

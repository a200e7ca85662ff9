#define _GNU_SOURCE
#include "echo_epoll.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)
#define EVENTS_PER_WAIT 256
#define READS_PER_TURN 16
#define ACCEPTS_PER_TURN 64

struct connection {
    int descriptor;
    char *pending; /* what the peer has not taken yet; nothing is read meanwhile */
    size_t pending_start;
    size_t pending_end;
    struct connection *previous;
    struct connection *next;
};

struct server {
    int epoll;
    int listener;
    bool edge;
    struct connection connections; /* head of the list, to free what is left at the end */
    char buffer[BUFFER_SIZE];
};

enum verdict { KEEP, CLOSE };

static int stop_event = -1;

static void on_stop(int signal) {
    (void)signal;
    int saved = errno;
    const uint64_t one = 1;
    (void)!write(stop_event, &one, sizeof one);
    errno = saved;
}

static int control(struct server *server, int operation, int descriptor, uint32_t events, void *context) {
    struct epoll_event event = {.events = events, .data = {.ptr = context}};
    return epoll_ctl(server->epoll, operation, descriptor, &event) < 0 ? -errno : 0;
}

static uint32_t interest(const struct server *server, bool has_pending) {
    if (has_pending) return EPOLLOUT | (server->edge ? EPOLLET : 0);
    return server->edge ? EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET : EPOLLIN;
}

static void watch_again(struct server *server, struct connection *connection) {
    control(
        server, EPOLL_CTL_MOD, connection->descriptor, interest(server, connection->pending != NULL), connection
    );
}

static long read_some(int descriptor, void *buffer, size_t count) {
    long result;
    do {
        result = read(descriptor, buffer, count);
    } while (result < 0 && errno == EINTR);
    return result;
}

static long write_some(int descriptor, const void *bytes, size_t count) {
    long result;
    do {
        result = send(descriptor, bytes, count, MSG_NOSIGNAL);
    } while (result < 0 && errno == EINTR);
    return result < 0 && errno == EAGAIN ? 0 : result;
}

static enum verdict flush(struct server *server, struct connection *connection) {
    size_t left = connection->pending_end - connection->pending_start;
    long written = write_some(connection->descriptor, connection->pending + connection->pending_start, left);
    if (written < 0) return CLOSE;
    connection->pending_start += (size_t)written;
    if ((size_t)written < left) return KEEP;
    free(connection->pending);
    connection->pending = NULL;
    /* The kernel looks anew, so an edge that passed while nothing was read is not lost. */
    watch_again(server, connection);
    return KEEP;
}

static enum verdict keep_for_later(
    struct server *server, struct connection *connection, const char *bytes, size_t count
) {
    connection->pending = malloc(count);
    if (connection->pending == NULL) return CLOSE;
    memcpy(connection->pending, bytes, count);
    connection->pending_start = 0;
    connection->pending_end = count;
    watch_again(server, connection);
    return KEEP;
}

static enum verdict echo(struct server *server, struct connection *connection, uint32_t events) {
    if (connection->pending != NULL) return flush(server, connection);
    for (int i = 0; i < READS_PER_TURN; i++) {
        long count = read_some(connection->descriptor, server->buffer, BUFFER_SIZE);
        if (count == 0) return CLOSE;
        if (count < 0) return errno == EAGAIN ? KEEP : CLOSE;
        long written = write_some(connection->descriptor, server->buffer, (size_t)count);
        if (written < 0) return CLOSE;
        if (written < count) {
            return keep_for_later(server, connection, server->buffer + written, (size_t)(count - written));
        }
        /* A short read has emptied the socket, unless it ended at a mark or before the end of the stream. */
        if (count < BUFFER_SIZE && !(events & ~EPOLLIN)) return KEEP;
        if (!server->edge) return KEEP;
    }
    watch_again(server, connection);
    return KEEP;
}

static void close_connection(struct connection *connection) {
    close(connection->descriptor);
    connection->previous->next = connection->next;
    connection->next->previous = connection->previous;
    free(connection->pending);
    free(connection);
}

static void accept_connections(struct server *server) {
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int descriptor = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) return;
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection == NULL) {
            close(descriptor);
            return;
        }
        connection->descriptor = descriptor;
        connection->previous = &server->connections;
        connection->next = server->connections.next;
        connection->next->previous = connection;
        server->connections.next = connection;
        if (control(server, EPOLL_CTL_ADD, descriptor, interest(server, false), connection) < 0) {
            close_connection(connection);
        }
    }
}

/* Closing a connection frees it at once: each is in a batch at most once, and only its own event closes it. */
static int serve(struct server *server) {
    struct epoll_event events[EVENTS_PER_WAIT];
    while (true) {
        int count = epoll_wait(server->epoll, events, EVENTS_PER_WAIT, -1);
        if (count < 0 && errno != EINTR) return -errno;
        for (int i = 0; i < count; i++) {
            void *context = events[i].data.ptr;
            if (context == &stop_event) return 0;
            if (context == server) {
                accept_connections(server);
            } else if (echo(server, context, events[i].events) == CLOSE) {
                close_connection(context);
            }
        }
    }
}

static int open_and_serve(struct server *server) {
    stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (stop_event < 0 || server->epoll < 0) return -errno;
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    struct sigaction old_interrupt, old_terminate;
    sigaction(SIGINT, &action, &old_interrupt);
    sigaction(SIGTERM, &action, &old_terminate);
    int result = control(server, EPOLL_CTL_ADD, stop_event, EPOLLIN, &stop_event);
    if (result == 0) result = control(server, EPOLL_CTL_ADD, server->listener, EPOLLIN, server);
    if (result == 0) result = serve(server);
    sigaction(SIGINT, &old_interrupt, NULL);
    sigaction(SIGTERM, &old_terminate, NULL);
    return result;
}

int cbaseline_echo_epoll(int listener, bool edge) {
    struct server *server = malloc(sizeof *server);
    if (server == NULL) return -ENOMEM;
    server->epoll = -1;
    server->listener = listener;
    server->edge = edge;
    server->connections.next = server->connections.previous = &server->connections;
    int result = open_and_serve(server);
    while (server->connections.next != &server->connections) close_connection(server->connections.next);
    if (server->epoll >= 0) close(server->epoll);
    if (stop_event >= 0) close(stop_event);
    stop_event = -1;
    free(server);
    return result;
}

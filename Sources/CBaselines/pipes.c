#include <sys/types.h>

#include "pipes.h"

#include "echo_libevent.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 256

struct cbaseline_pipes {
    int count;
    int (*pairs)[2];
    /* One of the two. */
    int epoll;
    struct event_base *base;
    struct event **events;
    /* Of the round. */
    int writes;
    int64_t bytes;
    int64_t sum;
    bool cascades;
    int error;
};

static int send_byte(struct cbaseline_pipes *pipes, int index) {
    return send(pipes->pairs[index][1], "e", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* Takes a byte and passes it on: 0 or -errno. */
static inline int advance(struct cbaseline_pipes *pipes, int index) {
    char byte;
    if (read(pipes->pairs[index][0], &byte, 1) != 1) return 0;
    pipes->sum += index;
    /* The rest of the bytes were written to begin with. */
    if (pipes->bytes++ >= pipes->writes) return 0;
    return send_byte(pipes, index + 1 < pipes->count ? index + 1 : 0);
}

/* What libevent's callback is given. */
struct member {
    struct cbaseline_pipes *pipes;
    int index;
};

static void on_readable(evutil_socket_t descriptor, short what, void *context) {
    (void)descriptor, (void)what;
    struct member *member = context;
    int result = advance(member->pipes, member->index);
    if (result < 0) member->pipes->error = result;
}

static int watch(struct cbaseline_pipes *pipes, int index) {
    if (pipes->base != NULL) return event_add(pipes->events[index], NULL) < 0 ? -ENOMEM : 0;
    struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = (uint64_t)index}};
    return epoll_ctl(pipes->epoll, EPOLL_CTL_ADD, pipes->pairs[index][0], &event) < 0 ? -errno : 0;
}

static int make_event(struct cbaseline_pipes *pipes, int index, bool persists) {
    struct member *member = malloc(sizeof *member);
    if (member == NULL) return -ENOMEM;
    *member = (struct member){.pipes = pipes, .index = index};
    short flags = (short)(EV_READ | (persists ? EV_PERSIST : 0));
    pipes->events[index] = event_new(pipes->base, pipes->pairs[index][0], flags, on_readable, member);
    if (pipes->events[index] != NULL) return 0;
    free(member);
    return -ENOMEM;
}

static int open_all(struct cbaseline_pipes *pipes, int count, const char *method, bool watched) {
    pipes->pairs = calloc((size_t)count, sizeof *pipes->pairs);
    pipes->events = calloc((size_t)count, sizeof *pipes->events);
    if (pipes->pairs == NULL || pipes->events == NULL) return -ENOMEM;
    if (method != NULL) {
        pipes->base = echo_base_on(method);
        if (pipes->base == NULL) return -ENOTSUP;
    } else {
        pipes->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (pipes->epoll < 0) return -errno;
    }
    for (pipes->count = 0; pipes->count < count; pipes->count++) {
        int index = pipes->count;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pipes->pairs[index]) < 0) return -errno;
        int result = method != NULL ? make_event(pipes, index, watched) : 0;
        if (result == 0 && watched) result = watch(pipes, index);
        if (result < 0) {
            pipes->count++;
            return result;
        }
    }
    return 0;
}

int cbaseline_pipes_open(struct cbaseline_pipes **pipes, int count, const char *method, int watched) {
    *pipes = calloc(1, sizeof **pipes);
    if (*pipes == NULL) return -ENOMEM;
    (*pipes)->epoll = -1;
    int result = open_all(*pipes, count, method, watched != 0);
    if (result == 0) return 0;
    cbaseline_pipes_close(*pipes);
    *pipes = NULL;
    return result;
}

void cbaseline_pipes_close(struct cbaseline_pipes *pipes) {
    for (int i = 0; i < pipes->count; i++) {
        if (pipes->events[i] != NULL) {
            free(event_get_callback_arg(pipes->events[i]));
            event_free(pipes->events[i]);
        }
        close(pipes->pairs[i][0]);
        close(pipes->pairs[i][1]);
    }
    if (pipes->base != NULL) event_base_free(pipes->base);
    if (pipes->epoll >= 0) close(pipes->epoll);
    free(pipes->pairs);
    free(pipes->events);
    free(pipes);
}

/* A turn of the loop: 0 or -errno. */
static int turn(struct cbaseline_pipes *pipes) {
    if (pipes->base != NULL) {
        if (event_base_loop(pipes->base, EVLOOP_ONCE) < 0) return -EIO;
        return pipes->error;
    }
    struct epoll_event events[BATCH];
    int ready = epoll_wait(pipes->epoll, events, BATCH, -1);
    if (ready < 0 && errno != EINTR) return -errno;
    for (int i = 0; i < ready; i++) {
        int index = (int)events[i].data.u64;
        if (pipes->cascades && epoll_ctl(pipes->epoll, EPOLL_CTL_DEL, pipes->pairs[index][0], NULL) < 0) return -errno;
        int result = advance(pipes, index);
        if (result < 0) return result;
    }
    return 0;
}

static int64_t run(struct cbaseline_pipes *pipes, int active, int writes, int64_t *sum) {
    int stride = pipes->count / active;
    pipes->writes = writes;
    pipes->bytes = 0;
    pipes->sum = 0;
    int result = 0;
    for (int i = 0; i < active && result == 0; i++) result = send_byte(pipes, i * stride);
    while (result == 0 && pipes->bytes < active + writes) result = turn(pipes);
    *sum += pipes->sum;
    return result < 0 ? result : pipes->bytes;
}

int64_t cbaseline_pipes_run(struct cbaseline_pipes *pipes, int active, int writes, int64_t *sum) {
    pipes->cascades = false;
    return run(pipes, active, writes, sum);
}

int64_t cbaseline_pipes_cascade(struct cbaseline_pipes *pipes, int64_t *sum) {
    pipes->cascades = true;
    for (int i = 0; i < pipes->count; i++) {
        int result = watch(pipes, i);
        if (result < 0) return result;
    }
    return run(pipes, 1, pipes->count - 1, sum);
}

int64_t cbaseline_pipes(int pairs, int active, int writes, int rounds) {
    struct cbaseline_pipes *pipes;
    int64_t bytes = cbaseline_pipes_open(&pipes, pairs, NULL, 1);
    if (bytes < 0) return bytes;
    int64_t sum = 0;
    for (int round = 0; round < rounds && bytes >= 0; round++) {
        int64_t read = cbaseline_pipes_run(pipes, active, writes, &sum);
        bytes = read < 0 ? read : bytes + read;
    }
    cbaseline_pipes_close(pipes);
    return bytes;
}

#include "pipes.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 256

struct pipes {
    int epoll;
    int count;
    int (*pairs)[2];
};

static int open_pipes(struct pipes *pipes, int count) {
    pipes->epoll = epoll_create1(EPOLL_CLOEXEC);
    pipes->pairs = calloc((size_t)count, sizeof *pipes->pairs);
    if (pipes->epoll < 0 || pipes->pairs == NULL) return -1;
    for (pipes->count = 0; pipes->count < count; pipes->count++) {
        int *pair = pipes->pairs[pipes->count];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) return -1;
        struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = (uint64_t)pipes->count}};
        if (epoll_ctl(pipes->epoll, EPOLL_CTL_ADD, pair[0], &event) < 0) return -1;
    }
    return 0;
}

static void close_pipes(struct pipes *pipes) {
    for (int i = 0; i < pipes->count; i++) {
        close(pipes->pairs[i][0]);
        close(pipes->pairs[i][1]);
    }
    free(pipes->pairs);
    if (pipes->epoll >= 0) close(pipes->epoll);
}

static int64_t run_round(struct pipes *pipes, int active, int writes) {
    struct epoll_event events[BATCH];
    int stride = pipes->count / active;
    for (int i = 0; i < active; i++) {
        if (send(pipes->pairs[i * stride][1], "e", 1, MSG_NOSIGNAL) != 1) return -errno;
    }
    int64_t bytes = 0;
    while (bytes < active + writes) {
        int ready = epoll_wait(pipes->epoll, events, BATCH, -1);
        if (ready < 0 && errno != EINTR) return -errno;
        for (int i = 0; i < ready; i++) {
            int index = (int)events[i].data.u64;
            char byte;
            if (read(pipes->pairs[index][0], &byte, 1) != 1) continue;
            /* The rest of the bytes were written to begin with. */
            if (bytes++ >= writes) continue;
            int next = index + 1 < pipes->count ? index + 1 : 0;
            if (send(pipes->pairs[next][1], "e", 1, MSG_NOSIGNAL) != 1) return -errno;
        }
    }
    return bytes;
}

int64_t cbaseline_pipes(int pairs, int active, int writes, int rounds) {
    struct pipes pipes = {.epoll = -1};
    int64_t bytes = open_pipes(&pipes, pairs) < 0 ? -errno : 0;
    for (int round = 0; round < rounds && bytes >= 0; round++) {
        int64_t read = run_round(&pipes, active, writes);
        bytes = read < 0 ? read : bytes + read;
    }
    close_pipes(&pipes);
    return bytes;
}

#define _GNU_SOURCE
#include "small_servers.h"

#include "echo_libevent.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAMS_PER_TURN 16
#define EVENTS_PER_WAIT 256

/* A loop on either: what is ready is told by a callback with the descriptor. */
struct loop {
    int epoll;
    int signals;
    struct event_base *base;
    void (*ready)(struct loop *loop, int descriptor);
    /* Of the fan-out. */
    int listener;
    int *members;
    struct event **member_events;
    size_t count, capacity;
    char buffer[64 * 1024];
};

static void on_ready(evutil_socket_t descriptor, short what, void *context) {
    (void)what;
    struct loop *loop = context;
    loop->ready(loop, descriptor);
}

static void on_signal(evutil_socket_t signal, short what, void *context) {
    (void)signal, (void)what;
    event_base_loopbreak(((struct loop *)context)->base);
}

/* Watches for what can be read: 0 or -errno. `event` gets libevent's event. */
static int watch(struct loop *loop, int descriptor, struct event **event) {
    if (loop->base == NULL) {
        struct epoll_event interest = {.events = EPOLLIN, .data = {.fd = descriptor}};
        return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &interest) < 0 ? -errno : 0;
    }
    *event = event_new(loop->base, descriptor, EV_READ | EV_PERSIST, on_ready, loop);
    return *event == NULL || event_add(*event, NULL) < 0 ? -ENOMEM : 0;
}

static int serve_on_epoll(struct loop *loop) {
    struct epoll_event events[EVENTS_PER_WAIT];
    while (1) {
        int count = epoll_wait(loop->epoll, events, EVENTS_PER_WAIT, -1);
        if (count < 0 && errno != EINTR) return -errno;
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == loop->signals) return 0;
            loop->ready(loop, events[i].data.fd);
        }
    }
}

static int serve_on_libevent(struct loop *loop, int descriptor) {
    struct event *event = NULL;
    struct event *interrupt = evsignal_new(loop->base, SIGINT, on_signal, loop);
    struct event *terminate = evsignal_new(loop->base, SIGTERM, on_signal, loop);
    int result = interrupt == NULL || terminate == NULL ? -ENOMEM : watch(loop, descriptor, &event);
    if (result == 0 && (event_add(interrupt, NULL) < 0 || event_add(terminate, NULL) < 0)) result = -ENOMEM;
    if (result == 0) event_base_dispatch(loop->base);
    if (event != NULL) event_free(event);
    if (interrupt != NULL) event_free(interrupt);
    if (terminate != NULL) event_free(terminate);
    return result;
}

static int serve(struct loop *loop, int descriptor, const char *method) {
    if (method != NULL) {
        loop->base = echo_base_on(method);
        return loop->base == NULL ? -ENOTSUP : serve_on_libevent(loop, descriptor);
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->signals = signalfd(-1, &signals, SFD_CLOEXEC);
    if (loop->epoll < 0 || loop->signals < 0) return -errno;
    int result = watch(loop, loop->signals, NULL);
    if (result == 0) result = watch(loop, descriptor, NULL);
    return result < 0 ? result : serve_on_epoll(loop);
}

/* What is still open at the end is left to the end of the process, as programs of this kind do. */
static int run(int descriptor, const char *method, void (*ready)(struct loop *, int)) {
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) return -ENOMEM;
    loop->ready = ready;
    loop->listener = descriptor;
    return serve(loop, descriptor, method);
}

/* Datagrams */

static void echo_datagrams(struct loop *loop, int descriptor) {
    for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
        struct sockaddr_storage sender;
        socklen_t length = sizeof sender;
        struct sockaddr *address = (struct sockaddr *)&sender;
        ssize_t count = recvfrom(descriptor, loop->buffer, sizeof loop->buffer, 0, address, &length);
        if (count < 0) return;
        (void)!sendto(descriptor, loop->buffer, (size_t)count, MSG_NOSIGNAL, address, length);
    }
}

int cbaseline_datagrams(int socket, const char *method) {
    return run(socket, method, echo_datagrams);
}

/* Fan-out */

static void leave(struct loop *loop, size_t place) {
    if (loop->member_events[place] != NULL) event_free(loop->member_events[place]);
    close(loop->members[place]);
    loop->count--;
    loop->members[place] = loop->members[loop->count];
    loop->member_events[place] = loop->member_events[loop->count];
}

static void leave_by_descriptor(struct loop *loop, int descriptor) {
    for (size_t place = 0; place < loop->count; place++) {
        if (loop->members[place] == descriptor) {
            leave(loop, place);
            return;
        }
    }
}

static int has_room(struct loop *loop) {
    if (loop->count < loop->capacity) return 1;
    size_t capacity = loop->capacity == 0 ? 16 : loop->capacity * 2;
    int *members = realloc(loop->members, capacity * sizeof *members);
    if (members != NULL) loop->members = members;
    struct event **events = realloc(loop->member_events, capacity * sizeof *events);
    if (events != NULL) loop->member_events = events;
    if (members == NULL || events == NULL) return 0;
    loop->capacity = capacity;
    return 1;
}

static void enter(struct loop *loop) {
    while (1) {
        int descriptor = accept4(loop->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) return;
        if (!has_room(loop)) {
            close(descriptor);
            return;
        }
        loop->members[loop->count] = descriptor;
        loop->member_events[loop->count] = NULL;
        loop->count++;
        if (watch(loop, descriptor, &loop->member_events[loop->count - 1]) < 0) leave(loop, loop->count - 1);
    }
}

static void tell_all(struct loop *loop, int descriptor) {
    if (descriptor == loop->listener) {
        enter(loop);
        return;
    }
    ssize_t count = read(descriptor, loop->buffer, sizeof loop->buffer);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
        leave_by_descriptor(loop, descriptor);
        return;
    }
    size_t place = 0;
    while (place < loop->count) {
        if (send(loop->members[place], loop->buffer, (size_t)count, MSG_NOSIGNAL) == count) place++;
        else leave(loop, place);
    }
}

int cbaseline_fanout(int listener, const char *method) {
    return run(listener, method, tell_all);
}

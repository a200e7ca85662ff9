#include <sys/types.h>

#include "wake.h"

#include "echo_libevent.h"

#include <errno.h>
#include <event2/thread.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct cbaseline_wake {
    int request; /* the thread blocks on it */
    atomic_bool ends;
    bool has_thread;
    pthread_t thread;
    /* Either of the two. */
    int epoll, answer;
    struct event_base *base;
    struct event *event;
    int64_t woken;
};

static void signal_event(int descriptor) {
    const uint64_t one = 1;
    (void)!write(descriptor, &one, sizeof one);
}

static bool take_event(int descriptor) {
    uint64_t count;
    return read(descriptor, &count, sizeof count) == sizeof count;
}

static void *answer(void *context) {
    struct cbaseline_wake *wake = context;
    while (take_event(wake->request) && !atomic_load(&wake->ends)) {
        if (wake->base != NULL) event_active(wake->event, EV_READ, 0);
        else signal_event(wake->answer);
    }
    return NULL;
}

static void on_wake(evutil_socket_t descriptor, short what, void *context) {
    (void)descriptor, (void)what;
    ((struct cbaseline_wake *)context)->woken++;
}

static int has_locks = -1;

/* Two threads in its first call end the process; no base with locks is made in Swift beside this. */
static void use_locks(void) {
    has_locks = evthread_use_pthreads();
}

static int open_libevent(struct cbaseline_wake *wake, const char *method) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, use_locks);
    if (has_locks < 0) return -ENOTSUP;
    wake->base = echo_base_on(method);
    if (wake->base == NULL) return -ENOTSUP;
    wake->event = event_new(wake->base, -1, EV_PERSIST, on_wake, wake);
    return wake->event == NULL || event_add(wake->event, NULL) < 0 ? -ENOMEM : 0;
}

static int open_epoll(struct cbaseline_wake *wake) {
    wake->epoll = epoll_create1(EPOLL_CLOEXEC);
    wake->answer = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake->epoll < 0 || wake->answer < 0) return -errno;
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(wake->epoll, EPOLL_CTL_ADD, wake->answer, &event) < 0 ? -errno : 0;
}

static int open_all(struct cbaseline_wake *wake, const char *method) {
    wake->request = eventfd(0, EFD_CLOEXEC);
    if (wake->request < 0) return -errno;
    int result = method != NULL ? open_libevent(wake, method) : open_epoll(wake);
    if (result < 0) return result;
    result = -pthread_create(&wake->thread, NULL, answer, wake);
    wake->has_thread = result == 0;
    return result;
}

int cbaseline_wake_open(struct cbaseline_wake **wake, const char *method) {
    *wake = calloc(1, sizeof **wake);
    if (*wake == NULL) return -ENOMEM;
    (*wake)->request = (*wake)->epoll = (*wake)->answer = -1;
    int result = open_all(*wake, method);
    if (result == 0) return 0;
    cbaseline_wake_close(*wake);
    *wake = NULL;
    return result;
}

void cbaseline_wake_close(struct cbaseline_wake *wake) {
    if (wake->has_thread) {
        atomic_store(&wake->ends, true);
        signal_event(wake->request);
        pthread_join(wake->thread, NULL);
    }
    if (wake->event != NULL) event_free(wake->event);
    if (wake->base != NULL) event_base_free(wake->base);
    if (wake->request >= 0) close(wake->request);
    if (wake->answer >= 0) close(wake->answer);
    if (wake->epoll >= 0) close(wake->epoll);
    free(wake);
}

/* Waits until the loop was woken once more: 0 or -errno. */
static int wait_once(struct cbaseline_wake *wake) {
    int64_t before = wake->woken;
    while (wake->woken == before) {
        if (wake->base != NULL) {
            /* An event without descriptor and limit does not count as one: without the second flag this would never wait. */
            if (event_base_loop(wake->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) < 0) return -EIO;
            continue;
        }
        struct epoll_event event;
        int ready = epoll_wait(wake->epoll, &event, 1, -1);
        if (ready < 0 && errno != EINTR) return -errno;
        if (ready == 1 && take_event(wake->answer)) wake->woken++;
    }
    return 0;
}

int64_t cbaseline_wake_run(struct cbaseline_wake *wake, int count) {
    int64_t before = wake->woken;
    for (int i = 0; i < count; i++) {
        signal_event(wake->request);
        int result = wait_once(wake);
        if (result < 0) return result;
    }
    return wake->woken - before;
}

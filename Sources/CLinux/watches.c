#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>
#include <stdlib.h>

#define NOBODY 0
#define SEVERAL (-1)

int32_t clinux_watchers[CLINUX_WATCHED_COUNT];
uint32_t clinux_fork_count;

struct watcher {
    clinux_forget forget; /* NULL: free */
    void *context;
};

/* Watcher n is at n - 1. Readers are closes of descriptors, which may go on side by side. */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct watcher *watchers;
static int watcher_count;
static int watcher_capacity;

static void before_fork(void) {
    pthread_rwlock_wrlock(&lock);
}

static void after_fork_in_parent(void) {
    pthread_rwlock_unlock(&lock);
}

/* The child shares epoll instances with its parent: when it closes its copies of the descriptors, the parent's
   registrations must stay. */
static void after_fork_in_child(void) {
    for (int i = 0; i < watcher_count; i++) watchers[i].forget = NULL;
    clinux_fork_count++;
    pthread_rwlock_init(&lock, NULL);
}

static void prepare_for_fork(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void clinux_count_forks(void) {
    static pthread_once_t prepared = PTHREAD_ONCE_INIT;
    pthread_once(&prepared, prepare_for_fork);
}

static int free_place_locked(void) {
    for (int i = 0; i < watcher_count; i++) {
        if (watchers[i].forget == NULL) return i;
    }
    if (watcher_count == watcher_capacity) {
        int capacity = watcher_capacity == 0 ? 16 : watcher_capacity * 2;
        struct watcher *larger = realloc(watchers, (size_t)capacity * sizeof *larger);
        if (larger == NULL) return -ENOMEM;
        watchers = larger;
        watcher_capacity = capacity;
    }
    return watcher_count++;
}

int clinux_watcher_open(clinux_forget forget, void *context) {
    clinux_count_forks();
    pthread_rwlock_wrlock(&lock);
    int place = free_place_locked();
    if (place >= 0) watchers[place] = (struct watcher){.forget = forget, .context = context};
    pthread_rwlock_unlock(&lock);
    return place < 0 ? place : place + 1;
}

void clinux_watcher_close(int watcher) {
    pthread_rwlock_wrlock(&lock);
    watchers[watcher - 1].forget = NULL;
    pthread_rwlock_unlock(&lock);
}

void clinux_watch_began(int watcher, int descriptor) {
    if ((unsigned)descriptor >= CLINUX_WATCHED_COUNT) return;
    int32_t previous = NOBODY;
    bool is_first = __atomic_compare_exchange_n(
        &clinux_watchers[descriptor], &previous, watcher, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED
    );
    if (!is_first && previous != watcher) __atomic_store_n(&clinux_watchers[descriptor], SEVERAL, __ATOMIC_RELEASE);
}

/* What several watch stays marked so: who does not watch it has nothing to forget. */
void clinux_watch_ended(int watcher, int descriptor) {
    if ((unsigned)descriptor >= CLINUX_WATCHED_COUNT) return;
    int32_t expected = watcher;
    __atomic_compare_exchange_n(
        &clinux_watchers[descriptor], &expected, NOBODY, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED
    );
}

void clinux_watches_drop(int descriptor) {
    int32_t watcher = __atomic_exchange_n(&clinux_watchers[descriptor], NOBODY, __ATOMIC_ACQ_REL);
    if (watcher == NOBODY) return;
    pthread_rwlock_rdlock(&lock);
    for (int i = 0; i < watcher_count; i++) {
        if (watchers[i].forget == NULL || (watcher != SEVERAL && watcher != i + 1)) continue;
        watchers[i].forget(watchers[i].context, descriptor);
    }
    pthread_rwlock_unlock(&lock);
}

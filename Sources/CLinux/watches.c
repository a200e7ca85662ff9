#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>
#include <stdlib.h>

#define NOBODY 0
#define SEVERAL (-1)

int32_t clinux_watchers[CLINUX_GENERATION_COUNT];
uint32_t clinux_fork_count;

/* The instances that are open. Readers are closes of descriptors, which may go on side by side. */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int *instances;
static size_t instance_count;
static size_t instance_capacity;

static void before_fork(void) {
    pthread_rwlock_wrlock(&lock);
}

static void after_fork_in_parent(void) {
    pthread_rwlock_unlock(&lock);
}

/* The child shares the instances with its parent: when the child closes its copies of the descriptors, the
   parent's registrations must stay. */
static void after_fork_in_child(void) {
    instance_count = 0;
    clinux_fork_count++;
    pthread_rwlock_init(&lock, NULL);
}

static void prepare_for_fork(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static bool has_room_locked(void) {
    if (instance_count < instance_capacity) return true;
    size_t capacity = instance_capacity == 0 ? 16 : instance_capacity * 2;
    int *larger = realloc(instances, capacity * sizeof *larger);
    if (larger == NULL) return false;
    instances = larger;
    instance_capacity = capacity;
    return true;
}

int clinux_epoll_open(void) {
    static pthread_once_t prepared = PTHREAD_ONCE_INIT;
    pthread_once(&prepared, prepare_for_fork);
    pthread_rwlock_wrlock(&lock);
    int epoll = has_room_locked() ? clinux_epoll_create() : -ENOMEM;
    if (epoll >= 0) instances[instance_count++] = epoll;
    pthread_rwlock_unlock(&lock);
    return epoll;
}

void clinux_epoll_retire(int epoll) {
    pthread_rwlock_wrlock(&lock);
    for (size_t i = 0; i < instance_count; i++) {
        if (instances[i] != epoll) continue;
        instances[i] = instances[--instance_count];
        break;
    }
    pthread_rwlock_unlock(&lock);
}

void clinux_watch_began(int epoll, int descriptor) {
    if ((unsigned)descriptor >= CLINUX_GENERATION_COUNT) return;
    int32_t watcher = NOBODY;
    if (__atomic_compare_exchange_n(
            &clinux_watchers[descriptor], &watcher, epoll + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED
        )) {
        return;
    }
    if (watcher != epoll + 1) __atomic_store_n(&clinux_watchers[descriptor], SEVERAL, __ATOMIC_RELEASE);
}

/* What several watch stays marked so: removing it once too often is harmless. */
void clinux_watch_ended(int epoll, int descriptor) {
    if ((unsigned)descriptor >= CLINUX_GENERATION_COUNT) return;
    int32_t watcher = epoll + 1;
    __atomic_compare_exchange_n(
        &clinux_watchers[descriptor], &watcher, NOBODY, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED
    );
}

void clinux_watches_drop(int descriptor) {
    int32_t watcher = __atomic_exchange_n(&clinux_watchers[descriptor], NOBODY, __ATOMIC_ACQ_REL);
    if (watcher == NOBODY) return;
    pthread_rwlock_rdlock(&lock);
    for (size_t i = 0; i < instance_count; i++) {
        if (watcher != SEVERAL && watcher != instances[i] + 1) continue;
        clinux_epoll_ctl(instances[i], EPOLL_CTL_DEL, descriptor, 0, 0);
    }
    pthread_rwlock_unlock(&lock);
}

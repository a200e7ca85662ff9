#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>

int clinux_duplicate_above_streams(int descriptor) {
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (copy >= 0) return copy;
    /* The error for a limit of descriptors so low that it allows no such number at all. */
    return errno == EINVAL ? -EMFILE : -errno;
}

int clinux_lift_low(int descriptor) {
    if (descriptor < 0) return -errno;
    int lifted = clinux_duplicate_above_streams(descriptor);
    close(descriptor);
    return lifted;
}

int clinux_lift_low_pair(int descriptors[2]) {
    for (int i = 0; i < 2; i++) {
        int lifted = clinux_lift(descriptors[i]);
        if (lifted < 0) {
            close(descriptors[1 - i]);
            return lifted;
        }
        descriptors[i] = lifted;
    }
    return 0;
}

/* Several threads may need the numbers held at the same time: the last one frees them. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int holders;
static bool is_held[STDERR_FILENO + 1];

static void free_streams_locked(void) {
    for (int number = 0; number <= STDERR_FILENO; number++) {
        if (is_held[number]) close(number);
        is_held[number] = false;
    }
}

static int hold_streams_locked(void) {
    for (int number = 0; number <= STDERR_FILENO; number++) {
        if (clinux_is_open(number)) continue;
        int placeholder = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (placeholder < 0) return -errno;
        /* Another thread may have opened that number in between. */
        if (placeholder <= STDERR_FILENO) {
            is_held[placeholder] = true;
        } else {
            close(placeholder);
        }
    }
    return 0;
}

static void before_fork(void) {
    pthread_mutex_lock(&lock);
}

static void after_fork_in_parent(void) {
    pthread_mutex_unlock(&lock);
}

/* The threads that held them are not in the child. */
static void after_fork_in_child(void) {
    holders = 0;
    free_streams_locked();
    pthread_mutex_unlock(&lock);
}

static void prepare_for_fork(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

int clinux_hold_streams(void) {
    static pthread_once_t prepared = PTHREAD_ONCE_INIT;
    pthread_once(&prepared, prepare_for_fork);
    pthread_mutex_lock(&lock);
    int result = hold_streams_locked();
    if (result == 0) {
        holders++;
    } else if (holders == 0) {
        free_streams_locked();
    }
    pthread_mutex_unlock(&lock);
    return result;
}

void clinux_release_streams(void) {
    pthread_mutex_lock(&lock);
    if (--holders == 0) free_streams_locked();
    pthread_mutex_unlock(&lock);
}

int clinux_fill_streams(void) {
    for (int number = 0; number <= STDERR_FILENO; number++) {
        if (clinux_is_open(number)) continue;
        /* The lowest free number is this one. */
        if (open("/dev/null", O_RDWR) < 0) return -errno;
    }
    return 0;
}

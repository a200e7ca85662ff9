#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/select.h>
#include <time.h>

static const struct timespec *time_limit(int64_t nanoseconds, struct timespec *limit) {
    if (nanoseconds < 0) return NULL;
    limit->tv_sec = nanoseconds / 1000000000;
    limit->tv_nsec = nanoseconds % 1000000000;
    return limit;
}

int clinux_ppoll(struct pollfd *requests, unsigned long count, int64_t nanoseconds) {
    struct timespec limit;
    int ready = ppoll(requests, count, time_limit(nanoseconds, &limit), NULL);
    return ready < 0 ? -errno : ready;
}

/* The kernel reads as much of each set as the limit says; only the type of C's library ends at FD_SETSIZE. */
int clinux_pselect(int limit, unsigned long *readable, unsigned long *writable, unsigned long *exceptional,
                   int64_t nanoseconds) {
    struct timespec longest;
    int ready = pselect(limit, (fd_set *)readable, (fd_set *)writable, (fd_set *)exceptional,
                        time_limit(nanoseconds, &longest), NULL);
    return ready < 0 ? -errno : ready;
}

/* Calls that only demonstrations make. Results are values or -errno. */
#ifndef CLINUX_DEMOS_H
#define CLINUX_DEMOS_H

#include <sys/types.h>

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>

/* splice(2) without waiting for a pipe: moves bytes between a pipe and another file inside the kernel. */
long clinux_splice(int from, int to, size_t count);

/* SO_RCVTIMEO: how long a read of a blocking socket blocks at most; it then fails with EAGAIN. */
static inline int clinux_limit_blocking_reads(int descriptor, int milliseconds) {
    struct timeval limit = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    return setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ? -errno : 0;
}

#endif

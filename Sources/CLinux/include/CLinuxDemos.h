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

/* Blocks signals in the calling thread, or lets them through again; they are bits: bit n-1 is signal n. */
int clinux_block_signals(unsigned long signals);
int clinux_unblock_signals(unsigned long signals);

/* A descriptor that is readable while one of the signals is pending for the process or the calling thread. */
int clinux_signalfd(unsigned long signals);

/* Takes one pending signal: its number, and who sent it, or -EAGAIN. */
int clinux_signalfd_take(int descriptor, pid_t *sender);

/* Waits until one descriptor is readable or has ended (poll(2)), after signals too: 1, 0 when the time has passed. */
int clinux_poll_one(int descriptor, int milliseconds);

#endif

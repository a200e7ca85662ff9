/* How far a TCP socket has come with what was written to it. */
#ifndef CLINUX_SOCKET_QUEUES_H
#define CLINUX_SOCKET_QUEUES_H

#include <sys/types.h>

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

/* Bytes that were written and are not acknowledged yet, sent or not, or -errno. */
static inline int clinux_tcp_unacknowledged(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) < 0 ? -errno : count;
}

/* Those of them that have been sent, or -errno. */
static inline int clinux_tcp_in_flight(int descriptor) {
    int unacknowledged = clinux_tcp_unacknowledged(descriptor);
    int unsent = 0;
    if (unacknowledged < 0) return unacknowledged;
    return ioctl(descriptor, SIOCOUTQNSD, &unsent) < 0 ? -errno : unacknowledged - unsent;
}

#endif

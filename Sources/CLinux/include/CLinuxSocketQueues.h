/* How far a TCP socket has come with what was written to it. */
#ifndef CLINUX_SOCKET_QUEUES_H
#define CLINUX_SOCKET_QUEUES_H

#include <sys/types.h>

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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

/* What the kernel is waiting for on a TCP socket. Bytes, but where it says otherwise. */
struct clinux_tcp_account {
    /* TCP_ESTABLISHED and so on; 0 where it is no TCP socket. */
    int state;
    int unread;
    int unacknowledged;
    int unsent;
    /* Times in a row that a time-out had something sent again, and that a closed window was probed. */
    int time_outs;
    int probes;
    int retransmitted_segments;
    /* As it is now, backed off. */
    int time_out_milliseconds;
    int milliseconds_since_sending;
};

static inline struct clinux_tcp_account clinux_tcp_account(int descriptor) {
    struct clinux_tcp_account account = {0};
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return account;
    account.state = info.tcpi_state;
    ioctl(descriptor, SIOCINQ, &account.unread);
    ioctl(descriptor, SIOCOUTQ, &account.unacknowledged);
    ioctl(descriptor, SIOCOUTQNSD, &account.unsent);
    account.time_outs = info.tcpi_retransmits;
    account.probes = info.tcpi_probes;
    account.retransmitted_segments = (int)info.tcpi_total_retrans;
    account.time_out_milliseconds = (int)(info.tcpi_rto / 1000);
    account.milliseconds_since_sending = (int)info.tcpi_last_data_sent;
    return account;
}

#endif

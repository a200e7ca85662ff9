/* The echo servers in plain C that ours are compared with: each as its interface is commonly used, single-threaded,
   without libevent's locks. They serve a listening, non-blocking socket, which stays the caller's, until SIGINT or
   SIGTERM. They return 0, or -errno when they could not start. */
#ifndef CBASELINES_H
#define CBASELINES_H

#include <sys/types.h>

#include "echo_epoll.h"
#include "findings.h"
#include "guest.h"
#include "memory.h"
#include "pipes.h"
#include "small_servers.h"
#include "timers.h"
#include "wake.h"

/* `method` is epoll, epoll-changelist, poll or select; -ENOTSUP when this libevent does not have it. */
int cbaseline_echo_event(int listener, const char *method);
int cbaseline_echo_bufferevent(int listener, const char *method);

/* The version of the libevent that is loaded, as in 2.1.12-stable. */
const char *cbaseline_libevent_version(void);

#endif

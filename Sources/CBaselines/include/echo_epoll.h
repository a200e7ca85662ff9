/* The echo server on raw epoll, as a C programmer writes it: the yardstick for `Multiplexing`. */
#ifndef CBASELINES_ECHO_EPOLL_H
#define CBASELINES_ECHO_EPOLL_H

#include <sys/types.h>

#include <stdbool.h>

/* Serves connections of `listener`, a non-blocking socket that listens, on the calling thread until SIGINT or
   SIGTERM. Level- or edge-triggered. Returns 0, or -errno. Does not close `listener`. */
int cbaseline_echo_epoll(int listener, bool edge);

#endif
